"""A server under a hub's memory limit: a kernel too many is refused in words, and the server ends as it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.serverapp import list_running_servers

from graph_duet import server

LIMIT = 10**9
MEASURED_BY_A_FILE = """
from pathlib import Path
from graph_duet.notebook_kernels import memory_guard
memory_guard.used_bytes = lambda: int(Path({!r}).read_text())
"""


@dataclass
class Server:
    """A running server of ours that takes for used memory what it is told."""

    process: subprocess.Popen[bytes]
    url: str
    used: Path

    def asked(self, path: str, **how: Any) -> Any:
        request = urllib.request.Request(self.url + path, headers={"Authorization": "token t"}, **how)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def open_notebook(self, name: str) -> None:
        notebook = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        self.asked("api/sessions", method="POST", data=json.dumps(notebook).encode())


@pytest.fixture
def limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    runtime, used = tmp_path / "runtime", tmp_path / "used"
    used.write_text("0")
    (tmp_path / "jupyter_server_config.py").write_text(MEASURED_BY_A_FILE.format(str(used)))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    environment = {**os.environ, **server.settings(tmp_path), "MEM_LIMIT": str(LIMIT), "DUET_NO_ZYGOTE": "1"}
    options = [
        "--allow-root",
        "--ServerApp.port=0",
        "--ServerApp.token=t",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *options], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        while not (found := list(list_running_servers(str(runtime)))):
            assert process.poll() is None
            time.sleep(0.1)
        yield Server(process, found[0]["url"], used)
    finally:
        process.kill()
        process.wait()


def test_a_refused_notebook_kernel_gets_a_message_and_the_server_can_end(limited: Server) -> None:
    limited.open_notebook("first.ipynb")
    limited.used.write_text(str(LIMIT))
    with pytest.raises(urllib.error.HTTPError) as refused:
        limited.open_notebook("second.ipynb")
    assert "no room for one more kernel" in json.load(refused.value)["message"]
    assert len(limited.asked("api/kernels")) == 1
    limited.process.send_signal(signal.SIGTERM)
    assert limited.process.wait(60) == 0
