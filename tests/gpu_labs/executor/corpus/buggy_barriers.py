"""Kernels with a barrier too few."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros

B = 32


W = 64  # two warps


TILE = 8


def pair(*shape):
    return lambda rng: (floats(rng, *shape), zeros(*shape))


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


@buggy("missing-barrier", 1, W, pair(64), by_chance=True)
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
