"""Seeded bugs: barriers that not all threads reach, loops that never end, launches that no GPU takes."""

import numpy as np
from numba import float32, float64

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros

B = 32
W = 64
HUGE = 60_000


def pair(*shape):
    return lambda rng: (floats(rng, *shape), zeros(*shape))


@buggy("divergent-barrier", 2, W, pair(128))
@cuda.jit
def barrier_for_half_of_the_block(x, y):
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if t < 32:
        y[i] = x[i]
        cuda.syncthreads()  # BUG
    cuda.syncthreads()
    y[i] = x[i]


@buggy("divergent-barrier", 2, W, pair(100))
@cuda.jit
def barrier_behind_the_guard(x, y):
    tile = cuda.shared.array(W, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = 0
    if i < x.size:
        tile[t] = x[i]
        cuda.syncthreads()  # BUG
        y[i] = tile[0]
    cuda.syncthreads()
    if i < x.size:
        y[i] += tile[1]


@buggy("divergent-barrier", 1, W, pair(64))
@cuda.jit
def tree_with_the_barrier_inside_the_if(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    half = W // 2
    while half > 0:
        if t < half:
            tile[t] += tile[t + half]
            cuda.syncthreads()  # BUG
        half //= 2
    cuda.syncthreads()
    y[t] = tile[0]


@buggy("divergent-barrier", 1, W, pair(64))
@cuda.jit
def as_many_barriers_as_the_thread_number(x, y):
    t = cuda.threadIdx.x
    for _ in range(t % 3):
        cuda.syncthreads()  # BUG
    cuda.syncthreads()
    y[t] = x[t]


@buggy("divergent-barrier", 1, W, pair(64))
@cuda.jit
def a_barrier_in_each_branch(x, y):
    t = cuda.threadIdx.x
    if t % 2 == 0:
        y[t] = x[t]
        cuda.syncthreads()  # BUG
    else:
        y[t] = -x[t]
        cuda.syncthreads()  # BUG
    y[t] += 1


@buggy("divergent-barrier", 1, W, pair(64))
@cuda.jit
def break_before_the_barrier(x, y):
    t = cuda.threadIdx.x
    for k in range(3):
        if x[t] > 0 and k == 1:
            break
        cuda.syncthreads()  # BUG
    cuda.syncthreads()
    y[t] = x[t]


@buggy("divergent-barrier", 1, W, pair(64), by_chance=True)
@cuda.jit
def continue_past_the_barrier(x, y):
    t = cuda.threadIdx.x
    for k in range(3):
        if t == k:
            continue
        cuda.syncthreads()  # BUG
    cuda.syncthreads()
    y[t] = x[t]


@buggy("divergent-barrier", 1, W, pair(64))
@cuda.jit
def barrier_in_a_loop_of_uneven_length(x, y):
    t = cuda.threadIdx.x
    k = t
    while k < 100:
        y[t] += x[t]
        cuda.syncthreads()  # BUG
        k += 64
    cuda.syncthreads()


@buggy("exited-threads-at-barrier", 2, W, pair(100))
@cuda.jit
def early_return_before_a_barrier(x, y):
    tile = cuda.shared.array(W, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i >= x.size:
        return
    tile[t] = x[i]
    cuda.syncthreads()  # BUG
    y[i] = tile[0]


@buggy("exited-threads-at-barrier", 1, W, pair(64))
@cuda.jit
def finished_half_leaves_early(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    if t >= 32:
        return
    tile[t] += tile[t + 32]
    cuda.syncthreads()  # BUG
    y[t] = tile[31 - t]


@buggy("useless-barrier", 1, W, pair(64))
@cuda.jit
def barrier_that_orders_nothing(x, y):
    t = cuda.threadIdx.x
    v = x[t]
    cuda.syncthreads()  # BUG
    y[t] = v


@buggy("useless-barrier", 1, W, pair(64))
@cuda.jit
def a_second_barrier_right_after_the_first(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()  # BUG
    cuda.syncthreads()  # BUG
    y[t] = tile[W - 1 - t]


@buggy("useless-barrier", 1, W, pair(64))
@cuda.jit
def barrier_at_the_very_end(x, y):
    t = cuda.threadIdx.x
    y[t] = x[t]
    cuda.syncthreads()  # BUG


@buggy("useless-barrier", 1, W, pair(64))
@cuda.jit
def own_cell_needs_no_barrier(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()  # BUG
    y[t] = tile[t]


@buggy("endless-loop", 1, B, pair(32), step_budget=2000)
@cuda.jit
def loop_variable_never_moves(x, y):
    i = cuda.threadIdx.x
    while i < x.size:  # BUG
        y[i] = x[i]


@buggy("endless-loop", 1, B, lambda r: (zeros(32),), step_budget=2000)
@cuda.jit
def step_of_zero(y):
    i, step = cuda.threadIdx.x, 0
    while i < y.size:  # BUG
        y[i] = 1
        i += step


@buggy("endless-loop", 1, B, lambda r: (zeros(32),), step_budget=2000)
@cuda.jit
def halving_never_gets_below_zero(y):
    k = 16
    while k >= 0:  # BUG
        k //= 2
    y[cuda.threadIdx.x] = k


@buggy("endless-loop", 1, B, lambda r: (zeros(32),), step_budget=2000)
@cuda.jit
def equality_stepped_over(y):
    t = cuda.threadIdx.x
    k = t
    while k != 31:  # BUG
        k += 2
    y[t] = k


@buggy("endless-loop", 1, B, lambda r: (floats(r, 32), zeros(32)), step_budget=2000)
@cuda.jit
def one_thread_never_converges(x, y):
    t = cuda.threadIdx.x
    v = x[t] * x[t] + 1
    if t == 5:
        v = -v
    while v < 100:  # BUG
        v *= 2
    y[t] = v


@buggy("spin-lock", 2, B, lambda r: (zeros(1, dtype=np.int32), zeros(1)), step_budget=2000)
@cuda.jit
def lock_taken_by_a_whole_warp(lock, total):
    while cuda.atomic.cas(lock, 0, 0, 1) != 0:  # BUG
        pass
    total[0] += 1
    cuda.syncthreads()
    cuda.atomic.exch(lock, 0, 0)


@buggy("spin-lock", 2, B, lambda r: (zeros(1, dtype=np.int32), zeros(1)), step_budget=2000)
@cuda.jit
def lock_never_given_back(lock, total):
    if cuda.threadIdx.x == 0:
        while cuda.atomic.exch(lock, 0, 1) != 0:  # BUG
            pass
        cuda.atomic.add(total, 0, 1)


@buggy("inter-block-wait", 2, B, lambda r: (zeros(1, dtype=np.int32), zeros(64)), step_budget=2000)
@cuda.jit
def first_block_waits_for_the_last(ready, y):
    if cuda.blockIdx.x == 0:
        while cuda.atomic.add(ready, 0, 0) == 0:  # BUG
            pass
    elif cuda.threadIdx.x == 0:
        y[cuda.grid(1)] = 1
        cuda.atomic.add(ready, 0, 1)


@buggy("inter-block-wait", 3, B, lambda r: (zeros(1, dtype=np.int32), zeros(96)), step_budget=2000)
@cuda.jit
def home_made_grid_barrier_counts_wrong(arrived, y):
    if cuda.threadIdx.x == 0:
        cuda.atomic.add(arrived, 0, 1)
        while cuda.atomic.add(arrived, 0, 0) < cuda.gridDim.x + 1:  # BUG
            pass
    cuda.syncthreads()
    y[cuda.grid(1)] = 1


@buggy("launch-shape", 1, 2048, pair(2048))
@cuda.jit
def block_of_2048_threads(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


@buggy("launch-shape", 1, (32, 33), pair(32, 33))
@cuda.jit
def two_dimensional_block_over_1024(x, y):
    i, j = cuda.grid(2)
    y[i, j] = x[i, j]


@buggy("launch-shape", 1, (1, 1, 65), lambda r: (zeros(65),))
@cuda.jit
def block_too_deep_in_z(y):
    y[cuda.threadIdx.z] = 1


@buggy("launch-shape", (1, 70_000), 1, lambda r: (zeros(4),))
@cuda.jit
def grid_too_tall_in_y(y):
    if cuda.blockIdx.y < 4:
        y[cuda.blockIdx.y] = 1


@buggy("shared-memory", 1, B, pair(32))
@cuda.jit
def shared_array_of_half_a_megabyte(x, y):
    tile = cuda.shared.array(HUGE, float64)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    y[t] = tile[t]


@buggy("shared-memory", 1, B, pair(32), shared_bytes=500_000)
@cuda.jit
def dynamic_shared_memory_too_large(x, y):
    tile = cuda.shared.array(0, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    y[t] = tile[t]


@buggy("empty-grid", 0, B, pair(32))
@cuda.jit
def no_block_at_all(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


@buggy("empty-grid", 1, 0, pair(32))
@cuda.jit
def no_thread_at_all(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


@buggy("empty-grid", (3, 0), (8, 8), lambda r: (integers(r, 8), zeros(8)))
@cuda.jit
def a_dimension_of_zero_blocks(x, y):
    i = cuda.grid(1)
    y[i] = x[i]


@buggy("exception", 2, B, pair(64))
@cuda.jit
def raise_for_most_threads(x, y):
    i = cuda.grid(1)
    if i > 3:
        raise IndexError("no")  # BUG
    y[i] = x[i]


@buggy("exception", 2, B, pair(64))
@cuda.jit
def assertion_that_fails_in_the_last_block(x, y):
    i = cuda.grid(1)
    assert i < 60, "too many"  # BUG
    y[i] = x[i]


@buggy("exception", 1, 8, pair(8))
@cuda.jit
def hole_that_nobody_filled(x, y):
    raise NotImplementedError("task 2")  # BUG
