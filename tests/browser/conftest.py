"""A headless Chromium, pages written by the widgets, and a JupyterLab of its own in a temporary folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "artifacts" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "browser-tests"
DUET = [sys.executable, "-c", "from graph_duet.cli import main; main()"]
SECONDS = 180
# While the file `full` is there, the server cannot write a notebook.
FULL_DISK = """
import errno, os
from jupyter_server.services.contents.fileio import FileManagerMixin
write = FileManagerMixin.atomic_writing
def full(self, path, *arguments, **options):
    if os.path.exists({full!r}):
        raise OSError(errno.ENOSPC, "No space left on device", path)
    return write(self, path, *arguments, **options)
FileManagerMixin.atomic_writing = full
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The browser, closed at the end."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no chromium on the PATH")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def show(chromium, tmp_path) -> Iterator[Callable]:
    """Open a view's `to_html()` page: `show(view, width=1350, dark=False)`.

    Whatever a page's scripts or console complain of fails the test; `page.asked` are the addresses it loaded.
    """
    pages = []

    def open_page(view, width: int = 1350, height: int = 900, dark: bool = False, **context):
        path = view.to_html(tmp_path / f"page{len(pages)}.html")
        scheme = "dark" if dark else "light"
        page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, **context)
        page.set_default_timeout(10_000)
        page.problems = []
        page.asked = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".shell")
        pages.append(page)
        return page

    yield open_page
    problems = [problem for page in pages for problem in page.problems]
    for page in pages:
        page.close()
    assert not problems


@pytest.fixture
def snap() -> Callable:
    """Keep a screenshot: `snap(page, "name")`."""

    def take(page, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")

    return take


@dataclass
class Lab:
    """A running JupyterLab. Notebooks lie in `folder`."""

    url: str
    folder: Path

    def write(self, name: str, *cells: str) -> str:
        """A notebook with these code cells; returns the address that opens it."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.folder / name)
        return f"{self.url}/lab/workspaces/{name.split('.')[0]}/tree/{name}?token={TOKEN}"


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """JupyterLab on a free port, with settings and notebooks of its own."""
    folder = tmp_path_factory.mktemp("lab")
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ip=127.0.0.1",
    ]
    command += [f"--IdentityProvider.token={TOKEN}", "--expose-app-in-browser", f"--notebook-dir={folder}"]
    # Without this JupyterLab asks, over the page, whether it may fetch news.
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api/status?token={TOKEN}", server, home / "lab.log")
        yield Lab(url, folder)
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str, server: subprocess.Popen, log: Path, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture
def notebook(chromium, lab) -> Iterator[Callable]:
    """Open a notebook and run all of it: `notebook("a.ipynb", "code", dark=True)` gives the page."""
    pages = []

    def open_notebook(name: str, *cells: str, dark: bool = False, width: int = 1500, height: int = 1000):
        page = chromium.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.goto(lab.write(name, *cells))
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
        theme = f"JupyterLab {'Dark' if dark else 'Light'}"
        # What a command promises may come only when all cells have run: it is not waited for.
        command = "([id, args]) => { window.jupyterapp.commands.execute(id, args); }"
        kernel = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
        page.wait_for_function(f"{kernel}?.connectionStatus === 'connected'", timeout=120_000)
        page.evaluate(command, ["apputils:change-theme", {"theme": theme}])
        page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
        page.evaluate(command, ["application:toggle-left-area", {}])
        page.evaluate(command, ["notebook:run-all-cells", {}])
        return page

    yield open_notebook
    for page in pages:
        page.close()


@dataclass
class Course:
    """A running `duet lab`. `address` opens its start page, and the learner's files lie in `folder`."""

    address: str
    folder: Path

    def restore(self, shipped: Path) -> None:
        """Bring the shipped notebooks back, and end the kernels of the test before."""
        for kernel in json.loads(self._ask("GET", "api/kernels")):
            self._ask("DELETE", f"api/kernels/{kernel['id']}")
        shutil.rmtree(self.folder / ".duet" / "backups", ignore_errors=True)
        shutil.copytree(shipped, self.folder, dirs_exist_ok=True)

    def _ask(self, method: str, name: str) -> bytes:
        parts = urllib.parse.urlsplit(self.address)
        address = f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"
        with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=60) as answer:
            return answer.read()


