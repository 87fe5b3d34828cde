"""One zygote a process: started once, outside any sandbox, for the notebook kernels that this process starts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

from graph_duet.notebook_kernels import json_lines
from graph_duet.notebook_kernels.private_names import COMPILER

# What lessons use; a name that is not installed is left out.
LESSON_MODULES = (
    "graphviz_tools.frameworks:import_tensorflow",
    "numpy",
    "matplotlib.pyplot",
    "ipywidgets",
    "anywidget",
    "graphviz_tools",
    "widgets",
)
# What checks of exercises also use. A first notebook kernel need not wait for it.
EXERCISE_MODULES = (
    "graph_duet.grading.exercise.values",
    "graph_duet.grading.artifacts.torch_program",
    "graph_duet.grading.artifacts.tensorflow_graph",
    COMPILER,
    "gpu_labs.executor.cuda_module",
    "gpu_labs.autograd",
    "gpu_labs.checks",
)
READY_SECONDS = 180.0
_END_SECONDS = 0.5  # while it imports, it does not see that its stdin was closed


class Zygote:
    """A running zygote process. `path` is its Unix socket, which exists once everything is imported."""

    def __init__(self, command: Sequence[str], path: Path, pass_fds: Sequence[int] = ()):
        """`command` runs `zygote.py` as a module; closing its stdin ends it, so it cannot outlive us."""
        self.path = path
        # In a session of its own, for Ctrl-C in our terminal is meant for us.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, pass_fds=tuple(pass_fds), start_new_session=True
        )
        self._finalizer = weakref.finalize(self, _end, self._process, path.parent)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self, timeout: float = READY_SECONDS) -> bool:
        """True once it can fork; False when it has ended, refuses to fork, or takes longer than `timeout`
        seconds."""
        return _await_answer(self.path, self.is_running, timeout)

    def close(self) -> None:
        """End the zygote, and the kernels that still run."""
        self._finalizer()


def await_zygote(path: Path, timeout: float = READY_SECONDS) -> bool:
    """True once the zygote of another process on this machine, whose socket is `path`, can fork; False when there
    is none, it refuses to fork, or takes longer than `timeout` seconds."""
    return _await_answer(path, path.parent.exists, timeout)


def _await_answer(path: Path, may_come: Callable[[], bool], timeout: float) -> bool:
    """Ask the zygote whether it can fork until it says so or no; on a busy machine an answer can be late."""
    until = time.monotonic() + timeout
    while may_come() and time.monotonic() < until:
        if path.exists() and (answer := _ask(path)) is not None:
            return answer
        time.sleep(0.02)
    return False


def _ask(path: Path) -> bool | None:
    """Whether the zygote can fork; None where it has not answered yet."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            json_lines.send(connection, {"ping": True})
            answer = json_lines.receive(connection)
    except TimeoutError:
        return None
    except (OSError, ValueError):
        return False  # it is gone
    return bool(answer and answer.get("safe"))


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


class BorrowedZygote:
    """The zygote of another process on this machine, whose socket is `path`; that process ends it."""

    def __init__(self, path: Path):
        self.path = path

    def is_running(self) -> bool:
        return self.path.exists()

    def wait_until_ready(self, timeout: float = READY_SECONDS) -> bool:
        return await_zygote(self.path, timeout)


_shared: Zygote | BorrowedZygote | None = None
_starting = threading.Lock()  # kernels are launched in threads of their own


def borrow_zygote(path: Path) -> None:
    """Fork this process's kernels from another process's zygote."""
    global _shared
    with _starting:
        _shared = BorrowedZygote(path)


def start_zygote(
    modules: Sequence[str] = LESSON_MODULES, later: Sequence[str] = EXERCISE_MODULES
) -> Zygote | BorrowedZygote:
    """The zygote of this process, started now if it was not yet; it imports while the caller goes on, and `later`
    once it serves."""
    global _shared
    with _starting:
        if _shared is None or not _shared.is_running():
            path = Path(tempfile.mkdtemp(prefix="duet-")) / "zygote"
            _shared = Zygote(
                [
                    sys.executable,
                    "-m",
                    "graph_duet.notebook_kernels.zygote",
                    str(path),
                    *modules,
                    "--",
                    *later,
                ],
                path,
            )
        return _shared


def can_fork_kernels() -> bool:
    """Forking a process that has imported the frameworks is safe on Linux alone."""
    return sys.platform == "linux" and not os.environ.get("DUET_NO_ZYGOTE")
