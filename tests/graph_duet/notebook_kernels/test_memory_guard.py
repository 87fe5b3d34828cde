"""Where a hub limits memory, one kernel too many is refused in words before the hub kills everything."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from graph_duet.notebook_kernels import memory_guard


def test_without_a_limit_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEM_LIMIT", raising=False)
    monkeypatch.setattr(memory_guard, "used_bytes", lambda: 10**15)
    memory_guard.require_room()


@pytest.mark.parametrize("limit", ["", "0", "unlimited", "2G", "-1", "1.5"])
def test_what_is_not_a_number_of_bytes_limits_nothing(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEM_LIMIT", limit)
    monkeypatch.setattr(memory_guard, "used_bytes", lambda: 10**15)
    memory_guard.require_room()


def test_near_the_limit_a_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEM_LIMIT", str(2 * 2**30))
    monkeypatch.setattr(memory_guard, "used_bytes", lambda: int(1.8 * 2**30))
    with pytest.raises(
        memory_guard.NoRoomError, match=r"1\.8 of 2\.0 GB [^$]*Shut a kernel down first"
    ) as refusal:
        memory_guard.require_room()
    assert max(map(len, str(refusal.value).splitlines())) <= 80, "JupyterLab's dialog clips a long line"


def test_with_memory_left_a_notebook_kernel_may_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEM_LIMIT", str(2 * 2**30))
    monkeypatch.setattr(memory_guard, "used_bytes", lambda: 2**30)
    memory_guard.require_room()


@pytest.mark.skipif(sys.platform != "linux", reason="shared pages are told apart on Linux only")
def test_pages_shared_by_a_fork_count_once() -> None:
    code = (
        "import os, sys, time; block = bytearray(b'x' * 100_000_000); child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "sys.stdin.read() if child else time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        sizes = [memory_guard.proportional_size(psutil.Process(pid)) for pid in (parent.pid, child)]
        assert 100e6 < sum(sizes) < 160e6
    finally:
        os.kill(child, 9)
        parent.communicate()
