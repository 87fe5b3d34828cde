"""The course in a `duet lab` of its own, in a temporary folder. One serves all files here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from graph_duet.commands.lab import is_free

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


@pytest.fixture(scope="package")
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
    port = int(re.search(r"localhost:(\d+)", (home / "log").read_text())[1])
    assert is_free("localhost", port), "what ends duet lab ends JupyterLab"


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


@pytest.fixture(scope="package")
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
