"""What a launch leaves behind: accesses by epoch, epochs, and the profile."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_labs import cuda, inspect
from gpu_labs.executor.launch_record import VALUES, AtFault


@cuda.jit
def reverse(x):
    s = cuda.shared.array(64, np.float32)
    t = cuda.threadIdx.x
    s[t] = x[t]
    cuda.syncthreads()
    x[t] = s[63 - t]


@cuda.jit
def strided(x, y):
    s = cuda.shared.array(1024, np.float32)
    t = cuda.threadIdx.x
    s[t * 32] = x[t * 8]
    y[t] = s[t * 32] * 2.0
    if t % 2 == 0:
        y[t] += 1.0


@cuda.jit
def copies(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


def test_accesses_are_kept_by_epoch_and_thread():
    for engine in ("lock-step", "serial"):
        launch = inspect(reverse, 1, 64, np.arange(64, dtype=np.float32), engine=engine)
        names = [a.name for a in launch.arrays]
        kept = [(names[a.array], a.kind, a.epoch) for a in launch.accesses]
        assert kept == [("x", "read", 0), ("s", "write", 0), ("s", "read", 1), ("x", "write", 1)]
        read = launch.accesses[2]
        assert dict(zip(read.threads, read.indices, strict=True)) == {t: 63 - t for t in range(64)}
        assert launch.epochs == (1,)
        assert launch.accesses_omitted == 0


@pytest.mark.parametrize("engine", ["lock-step", "serial"])
def test_values_are_kept_with_the_accesses(engine):
    @cuda.jit
    def total(x, y):
        s = cuda.shared.array(4, np.float32)
        t = cuda.threadIdx.x
        s[t] = x[t] + 1
        cuda.syncthreads()
        cuda.atomic.add(y, 0, s[3 - t])

    y = np.full(1, 5, np.float32)
    launch = inspect(total, 1, 4, np.arange(4, dtype=np.float32), y, engine=engine)
    assert [(array.name, array.before) for array in launch.arrays] == [
        ("x", (0.0, 1.0, 2.0, 3.0)),
        ("s", ()),
        ("y", (5.0,)),
    ]
    values = [dict(zip(each.indices, each.values, strict=True)) for each in launch.accesses]
    written = {0: 1.0, 1: 2.0, 2: 3.0, 3: 4.0}
    assert values == [{i: float(i) for i in range(4)}, written, written, {0: 15.0}]


def test_values_of_large_arrays_and_of_parts_of_arrays_are_not_kept():
    x, y = np.ones(VALUES + 1), np.ones((4, 4))[:, 1]
    launch = inspect(copies, 1, 4, x, y)
    assert not any(array.before for array in launch.arrays)
    assert not any(each.values for each in launch.accesses)


@pytest.mark.parametrize("engine", ["lock-step", "serial"])
def test_every_thread_with_an_index_outside_is_named(engine):
    launch = inspect(copies, 3, 8, np.zeros(13), np.zeros(13), engine=engine)
    assert launch.at_fault == (AtFault((1, 0, 0), (5, 6, 7)), AtFault((2, 0, 0), tuple(range(8))))


def test_the_record_stays_within_its_budget():
    @cuda.jit
    def loops(x, y):
        i = cuda.grid(1)
        for j in range(2000):
            y[i] += x[j]

    launch = inspect(loops, 1, 256, np.ones(2000), np.zeros(256))
    assert sum(len(a.threads) for a in launch.accesses) <= 200_000
    assert launch.accesses_omitted > 0


def test_the_profile_counts_sectors_banks_and_divergence():
    launch = inspect(strided, 1, 32, np.zeros(256, np.float32), np.zeros(32, np.float32), level="profile")
    assert launch.profile is not None
    lines = {(line.array, line.kind, line.line): line for line in launch.profile.lines}
    by_array = {(array, kind): line for (array, kind, _), line in sorted(lines.items(), reverse=True)}
    assert by_array["x", "read"].sectors == 32
    assert by_array["x", "read"].ideal_sectors == 4
    assert by_array["x", "read"].coalescing == 1 / 8
    assert by_array["y", "write"].coalescing == 1
    assert by_array["s", "write"].bank_conflict == 32
    assert [(b.warps, b.divergent) for b in launch.profile.branches] == [(1, 1)]
    assert launch.profile.flops == 32 + 16
    heat = {h.array: h for h in launch.profile.heat}
    assert sum(heat["y"].writes) == 48


def test_eight_bytes_a_lane_take_two_bank_passes_and_are_no_conflict():
    @cuda.jit
    def reversed_by_two_ways(y):
        s = cuda.shared.array(64, np.float64)
        t = cuda.threadIdx.x
        s[t] = y[t]
        s[32 + t] = s[t]
        cuda.syncthreads()
        y[t] = s[2 * t]

    launch = inspect(reversed_by_two_ways, 1, 32, np.zeros(32), level="profile")
    assert launch.profile is not None
    shared = {line.line: line for line in launch.profile.lines if line.array == "s" and line.kind == "read"}
    beside, apart = (shared[line] for line in sorted(shared))
    assert (beside.requests, beside.bank_passes, beside.fewest_passes, beside.bank_conflict) == (1, 2, 2, 1)
    assert (apart.requests, apart.bank_passes, apart.fewest_passes, apart.bank_conflict) == (1, 4, 2, 2)


def test_a_large_profile_samples_blocks_and_says_so():
    x = np.zeros(1 << 16, np.float32)
    launch = inspect(saxpy_like, 256, 256, x, level="profile")
    assert launch.profile is not None
    assert launch.profile.blocks_sampled < launch.profile.blocks == 256
    assert any("64 of 256 blocks" in note for note in launch.notes)


@cuda.jit
def saxpy_like(x):
    x[cuda.grid(1)] += 1
