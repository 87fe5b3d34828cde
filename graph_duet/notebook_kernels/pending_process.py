"""A notebook kernel's process before it has started: jupyter_client gets its `subprocess.Popen` at once.

JupyterLab drops "run all cells" while a notebook has no notebook kernel, so a start must not wait for the preloaded
process. Messages wait in their sockets until the process has bound them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Process(Protocol):
    """What ForkedProcess and Popen have in common."""

    pid: int

    def poll(self) -> int | None: ...


class AwaitedProcess:
    """Starts a process in a thread of its own, and answers for it before and after.

    `start` returns the process, the leader of its own group; what it raises counts as an end with status 1. It is
    given a function that says whether the process is still wanted.
    """

    stdin = stdout = stderr = None

    def __init__(self, start: Callable[[Callable[[], bool]], Process]):
        self._process: Process | None = None
        self._returncode: int | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=(start,), daemon=True, name="kernel-start")
        self._thread.start()

    def _run(self, start: Callable[[Callable[[], bool]], Process]) -> None:
        try:
            process = start(lambda: self._returncode is None)
        except Exception:
            if self._returncode is not None:
                return  # it was killed before it began
            self._returncode = 1
            raise
        with self._lock:
            self._process = process
            unwanted = self._returncode is not None
        if unwanted:
            self._signal(process, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The process id; waits until there is one. 0 when the process could not be started."""
        self._thread.join()
        return self._process.pid if self._process is not None else 0

    def poll(self) -> int | None:
        """The exit status as Popen gives it; None while the process starts or runs."""
        if self._returncode is None and self._process is not None:
            self._returncode = self._process.poll()
        return self._returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status once it has one; raises subprocess.TimeoutExpired after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.01)
        return status

    def send_signal(self, signum: int) -> None:
        """Signal the process and what it started. One that has not started has nothing to interrupt, and is
        killed as soon as it starts."""
        with self._lock:
            process = self._process
            if process is None and signum in (signal.SIGKILL, signal.SIGTERM):
                self._returncode = -signum
        if process is not None and self.poll() is None:
            self._signal(process, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    @staticmethod
    def _signal(process: Process, signum: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
            os.killpg(process.pid, signum)
