"""A forked notebook kernel seen from outside: enough of `subprocess.Popen` for jupyter_client's LocalProvisioner."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from graph_duet.notebook_kernels import json_lines

_START_SECONDS = 30.0


class ForkedProcess:
    """One kernel forked by the zygote at `zygote`.

    `pid` is the kernel's process id as this process sees it. Raises OSError when the zygote is gone or
    refuses.
    """

    stdin = stdout = stderr = None

    def __init__(self, zygote: Path, request: dict[str, Any]):
        self.returncode: int | None = None
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.settimeout(_START_SECONDS)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self._connection.connect(str(zygote))
            json_lines.send(self._connection, request)
            answer, self.pid = json_lines.receive_with_pid(self._connection)
            if answer is None or "pid" not in answer:
                reason = (answer or {}).get("error", "it ended before")
                raise ConnectionError(f"the zygote did not fork a kernel: {reason}")
        except BaseException:
            self._connection.close()
            raise

    def go(self) -> None:
        """Let the kernel run: whatever limits it was to have, it has."""
        json_lines.send(self._connection, {"go": True})

    def wait_until_bound(self) -> None:
        """Return when the kernel listens on its sockets; raises ConnectionError when it ends before."""
        answer = json_lines.receive(self._connection)
        if answer is None or not answer.get("bound"):
            self._ended(answer)
            raise ConnectionError(
                f"the kernel ended before it was ready {(answer or {}).get('error', '')}".rstrip()
            )

    def poll(self) -> int | None:
        """The exit status, or None while it runs; a negative number is a signal, as for Popen."""
        if self.returncode is not None:
            return self.returncode
        self._connection.setblocking(False)
        try:
            while self.returncode is None:
                answer = json_lines.receive(self._connection)
                if answer is None or "exit" in answer:
                    self._ended(answer)
        except BlockingIOError:
            return None
        except (OSError, ValueError):
            self._ended(None)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status once it has one; raises subprocess.TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0)
            time.sleep(0.01)
        return status

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ended(self, answer: dict[str, Any] | None) -> None:
        """Without an answer the zygote has ended, and its kernels with it or on their own."""
        self.returncode = -signal.SIGKILL if answer is None else int(answer.get("exit", -signal.SIGKILL))
        self._connection.close()
