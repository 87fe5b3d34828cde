"""Checks for a server: each in a worker process of its own, one of which is always ready."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

from graph_duet.notebook_kernels.shared_zygote import can_fork_kernels, start_zygote
from graphviz_tools.language import _

LONGEST = 420.0  # seconds: longer than any exercise's own deadline
_COMMAND = (sys.executable, "-m", "graph_duet.lab.check_worker")


class Checker:
    """Runs checks, any number at once; a second check of a notebook that is being checked waits for the first."""

    def __init__(self) -> None:
        self._spare: asyncio.Task[Process] | None = None
        self._running: dict[Path, asyncio.Task[dict[str, Any]]] = {}

    def warm_up(self) -> None:
        """Start the worker that the next check will use. Call it in the event loop."""
        if self._spare is None:
            self._spare = asyncio.ensure_future(_start())

    async def check(self, notebook: Path) -> dict[str, Any]:
        """`{"verdicts": ...}` or `{"problem": one sentence}`."""
        running = self._running.get(notebook)
        if running is None:
            running = asyncio.ensure_future(self._check(notebook))
            self._running[notebook] = running
            running.add_done_callback(lambda _: self._running.pop(notebook, None))
        return await asyncio.shield(running)

    async def _check(self, notebook: Path) -> dict[str, Any]:
        self.warm_up()
        assert self._spare is not None
        spare, self._spare = self._spare, None
        worker = await spare
        if worker.returncode is not None:  # it ended while it waited
            worker = await _start()
        request = {"notebook": str(notebook), "zygote": await asyncio.to_thread(_zygote)}
        try:
            said, complaint = await asyncio.wait_for(
                worker.communicate(json.dumps(request).encode() + b"\n"), LONGEST
            )
        except TimeoutError:
            worker.kill()
            return {"problem": _("The check did not end. Save, restart the kernel and check again.")}
        finally:
            self.warm_up()
        try:
            return json.loads(said)
        except ValueError:
            reason = complaint.decode(errors="replace").strip().split("\n")[-1]
            return {
                "problem": _(
                    "The check itself failed, not your answers: {reason}.",
                    reason=reason or _("it ended early"),
                )
            }

    def close(self) -> None:
        """End the worker that waits: it reads the end of its input."""
        if self._spare is not None and self._spare.done() and not self._spare.cancelled():
            worker = self._spare.result()
            if worker.stdin is not None:
                worker.stdin.close()


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(*_COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE)


def _zygote() -> str:
    """The socket of the server's preloaded process; "" where kernels cannot be forked."""
    if not can_fork_kernels():
        return ""
    zygote = start_zygote()
    return str(zygote.path) if zygote.wait_until_ready() else ""
