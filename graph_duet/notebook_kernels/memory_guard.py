"""Refuse a notebook kernel that a hub's memory limit has no room for, and say what to do.

JupyterHub, and so Binder, says its limit in MEM_LIMIT (bytes), and kills what goes over it: all kernels, with
unsaved work. https://jupyterhub.readthedocs.io/en/stable/reference/spawners.html
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

KERNEL_BYTES = 300 * 2**20  # what a forked notebook kernel has of its own after a lesson has run in it


class NoRoomError(UserError):
    """Another notebook kernel would need more memory than is left. JupyterLab shows the text."""


def require_room() -> None:
    """Raise NoRoomError when one more kernel would come too near to the hub's limit."""
    limit = os.environ.get("MEM_LIMIT", "")
    if not limit.isdecimal() or int(limit) == 0:  # 0 limits nothing, as in Docker
        return
    used = used_bytes()
    if used + KERNEL_BYTES > int(limit):
        # JupyterLab shows the lines as they are, and clips what is wider than its dialog.
        raise NoRoomError(
            _(
                "{used:.1f} of {limit:.1f} GB of memory are in use: no room for one more kernel.\n"
                "Shut a kernel down first (the stop sign in the left bar),\n"
                "then choose a kernel again (top right).",
                used=used / 2**30,
                limit=int(limit) / 2**30,
            )
        )


def used_bytes() -> int:
    """Bytes of all processes of this user, pages that forked kernels share counted once (PSS, where Linux
    tells it; elsewhere resident sizes, which count them several times)."""
    mine = psutil.Process().username()
    total = 0
    for process in psutil.process_iter():
        try:
            if process.username() == mine:
                total += proportional_size(process)
        except (psutil.Error, OSError):
            continue  # it ended meanwhile
    return total


def proportional_size(process: psutil.Process) -> int:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup")
    if not rollup.exists():
        return process.memory_info().rss
    for line in rollup.read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