@pytest.fixture(scope="session")
def running_course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Course, Path]]:
    """The course in `duet lab`, and a copy of its notebooks as they came."""
    home = tmp_path_factory.mktemp("extension")
    config = home / "config"
    config.mkdir()
    (config / "jupyter_server_config.json").write_text('{"LabApp": {"expose_app_in_browser": true}}')
    (config / "jupyter_server_config.py").write_text(FULL_DISK.format(full=str(home / "full")))
    environment = {
        **os.environ,
        "DUET_PROGRESS": str(home / "progress.sqlite"),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(home / "data"),
    }
    with (home / "log").open("w") as file:
        server = subprocess.Popen(
            [*DUET, "lab", "--no-browser", "mine"],
            cwd=home,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        end = time.monotonic() + SECONDS
        found = None
        while found is None and time.monotonic() < end:
            found = re.search(r"http://localhost:\d+/lab/tree/\S+\?token=\w+", (home / "log").read_text())
            time.sleep(0.5)
        assert found, (home / "log").read_text()
        shipped = home / "shipped"
        for name in ("lessons", "gpu_labs"):
            shutil.copytree(home / "mine" / name, shipped / name)
        yield Course(found.group(0), home / "mine"), shipped
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def course(running_course: tuple[Course, Path]) -> Course:
    """A `duet lab` whose notebooks are as they came."""
    found, shipped = running_course
    found.restore(shipped)
    return found


CLOSE_ALL = """() => {
    for (const dialog of document.querySelectorAll('.jp-Dialog .jp-mod-reject')) dialog.click();
    const { shell } = window.jupyterapp;
    for (const widget of [...shell.widgets('main')]) widget.dispose();
    shell.collapseRight();
    shell.activateById('filebrowser');
}"""
OPEN = "(path) => { window.jupyterapp.commands.execute('docmanager:open', { path }); }"


@pytest.fixture(scope="session")
def kept_pages() -> list:
    """At most one page of JupyterLab, which the next test uses: to load it takes most of a test's time."""
    return []


@pytest.fixture
def opened(chromium, course: Course, kept_pages: list) -> Iterator[Callable]:
    """Open a file of the course: `opened(path, dark=False, width=1400)` gives the page, with no other file open."""
    pages = []

    def fresh_page(path: str):
        page = chromium.new_page()
        page.set_default_timeout(SECONDS * 1000)
        address = course.address.replace("lessons/README.md", path)
        workspace = f"/lab/workspaces/{time.time_ns()}/tree/"  # nothing restored
        page.goto(address.replace("/lab/tree/", workspace))
        return page

    def open_page(path: str, dark: bool = False, width: int = 1400, height: int = 900):
        page = kept_pages.pop() if kept_pages else None
        if page is None:
            page = fresh_page(path)
        else:
            page.evaluate(OPEN, path)
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"window.jupyterapp?.shell.currentWidget?.context?.path === '{path}'")
        page.wait_for_selector(
            ".jp-MarkdownViewer table" if path.endswith(".md") else ".jp-Notebook .jp-Cell"
        )
        theme = f"JupyterLab {'Dark' if dark else 'Light'}"
        command = "([id, args]) => { window.jupyterapp.commands.execute(id, args); }"
        page.evaluate(command, ["apputils:change-theme", {"theme": theme}])
        page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
        return page

    yield open_page
    for page in [page for page in pages if not page.is_closed()]:
        if kept_pages:
            page.close()
        else:
            page.unroute_all()
            page.evaluate(CLOSE_ALL)
            kept_pages.append(page)
