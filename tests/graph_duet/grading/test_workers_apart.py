"""Workers on another file system than the process that writes the gradebook, as on a cluster without a shared disk."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from distributed import LocalCluster, Worker

from graph_duet.grading import Bundle, exercise_notebook, fill, solved
from graph_duet.grading.classroom.grade import grade_class, workers
from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.submissions import collect
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from tests.graph_duet.grading.conftest import LIGHT
from tests.graph_duet.grading.hostile import dumps
from tests.graph_duet.grading.test_crash import CONTEXT

_NEW_MOUNTS, _NEW_USER = 0x20000, 0x10000000
_NOBODY, _SET_DUMPABLE = 65534, 4
_PRIVATE = 1 << 18 | 1 << 14  # MS_PRIVATE | MS_REC
_BIND = 1 << 12 | 1 << 14  # MS_BIND | MS_REC
_TMP = Path("/tmp")
ROOT = Path(__file__).resolve().parents[3]


def leave_the_file_system() -> None:
    """Give this process mounts of its own, and a /tmp that is empty but for this checkout, if it is there.

    Raises OSError where the machine does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_MOUNTS if user == 0 else _NEW_MOUNTS | _NEW_USER):
        raise OSError(ctypes.get_errno(), "unshare")
    if user != 0:
        for name, text in {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"}.items():
            Path(f"/proc/self/{name}").write_text(text)
    hidden = ROOT.is_relative_to(_TMP)
    # Opened among the new mounts: a place from the old ones cannot be mounted again there.
    checkout = os.open(ROOT, os.O_PATH) if hidden else -1
    if libc.mount(None, b"/", None, _PRIVATE, None) or libc.mount(b"none", b"/tmp", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "mount")
    if hidden:
        ROOT.mkdir(parents=True)
        if libc.mount(f"/proc/self/fd/{checkout}".encode(), bytes(ROOT), None, _BIND, None):
            raise OSError(ctypes.get_errno(), "mount")


def work(scheduler: str) -> None:
    """A worker whose /tmp nobody else sees, until it is killed."""
    leave_the_file_system()

    async def serve() -> None:
        worker = await Worker(scheduler, nthreads=1, local_directory="/tmp", dashboard=False)
        await worker.finished()

    asyncio.run(serve())


def look_as_nobody(found: Any) -> None:
    """What a user without rights sees in /tmp after leaving the file system, or why that failed."""
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)
    ctypes.CDLL(None).prctl(_SET_DUMPABLE, 1, 0, 0, 0)  # as for any process that began with that user
    try:
        leave_the_file_system()
        found.put([str(path) for path in _TMP.iterdir() if not ROOT.is_relative_to(path)])
    except OSError as error:
        found.put(str(error))


@pytest.mark.skipif(os.getuid() != 0, reason="who is not root leaves that way in the test below")
@pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")
def test_a_worker_without_rights_gets_mounts_of_its_own_too(tmp_path: Path) -> None:
    found = CONTEXT.SimpleQueue()
    process = CONTEXT.Process(target=look_as_nobody, args=(found,))
    process.start()
    assert found.get() == []
    process.join()


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two workers, each with mounts of its own."""
    with LocalCluster(n_workers=0, processes=True, dashboard_address="", silence_logs=50) as cluster:
        address = str(cast(Any, cluster).scheduler_address)
        processes = [CONTEXT.Process(target=work, args=(address,)) for _ in range(2)]
        for process in processes:
            process.start()
        try:
            yield address
        finally:
            for process in processes:
                process.kill()
                process.join()


@pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")
def test_workers_that_share_no_disk_grade_as_one_machine_does(
    bundle: Bundle, tmp_path: Path, scheduler: str
) -> None:
    (tmp_path / "in").mkdir()
    for name, notebook in {
        "ann": solved(bundle),
        "bob": fill(exercise_notebook(bundle), {"1": "return x * 0"}),
        "cyd": fill(exercise_notebook(bundle), {"1": "return np.maximum(x, 0)"}),
        "dee": exercise_notebook(bundle),
    }.items():
        (tmp_path / "in" / f"{name}.ipynb").write_bytes(dumps(notebook))
    book = Gradebook(tmp_path / "book.sqlite")
    with workers(scheduler) as client:
        client.wait_for_workers(2, timeout=120)
        assert not any(cast(Any, client.run(os.path.exists, str(tmp_path))).values())
        summary = grade_class(collect(tmp_path / "in"), bundle, book, LIGHT, client)
    assert (summary.graded, summary.faults) == (4, {})
    assert {mark.student: mark.points for mark in book.marks("T01")} == {
        "ann": 10,
        "bob": 0,
        "cyd": 5,
        "dee": 0,
    }
