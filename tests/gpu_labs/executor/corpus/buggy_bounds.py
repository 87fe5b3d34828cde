"""Seeded bugs: indices outside an array, and cells read before they are written."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import buggy, floats, integers, zeros

B = 32


def pair(*shape):
    return lambda rng: (floats(rng, *shape), zeros(*shape))


@buggy("out-of-bounds", 3, B, pair(90))
@cuda.jit
def no_guard(x, y):
    i = cuda.grid(1)
    y[i] = x[i]  # BUG


@buggy("out-of-bounds", 3, B, pair(90))
@cuda.jit
def guard_lets_one_more_in(x, y):
    i = cuda.grid(1)
    if i <= x.size:
        y[i] = 2  # BUG


@buggy("out-of-bounds", 3, B, lambda r: (floats(r, 90), zeros(80)))
@cuda.jit
def guard_asks_the_wrong_array(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = x[i]  # BUG


@buggy("out-of-bounds", 2, B, pair(64))
@cuda.jit
def left_neighbour_of_the_first(x, y):
    i = cuda.grid(1)
    y[i] = x[i - 1]  # BUG


@buggy("out-of-bounds", 2, B, pair(64))
@cuda.jit
def right_neighbour_of_the_last(x, y):
    i = cuda.grid(1)
    y[i] = x[i + 1]  # BUG


@buggy("out-of-bounds", 2, B, pair(64))
@cuda.jit
def loop_runs_one_too_far(x, y):
    i = cuda.grid(1)
    total = 0.0
    for k in range(x.size + 1):
        total += x[k]  # BUG
    y[i] = total


@buggy("out-of-bounds", (2, 2), (8, 8), pair(16, 12))
@cuda.jit
def guard_for_the_rows_only(x, y):
    i, j = cuda.grid(2)
    if i < x.shape[0]:
        y[i, j] = x[i, j]  # BUG


@buggy("out-of-bounds", (2, 2), (8, 8), pair(16, 12))
@cuda.jit
def rows_and_columns_swapped(x, y):
    i, j = cuda.grid(2)
    if i < x.shape[1] and j < x.shape[0]:
        y[i, j] = x[i, j]  # BUG


@buggy("out-of-bounds", (2, 2), (8, 8), pair(16, 12))
@cuda.jit
def guard_joined_with_or(x, y):
    i, j = cuda.grid(2)
    if i < x.shape[0] or j < x.shape[1]:
        y[i, j] = x[i, j]  # BUG


@buggy("out-of-bounds", (2, 2, 2), (4, 4, 4), pair(8, 8, 6))
@cuda.jit
def third_dimension_unguarded(x, y):
    i, j, k = cuda.grid(3)
    if i < x.shape[0] and j < x.shape[1]:
        y[i, j, k] = x[i, j, k]  # BUG


@buggy("out-of-bounds", 2, B, lambda r: (integers(r, 64, below=64) + 10, floats(r, 64), zeros(64)))
@cuda.jit
def gather_with_bad_indices(index, x, y):
    i = cuda.grid(1)
    y[i] = x[index[i]]  # BUG


@buggy("out-of-bounds", 2, B, lambda r: (integers(r, 64, below=12), zeros(10, dtype=np.int32)))
@cuda.jit
def histogram_with_too_few_bins(x, h):
    i = cuda.grid(1)
    cuda.atomic.add(h, x[i], 1)  # BUG


@buggy("out-of-bounds", 2, B, pair(64))
@cuda.jit
def shared_array_too_small_for_the_halo(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t + 1] = x[i]  # BUG
    cuda.syncthreads()
    y[i] = tile[t]


@buggy("out-of-bounds", 2, 64, pair(128))
@cuda.jit
def block_larger_than_its_tile(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]  # BUG
    cuda.syncthreads()
    y[i] = tile[t]


@buggy("out-of-bounds", 1, B, pair(32))
@cuda.jit
def local_array_overrun(x, y):
    own = cuda.local.array(4, float32)
    i = cuda.grid(1)
    for k in range(5):
        own[k] = x[i]  # BUG
    y[i] = own[0]


@buggy("out-of-bounds", 1, B, pair(64))
@cuda.jit
def tree_without_its_if(x, y):
    tile = cuda.shared.array(B, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    v = tile[t + 16]  # BUG
    cuda.syncthreads()
    y[t] = v


@buggy("out-of-bounds", 2, B, pair(100))
@cuda.jit
def grid_stride_guard_forgotten(x, y):
    i = cuda.grid(1)
    while i < x.size + cuda.gridsize(1):
        y[i] = x[i]  # BUG
        i += cuda.gridsize(1)


@buggy("out-of-bounds", 2, B, lambda r: (floats(r, 64), zeros(16)))
@cuda.jit
def pooled_output_indexed_like_the_input(x, y):
    i = cuda.grid(1)
    if i % 4 == 0:
        y[i] = x[i]  # BUG


@cuda.jit(device=True)
def store(target, place, value):
    target[place] = value  # BUG


@buggy("out-of-bounds", 2, B, lambda r: (floats(r, 60),), where=store)
@cuda.jit
def overrun_inside_a_device_function(x):
    i = cuda.grid(1)
    store(x, i, 1)


@buggy("out-of-bounds", 3, B, lambda r: (zeros(96), zeros(2)))
@cuda.jit
def one_partial_sum_too_many(x, partial):
    if cuda.threadIdx.x == 0:
        partial[cuda.blockIdx.x] = x[cuda.grid(1)]  # BUG


@buggy("out-of-bounds", 2, B, lambda r: (floats(r, 64), zeros(64)))
@cuda.jit
def computed_negative_index(x, y):
    i = cuda.grid(1)
    y[i] = x[i - 40]  # BUG


@buggy("out-of-bounds", 2, B, lambda r: (floats(r, 40), zeros(64)))
@cuda.jit
def test_after_the_load(x, y):
    i = cuda.grid(1)
    v = x[i]  # BUG
    if i < x.size:
        y[i] = v


@buggy("out-of-bounds", 2, B, lambda r: (floats(r, 64), zeros(64)))
@cuda.jit
def short_circuit_in_the_wrong_order(x, y):
    i = cuda.grid(1) * 2
    if x[i] > 0 and i < x.size:  # BUG
        y[i] = x[i]


@buggy("uninitialised-read", 2, B, pair(64))
@cuda.jit
def shared_cell_never_written(x, y):
    tile = cuda.shared.array(64, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    y[i] = tile[t + 32]  # BUG


@buggy("uninitialised-read", 2, B, pair(50))
@cuda.jit
def guarded_load_then_unguarded_sum(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < x.size:
        tile[t] = x[i]
    cuda.syncthreads()
    if t == 0:
        total = float32(0)
        for k in range(B):
            total += tile[k]  # BUG
        y[cuda.blockIdx.x] = total


@buggy("uninitialised-read", 1, B, pair(32))
@cuda.jit
def local_sum_not_set_to_zero(x, y):
    own = cuda.local.array(2, float32)
    t = cuda.threadIdx.x
    own[0] += x[t]  # BUG
    y[t] = own[0]


@buggy("uninitialised-read", 1, B, lambda r: (integers(r, 32, below=4), zeros(4, dtype=np.int32)))
@cuda.jit
def shared_histogram_not_cleared(x, h):
    bins = cuda.shared.array(4, int32)
    t = cuda.threadIdx.x
    cuda.atomic.add(bins, x[t], 1)  # BUG
    cuda.syncthreads()
    if t < 4:
        h[t] = bins[t]


@buggy("uninitialised-read", 2, B, pair(64))
@cuda.jit
def halo_forgotten(x, y):
    tile = cuda.shared.array(34, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t + 1] = x[i]
    cuda.syncthreads()
    y[i] = tile[t] + tile[t + 1] + tile[t + 2]  # BUG


@buggy("uninitialised-read", 1, B, pair(32))
@cuda.jit
def tile_read_before_it_is_filled(x, y):
    tile = cuda.shared.array(B, float32)
    t = cuda.threadIdx.x
    y[t] = tile[t]  # BUG
    tile[t] = x[t]


@buggy("uninitialised-read", 1, B, pair(32))
@cuda.jit
def local_cell_written_in_one_branch_only(x, y):
    own = cuda.local.array(1, float32)
    t = cuda.threadIdx.x
    if x[t] > 0:
        own[0] = x[t]
    y[t] = own[0]  # BUG


@buggy("uninitialised-read", 1, 64, pair(64), shared_bytes=512)
@cuda.jit
def dynamic_shared_memory_half_filled(x, y):
    tile = cuda.shared.array(0, float32)
    t = cuda.threadIdx.x
    tile[t] = x[t]
    cuda.syncthreads()
    y[t] = tile[2 * t]  # BUG


@buggy("uninitialised-read", (1, 1), (8, 8), pair(8, 8))
@cuda.jit
def transposed_tile_half_filled(x, y):
    tile = cuda.shared.array((8, 8), float32)
    i, j = cuda.threadIdx.x, cuda.threadIdx.y
    if i <= j:
        tile[i, j] = x[i, j]
    cuda.syncthreads()
    y[i, j] = tile[j, i]  # BUG
