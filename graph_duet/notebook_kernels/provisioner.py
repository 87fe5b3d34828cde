"""Notebook kernels of lessons: forked from a preloaded process, or started as usual where that is not possible."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.launcher import launch_kernel
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from graph_duet.notebook_kernels.forked_process import ForkedProcess
from graph_duet.notebook_kernels.pending_process import AwaitedProcess, Process
from graph_duet.notebook_kernels.shared_zygote import can_fork_kernels, start_zygote

log = logging.getLogger(__name__)


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel as a fork of this server's zygote; registered as `duet-forked`.

    A kernel whose interpreter is not ours, or any failure, falls back to an ordinary start: slower, else
    the same. Launching returns at once, also while the zygote still imports. Interrupts, restarts and
    shutdown are LocalProvisioner's own, on the forked process.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        file = _connection_file(cmd)
        if file is None or not can_fork_kernels():
            return await super().launch_kernel(cmd, **kwargs)
        plain = self._scrub_kwargs(kwargs)
        self.process = cast(Any, AwaitedProcess(partial(_fork_or_start, cmd, file, plain)))
        self.pid = self.pgid = None  # signals go through the process, which knows its group once it has one
        return self.connection_info


def _fork_or_start(
    cmd: list[str], connection_file: str, kwargs: dict[str, Any], is_wanted: Callable[[], bool]
) -> Process:
    """A fork of the zygote, once that is ready; where that fails and the kernel is still wanted, an ordinary start."""
    try:
        return _fork(connection_file, kwargs)
    except (OSError, ValueError) as error:
        if not is_wanted():
            raise
        log.warning("starting a kernel the ordinary way: %s", error)
        return launch_kernel(cmd, **kwargs)


def _fork(connection_file: str, kwargs: dict[str, Any]) -> ForkedProcess:
    zygote = start_zygote()
    if not zygote.wait_until_ready():
        raise ConnectionError("the preloaded process is not ready to fork")
    kernel = ForkedProcess(
        zygote.path,
        {
            "connection": {"file": connection_file},
            "cwd": str(kwargs.get("cwd") or Path.cwd()),
            "env": dict(kwargs.get("env") or {}),
        },
    )
    kernel.go()
    return kernel


def _connection_file(cmd: list[str]) -> str | None:
    """The connection file when `cmd` starts an IPython kernel of this very interpreter, else None."""
    ours = Path(cmd[0]).resolve() == Path(sys.executable).resolve() and "ipykernel_launcher" in cmd
    return cmd[cmd.index("-f") + 1] if ours and "-f" in cmd else None
