"""Limits by control group, on a tree of files that stands for the kernel's: version 2, version 1, or none.

Which version a machine has is not ours to choose; these tests say what is written where. What a limit does is in
test_sandbox, under the version that the machine running the tests has.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graph_duet.notebook_kernels import cgroups
from graph_duet.notebook_kernels.cgroups import ControlGroup

V2 = ("cgroup.procs", "memory.max", "memory.swap.max", "memory.events", "pids.max")
V1 = {
    "memory": ("cgroup.procs", "memory.limit_in_bytes", "memory.oom_control"),
    "pids": ("cgroup.procs", "pids.max"),
}


class Tree:
    """A folder in which, as in a mounted control group, a new folder has its files at once."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch):
        self.root = root
        mkdir, rmdir = Path.mkdir, Path.rmdir

        def make(path: Path, *args, **named) -> None:
            mkdir(path, *args, **named)
            if path.is_relative_to(root):
                for name in self.files(path):
                    (path / name).write_text("")

        def remove(path: Path) -> None:
            shutil.rmtree(path) if path.is_relative_to(root) else rmdir(path)

        patch.setattr(Path, "mkdir", make)
        patch.setattr(Path, "rmdir", remove)
        patch.setattr(cgroups, "_ROOT", root)

    def files(self, path: Path) -> tuple[str, ...]:
        if (self.root / "cgroup.controllers").exists():
            enabled = (path.parent / "cgroup.subtree_control").read_text().replace("+", "").split()
            return tuple(n for n in V2 if n.startswith("cgroup") or n.partition(".")[0] in enabled)
        return V1.get(path.relative_to(self.root).parts[0], ())


@pytest.fixture
def v2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A version 2 tree with this process in `user/session`; returns the folder `user`."""
    user = tmp_path / "user"
    (user / "session").mkdir(parents=True)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (user / "cgroup.subtree_control").write_text("")
    Tree(tmp_path, monkeypatch)
    monkeypatch.setattr(cgroups, "_own_path", lambda hierarchy, _: "/user/session" if hierarchy else None)
    return user


@pytest.fixture
def v1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for controller in V1:
        (tmp_path / controller).mkdir()
    Tree(tmp_path, monkeypatch)
    monkeypatch.setattr(cgroups, "_own_path", lambda hierarchy, _: None if hierarchy else "/")
    return tmp_path


def test_version_2_limits_memory_without_swap_and_processes(v2: Path) -> None:
    group = ControlGroup.create(2**28, 50)
    (folder,) = group.folders
    assert folder.parent == v2
    written = {name: (folder / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max")}
    assert written == {"memory.max": str(2**28), "memory.swap.max": "0", "pids.max": "50"}
    assert (group.limits_memory, group.limits_processes) == (True, True)
    group.add(4711)
    assert (folder / "cgroup.procs").read_text() == "4711"
    group.remove()
    assert not folder.exists()


def test_version_2_reports_a_kill_for_memory(v2: Path) -> None:
    group = ControlGroup.create(2**28, 50)
    events = group.folders[0] / "memory.events"
    events.write_text("low 0\nhigh 3\nmax 9\noom 1\noom_kill 0\noom_group_kill 0\n")
    assert not group.killed_for_memory()
    events.write_text("low 0\nhigh 3\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n")
    assert group.killed_for_memory()


def test_version_2_that_passes_no_controllers_on_leaves_the_limits_to_the_process(
    v2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def refuse(path: Path, *args, **named) -> int:
        if path.name == "cgroup.subtree_control":
            raise OSError("device or resource busy")
        return write(path, *args, **named)

    monkeypatch.setattr(Path, "write_text", refuse)
    group = ControlGroup.create(2**28, 50)
    assert (group.folders, group.limits_memory, group.limits_processes) == ((), False, False)
    assert sorted(p.name for p in v2.iterdir()) == ["cgroup.subtree_control", "session"]


def test_version_1_has_a_folder_for_each_controller(v1: Path) -> None:
    group = ControlGroup.create(2**28, 50)
    assert [folder.parent.name for folder in group.folders] == ["memory", "pids"]
    assert (group.folders[0] / "memory.limit_in_bytes").read_text() == str(2**28)
    assert (group.folders[1] / "pids.max").read_text() == "50"
    (group.folders[0] / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert group.killed_for_memory()
    group.remove()
    assert [list((v1 / controller).iterdir()) for controller in V1] == [[], []]


def test_a_group_of_a_grader_that_was_killed_is_removed(v2: Path) -> None:
    left = v2 / "duet-999999999-aa"
    left.mkdir()
    ControlGroup.create(2**28, 50)
    assert not left.exists()


def test_without_write_permission_no_group_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_ROOT", tmp_path / "nothing")
    monkeypatch.setattr(cgroups, "_own_path", lambda *_: "/")
    group = ControlGroup.create(2**28, 50)
    assert (group.folders, group.limits_memory, group.limits_processes) == ((), False, False)
    assert not group.killed_for_memory()
    group.remove()
