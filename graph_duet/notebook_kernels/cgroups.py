"""Memory and process limits by control group: version 2 where it can be written, else version 1, else
none."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """The folders that make up one group: one in version 2, one a controller in version 1, none where not
    allowed."""

    folders: tuple[Path, ...]
    limits_memory: bool
    limits_processes: bool

    @classmethod
    def create(cls, memory: int, processes: int) -> ControlGroup:
        """A group limited to `memory` bytes and `processes` processes and threads, as far as this machine
        allows."""
        name = f"duet-{os.getpid()}-{secrets.token_hex(4)}"
        unified = _create_v2(name, memory, processes)
        if unified is not None:
            return cls((unified,), True, True)
        by_memory = _create_v1("memory", name, {"memory.limit_in_bytes": memory})
        if by_memory is not None:
            with contextlib.suppress(OSError):  # present only where swap is accounted
                (by_memory / "memory.memsw.limit_in_bytes").write_text(str(memory))
        by_processes = _create_v1("pids", name, {"pids.max": processes})
        folders = tuple(folder for folder in (by_memory, by_processes) if folder is not None)
        return cls(folders, by_memory is not None, by_processes is not None)

    def add(self, pid: int) -> None:
        """Put a process under the limits; its later children are too. Raises OSError when it cannot be."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def killed_for_memory(self) -> bool:
        """True when the kernel's out-of-memory killer ended a process of the group."""
        return any(_counter(folder, "oom_kill") > 0 for folder in self.folders)

    def remove(self) -> None:
        """Remove the group, whose processes have been killed: the last may take a moment to be gone."""
        for folder in self.folders:
            for _ in range(20):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                if not folder.exists():
                    break
                time.sleep(0.02)


def _create_v2(name: str, memory: int, processes: int) -> Path | None:
    own = _own_path("0", "")
    if own is None or not (_ROOT / "cgroup.controllers").exists():
        return None
    parent = (_ROOT / own.lstrip("/")).parent if own != "/" else _ROOT
    with contextlib.suppress(OSError):  # a group below has these limits only where this one passes them on
        (parent / "cgroup.subtree_control").write_text("+memory +pids")
    limits = {"memory.max": memory, "memory.swap.max": 0, "pids.max": processes}
    return _create(parent / name, limits, optional=("memory.swap.max",))


def _create_v1(controller: str, name: str, limits: dict[str, int]) -> Path | None:
    own = _own_path(None, controller)
    if own is None:
        return None
    folder = _ROOT / controller / own.lstrip("/")
    return _create((folder if folder.is_dir() else _ROOT / controller) / name, limits)


def _create(folder: Path, limits: dict[str, int], optional: tuple[str, ...] = ()) -> Path | None:
    try:
        folder.mkdir()
    except OSError:
        return None
    _remove_left_behind(folder.parent)
    for file, value in limits.items():
        try:
            # A missing file would be created as a plain one on a file system that is not a control group.
            if not (folder / file).exists():
                raise OSError(f"no {file}")
            (folder / file).write_text(str(value))
        except OSError:
            if file not in optional:
                with contextlib.suppress(OSError):
                    folder.rmdir()
                return None
    return folder


def _remove_left_behind(parent: Path) -> None:
    """Remove the groups of graders that were killed before they could."""
    for folder in parent.glob("duet-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _own_path(hierarchy: str | None, controller: str) -> str | None:
    """This process's group in a hierarchy, from lines such as `4:memory:/user/1` (version 2:
    `0::/user/1`)."""
    try:
        text = Path("/proc/self/cgroup").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        number, controllers, path = line.split(":", 2)
        if number == hierarchy or (hierarchy is None and controller in controllers.split(",")):
            return path
    return None


def _counter(folder: Path, name: str) -> int:
    """A counter of `memory.events` (version 2) or `memory.oom_control` (version 1); 0 where there is none."""
    for file in ("memory.events", "memory.oom_control"):
        with contextlib.suppress(OSError):
            for line in (folder / file).read_text(encoding="ascii").splitlines():
                key, _, value = line.partition(" ")
                if key == name:
                    return int(value)
    return 0
