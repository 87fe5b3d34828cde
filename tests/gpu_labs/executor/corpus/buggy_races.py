"""Seeded bugs: races within a block, across blocks, and between a read and a write."""

import numpy as np
from numba import float32

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
