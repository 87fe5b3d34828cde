"""The engine is chosen by the lanes that work, may change while running, and needs memory for what is touched."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from gpu_labs import cuda, inspect
from gpu_labs.executor.runtime.sparse import DENSE, Paged


@cuda.jit
def first_thread_adds_to_all(x, counts):
    i = cuda.grid(1)
    cuda.atomic.add(counts, 0, 1)
    if i == 0:
        for k in range(x.size):
            x[k] += 1


@cuda.jit
def one_of_each_block_in_a_while(x):
    s = cuda.shared.array(1, np.int32)
    t = cuda.threadIdx.x
    if t == 0:
        s[0] = 0
    cuda.syncthreads()
    if t == 5 and cuda.blockIdx.x == 1:
        k = 0
        while k < x.size:
            x[k] += s[0] + 2
            k += 1
    cuda.syncthreads()


@cuda.jit
def everyone_loops(x):
    i = cuda.grid(1)
    for _k in range(1000 + i % 2):
        x[i] += 1


def test_a_launch_goes_over_to_the_serial_engine_and_undoes_what_it_did():
    x, counts = np.zeros(5000, np.float32), np.zeros(1, np.int32)
    launch = inspect(first_thread_adds_to_all, 3, 64, x, counts)
    assert launch.engine == "serial"
    assert "only a few threads had work" in launch.notes[0]
    assert launch.findings == ()
    assert (x == 1).all()
    assert counts[0] == 192


def test_a_launch_with_barriers_goes_over_too():
    x = np.zeros(3000)
    launch = inspect(one_of_each_block_in_a_while, 3, 64, x)
    assert launch.engine == "serial"
    assert (x == 2).all()
    assert {finding.kind for finding in launch.findings} <= {"useless-barrier"}


def test_a_launch_whose_threads_all_work_stays_in_lock_step():
    x = np.zeros(192)
    launch = inspect(everyone_loops, 3, 64, x)
    assert launch.engine == "lock-step"
    np.testing.assert_array_equal(x, 1000 + np.arange(192) % 2)


@pytest.mark.parametrize("options", [{"engine": "lock-step"}, {"level": "profile"}])
def test_who_asks_for_lock_step_gets_it(options):
    x, counts = np.zeros(600, np.float32), np.zeros(1, np.int32)
    assert inspect(first_thread_adds_to_all, 3, 64, x, counts, **options).engine == "lock-step"
    assert (x == 1).all()


def test_a_lock_held_in_turn_by_many_blocks_runs_block_by_block():
    @cuda.jit
    def count(lock, total):
        done = False
        while not done:
            if cuda.atomic.cas(lock, 0, 0, 1) == 0:
                cuda.threadfence()
                total[0] += 1
                cuda.threadfence()
                cuda.atomic.exch(lock, 0, 0)
                done = True

    total = np.zeros(1)
    launch = inspect(count, 40, 16, np.zeros(1, np.int32), total, step_budget=100)
    assert launch.findings == ()  # with all blocks at once a thread would wait 640 turns
    assert total[0] == 640


@cuda.jit
def scatter(x, y):
    i = cuda.grid(1)
    x[i * 9173] = y[i] + x[i * 9173 + 1]


@pytest.mark.parametrize("level", ["hazards", "profile"])
def test_memory_follows_what_is_touched_and_not_the_array(level):
    x, y = np.zeros(10_000_000, np.float32), np.ones(1024, np.float32)
    inspect(scatter, 8, 128, x, y, level=level)
    tracemalloc.start()
    try:
        launch = inspect(scatter, 8, 128, x, y, level=level)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert launch.findings == ()
    assert peak < x.nbytes


def test_races_are_found_in_an_array_too_large_for_a_dense_shadow():
    @cuda.jit
    def clash(x, far):
        i = cuda.grid(1)
        x[far + i // 2] = i

    x = np.zeros(2 * DENSE, np.int32)
    kinds = {
        tuple((f.kind, f.index) for f in inspect(clash, 4, 64, x, DENSE + 5, engine=engine).findings)
        for engine in ("lock-step", "serial")
    }
    assert kinds == {(("race-write-write", (DENSE + 5,)),)}


def test_pages_hold_what_an_array_would():
    random = np.random.default_rng(0)
    size = 1 << 18
    dense, paged = np.full(size, -1, np.int64), Paged(size, -1, np.int64)
    for _ in range(30):
        cells = random.integers(0, size, 50)
        dense[cells] = values = np.arange(50)
        paged[cells] = values
        asked = random.integers(0, size, 200)
        np.testing.assert_array_equal(paged.take(asked), dense.take(asked))
