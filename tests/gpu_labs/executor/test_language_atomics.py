"""Every atomic: what it leaves in the cell, and the old value that it returns."""

import numpy as np
import pytest
from numba import int32

from gpu_labs import cuda

N = 40


@cuda.jit
def add_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.add(cell, 0, x[i])


@cuda.jit
def sub_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.sub(cell, 0, x[i])


@cuda.jit
def min_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.min(cell, 0, x[i])


@cuda.jit
def max_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.max(cell, 0, x[i])


@cuda.jit
def and_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.and_(cell, 0, x[i])


@cuda.jit
def or_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.or_(cell, 0, x[i])


@cuda.jit
def xor_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.xor(cell, 0, x[i])


@cuda.jit
def exch_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.exch(cell, 0, x[i])


@cuda.jit
def inc_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.inc(cell, 0, x[i])


@cuda.jit
def dec_kernel(cell, x, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.dec(cell, 0, x[i])


@pytest.mark.parametrize(
    ("kernel", "fold"),
    [
        (add_kernel, lambda c, v: c + v),
        (sub_kernel, lambda c, v: c - v),
        (min_kernel, min),
        (max_kernel, max),
        (and_kernel, lambda c, v: c & v),
        (or_kernel, lambda c, v: c | v),
        (xor_kernel, lambda c, v: c ^ v),
        (exch_kernel, lambda c, v: v),
        (inc_kernel, lambda c, v: 0 if c >= v else c + 1),
        (dec_kernel, lambda c, v: v if c == 0 or c > v else c - 1),
    ],
)
def test_an_atomic_is_some_order_of_single_steps(run, kernel, fold):
    """With one thread a block, blocks in order give the sequential result, old values included."""
    x = np.random.default_rng(0).integers(1, 200, N).astype(np.uint32)
    cell, old = np.full(1, 77_777, np.uint32), np.zeros(N, np.uint32)
    run(kernel, 1, N, cell, x, old)
    # Whatever order the executor took, replaying it step by step must explain every old value.
    value, left = 77_777, list(range(N))
    while left:
        step = next(i for i in left if old[i] == value)
        value = int(np.uint32(fold(value, int(x[step])) % 2**32))
        left.remove(step)
    assert cell[0] == value


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64])
def test_atomic_add_min_and_max_take_every_numeric_type(run, dtype):
    @cuda.jit
    def kernel(cell, x):
        i = cuda.grid(1)
        cuda.atomic.add(cell, 0, x[i])
        cuda.atomic.min(cell, 1, x[i])
        cuda.atomic.max(cell, 2, x[i])

    x = np.arange(1, 65).astype(dtype)
    cell = np.array([0, 100, 0], dtype)
    run(kernel, 2, 32, cell, x)
    assert cell.tolist() == [x.sum(), 1, 64]


def test_nan_aware_extremes_let_a_nan_lose(run):
    @cuda.jit
    def kernel(cell, x):
        i = cuda.grid(1)
        cuda.atomic.nanmax(cell, 0, x[i])
        cuda.atomic.nanmin(cell, 1, x[i])

    cell = np.array([np.nan, np.nan])
    run(kernel, 1, 4, cell, np.array([2.0, np.nan, 5.0, -1.0]))
    assert cell.tolist() == [5.0, -1.0]


def test_compare_and_swap_stores_for_one_thread_and_returns_the_old_value_to_the_others(run):
    @cuda.jit
    def kernel(cell, old):
        i = cuda.grid(1)
        old[i] = cuda.atomic.cas(cell, 1, -1, i)

    cell, old = np.full(2, -1, np.int64), np.zeros(N, np.int64)
    run(kernel, 4, N // 4, cell, old)
    winner = cell[1]
    assert old[winner] == -1
    assert set(np.delete(old, winner)) == {winner}
    assert cell[0] == -1


def test_compare_and_swap_without_an_index_works_on_the_first_element(run):
    @cuda.jit
    def kernel(cell, old):
        i = cuda.grid(1)
        old[i] = cuda.atomic.compare_and_swap(cell, 0, i + 1)

    cell, old = np.zeros(1, np.int32), np.full(8, -1, np.int32)
    run(kernel, 1, 8, cell, old)
    assert (old == 0).sum() == 1
    assert old[cell[0] - 1] == 0


def test_atomics_take_tuples_and_shared_arrays(run):
    @cuda.jit
    def kernel(y):
        bins = cuda.shared.array((2, 2), int32)
        t = cuda.threadIdx.x
        if t < 4:
            bins[t // 2, t % 2] = 0
        cuda.syncthreads()
        cuda.atomic.add(bins, (t % 2, (t // 2) % 2), 1)
        cuda.syncthreads()
        if t < 4:
            cuda.atomic.add(y, (t // 2, t % 2), bins[t // 2, t % 2])

    y = np.zeros((2, 2), np.int32)
    run(kernel, 3, N, y)
    assert y.tolist() == [[30, 30], [30, 30]]
