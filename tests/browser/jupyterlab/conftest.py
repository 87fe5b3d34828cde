"""A JupyterLab in a temporary folder, for notebooks that a test writes. One serves all files here."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[3]
TOKEN = "browser-tests"


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


@pytest.fixture(scope="package")
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
