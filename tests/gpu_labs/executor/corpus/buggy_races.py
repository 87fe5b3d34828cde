"""Seeded bugs: races within a block, across blocks, and between a read and a write."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros

B = 32
W = 64  # two warps
TILE = 8


def pair(*shape):
    return lambda rng: (floats(rng, *shape), zeros(*shape))


@buggy("race-write-write", 3, B, lambda r: (floats(r, 96), zeros(1)))
@cuda.jit
def all_threads_store_to_one_cell(x, y):
    y[0] = x[cuda.grid(1)]  # BUG


@buggy("race-write-write", 1, W, lambda r: (zeros(1),))
@cuda.jit
def block_stores_its_thread_numbers(y):
    y[0] = cuda.threadIdx.x  # BUG


@buggy("race-write-write", 2, B, pair(64))
@cuda.jit
def blocks_write_the_same_places(x, y):
    y[cuda.threadIdx.x] = x[cuda.grid(1)]  # BUG


@buggy("race-write-write", 2, B, pair(64))
@cuda.jit
def integer_division_joins_neighbours(x, y):
    i = cuda.grid(1)
    y[i // 2] = x[i]  # BUG


@buggy("race-write-write", 2, B, lambda r: (integers(r, 64, below=8), floats(r, 64), zeros(8)))
@cuda.jit
def scatter_with_duplicate_indices(index, x, y):
    i = cuda.grid(1)
    y[index[i]] = x[i]  # BUG


@buggy("race-write-write", 2, W, lambda r: (floats(r, 128), zeros(2)))
@cuda.jit
def every_thread_publishes_its_own_value(x, y):
    y[cuda.blockIdx.x] = x[cuda.grid(1)]  # BUG


@buggy("race-write-write", 1, W, pair(64))
@cuda.jit
def shared_cell_written_by_all(x, y):
    last = cuda.shared.array(1, float32)
    t = cuda.threadIdx.x
    last[0] = x[t]  # BUG
    cuda.syncthreads()
    y[t] = last[0]


@buggy("race-write-write", (1, 2), (8, 8), pair(8, 16))
@cuda.jit
def row_index_ignores_the_block(x, y):
    i, j = cuda.grid(2)
    y[i, cuda.threadIdx.y] = x[i, j]  # BUG


@buggy("race-write-write", 8, 1, lambda r: (floats(r, 8), zeros(9)))
@cuda.jit
def two_cells_a_thread_overlap(x, y):
    i = cuda.grid(1)
    y[i] = x[i]  # BUG
    y[i + 1] = -x[i]  # BUG


@buggy("race-read-write", 3, B, pair(96))
@cuda.jit
def block_reads_what_its_neighbour_writes(x, y):
    i = cuda.grid(1)
    x[i] = 2 * x[i]  # BUG
    cuda.syncthreads()
    if cuda.threadIdx.x == 0 and i >= 1:
        y[i] = x[i - 1]  # BUG


@buggy("race-read-write", 3, B, lambda r: (floats(r, 96), zeros(3), zeros(1)))
@cuda.jit
def sum_of_partials_without_waiting(x, partial, total):
    b = cuda.blockIdx.x
    if cuda.threadIdx.x == 0:
        partial[b] = x[cuda.grid(1)]  # BUG
        if b == 2:
            total[0] = partial[0] + partial[1] + partial[2]  # BUG


@buggy("race-read-write", 2, B, lambda r: (floats(r, 64),))
@cuda.jit
def reverse_in_place_across_blocks(x):
    i = cuda.grid(1)
    other = x[x.size - 1 - i]  # BUG
    cuda.syncthreads()
    x[i] = other  # BUG


@buggy("race-read-write", 8, 1, lambda r: (zeros(8), zeros(1, dtype=np.int32)))
@cuda.jit
def counter_read_beside_its_atomics(y, counter):
    i = cuda.grid(1)
    cuda.atomic.add(counter, 0, 1)  # BUG
    y[i] = counter[0]  # BUG


@buggy("lost-update", 3, B, lambda r: (zeros(1, dtype=np.int32),))
@cuda.jit
def lost_update_of_a_counter(counter):
    if cuda.threadIdx.x == 0:
        counter[0] += 1  # BUG


@buggy("race-read-write", 3, B, lambda r: (floats(r, 96),))
@cuda.jit
def smoothing_in_place_at_the_block_edge(x):
    i = cuda.grid(1)
    left = x[i - 1] if i > 0 else x[0]  # BUG
    cuda.syncthreads()
    x[i] = (left + x[i]) / 2  # BUG


@buggy("race-read-write", 3, B, lambda r: (floats(r, 96), zeros(3, dtype=np.int32)))
@cuda.jit
def flag_without_an_atomic(x, flag):
    b = cuda.blockIdx.x
    if cuda.threadIdx.x == 0:
        flag[b] = 1  # BUG
        if b > 0 and flag[b - 1] == 1:  # BUG
            x[b] = 0


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def reverse_without_a_barrier(x, y):
    tile = cuda.shared.array(W, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]  # BUG
    y[i] = tile[W - 1 - t]  # BUG


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def tree_without_a_barrier_in_the_loop(x, y):
    tile = cuda.shared.array(W, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    half = W // 2
    while half > 0:
        if t < half:
            tile[t] += tile[t + half]  # BUG
        half //= 2
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def tree_without_a_first_barrier(x, y):
    tile = cuda.shared.array(W, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]  # BUG
    half = W // 2
    while half > 0:
        if t < half:
            tile[t] += tile[t + half]  # BUG
        cuda.syncthreads()
        half //= 2
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@buggy(
    "missing-barrier", (2, 2), (TILE, TILE), lambda r: (floats(r, 16, 16), floats(r, 16, 16), zeros(16, 16))
)
@cuda.jit
def matmul_without_the_second_barrier(a, b, c):
    ta = cuda.shared.array((TILE, TILE), float32)
    tb = cuda.shared.array((TILE, TILE), float32)
    i, j = cuda.grid(2)
    ti, tj = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for k in range(2):
        ta[ti, tj] = a[i, k * TILE + tj]  # BUG
        tb[ti, tj] = b[k * TILE + ti, j]  # BUG
        cuda.syncthreads()
        for m in range(TILE):
            total += ta[ti, m] * tb[m, tj]  # BUG
    c[i, j] = total


@buggy(
    "missing-barrier", (2, 2), (TILE, TILE), lambda r: (floats(r, 16, 16), floats(r, 16, 16), zeros(16, 16))
)
@cuda.jit
def matmul_without_the_first_barrier(a, b, c):
    ta = cuda.shared.array((TILE, TILE), float32)
    tb = cuda.shared.array((TILE, TILE), float32)
    i, j = cuda.grid(2)
    ti, tj = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for k in range(2):
        ta[ti, tj] = a[i, k * TILE + tj]  # BUG
        tb[ti, tj] = b[k * TILE + ti, j]  # BUG
        for m in range(TILE):
            total += ta[ti, m] * tb[m, tj]  # BUG
        cuda.syncthreads()
    c[i, j] = total


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def scan_reads_and_writes_at_once(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    step = 1
    while step < W:
        if t >= step:
            tile[t] += tile[t - step]  # BUG
        cuda.syncthreads()
        step *= 2
    y[t] = tile[t]


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def scan_with_one_barrier_of_two(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    step = 1
    while step < W:
        left = tile[t - step] if t >= step else float32(0)  # BUG
        cuda.syncthreads()
        tile[t] += left  # BUG
        step *= 2
    y[t] = tile[t]


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def leader_loads_and_nobody_waits(x, y):
    first = cuda.shared.array(1, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if t == 0:
        first[0] = x[i]  # BUG
    y[i] = first[0]  # BUG


@buggy("missing-barrier", 1, W, lambda r: (floats(r, 64),))
@cuda.jit
def shift_in_place(x):
    t = cuda.threadIdx.x
    if t + 1 < x.size:
        x[t] = x[t + 1]  # BUG


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def halo_read_too_early(x, y):
    tile = cuda.shared.array(66, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t + 1] = x[i]  # BUG
    if t == 0:
        tile[0] = 0  # BUG
        tile[65] = 0  # BUG
    y[i] = tile[t] + tile[t + 2]  # BUG


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def syncwarp_does_not_hold_the_block(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]  # BUG
    cuda.syncwarp()
    y[t] = tile[W - 1 - t]  # BUG


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def warp_synchronous_sum_without_syncwarp(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    if t < 16:
        tile[t] += tile[t + 16]  # BUG
        tile[t] += tile[t + 8]  # BUG
    cuda.syncthreads()
    y[t] = tile[0]


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def double_buffer_never_swapped(x, y):
    buffer = cuda.shared.array((2, W), float32)
    t = cuda.threadIdx.x
    buffer[0, t] = x[t]
    cuda.syncthreads()
    step = 1
    while step < W:
        left = buffer[0, t - step] if t >= step else float32(0)  # BUG
        buffer[0, t] += left  # BUG
        cuda.syncthreads()
        step *= 2
    y[t] = buffer[0, t]


@buggy("missing-barrier", 2, W, lambda r: (integers(r, 128, below=8), zeros(8, dtype=np.int32)))
@cuda.jit
def shared_bins_flushed_too_early(x, h):
    bins = cuda.shared.array(8, int32)
    t = cuda.threadIdx.x
    if t < 8:
        bins[t] = 0
    cuda.syncthreads()
    cuda.atomic.add(bins, x[cuda.grid(1)], 1)  # BUG
    if t < 8:
        cuda.atomic.add(h, t, bins[t])  # BUG


@buggy("missing-barrier", 2, W, lambda r: (integers(r, 128, below=8), zeros(8, dtype=np.int32)))
@cuda.jit
def shared_bins_counted_before_they_are_cleared(x, h):
    bins = cuda.shared.array(8, int32)
    t = cuda.threadIdx.x
    if t < 8:
        bins[t] = 0  # BUG
    cuda.atomic.add(bins, x[cuda.grid(1)], 1)  # BUG
    cuda.syncthreads()
    if t < 8:
        cuda.atomic.add(h, t, bins[t])


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def tile_reused_while_others_still_read(x, y):
    tile = cuda.shared.array(W, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    first = tile[0]  # BUG
    tile[t] = x[i] - first  # BUG
    cuda.syncthreads()
    y[i] = tile[W - 1 - t]


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def odd_even_sort_without_a_barrier(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    for phase in range(4):
        if t % 2 == phase % 2 and t + 1 < W and tile[t] > tile[t + 1]:  # BUG
            tile[t], tile[t + 1] = tile[t + 1], tile[t]  # BUG
    cuda.syncthreads()
    y[t] = tile[t]


@buggy("missing-barrier", 2, W, pair(128))
@cuda.jit
def neighbour_of_a_global_write(x, y):
    t, i = cuda.threadIdx.x, cuda.grid(1)
    y[i] = x[i]  # BUG
    if t > 0:
        x[i] = y[i - 1]  # BUG


@buggy("missing-barrier", (1, 1), (TILE, TILE), pair(8, 8))
@cuda.jit
def transpose_without_a_barrier(x, y):
    tile = cuda.shared.array((TILE, TILE), float32)
    i, j = cuda.threadIdx.x, cuda.threadIdx.y
    tile[i, j] = x[i, j]  # BUG
    y[i, j] = tile[j, i]  # BUG


@buggy("missing-barrier", 1, W, pair(64))
@cuda.jit
def fence_is_not_a_barrier(x, y):
    tile = cuda.shared.array(W, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]  # BUG
    cuda.threadfence_block()
    y[t] = tile[W - 1 - t]  # BUG
