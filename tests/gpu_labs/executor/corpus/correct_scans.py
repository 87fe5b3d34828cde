"""Correct kernels: scans, sorts and double buffers in shared memory."""

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros

B = 64


@correct(
    3, B, lambda r: (floats(r, 3 * B), zeros(3 * B)), lambda x, y: {"y": x.reshape(3, B).cumsum(1).ravel()}
)
@cuda.jit
def hillis_steele_scan_with_two_barriers(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    step = 1
    while step < B:
        left = tile[t - step] if t >= step else float32(0)
        cuda.syncthreads()
        tile[t] += left
        cuda.syncthreads()
        step *= 2
    y[i] = tile[t]


@correct(
    3, B, lambda r: (floats(r, 3 * B), zeros(3 * B)), lambda x, y: {"y": x.reshape(3, B).cumsum(1).ravel()}
)
@cuda.jit
def scan_with_a_double_buffer(x, y):
    buffer = cuda.shared.array((2, B), float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    now = 0
    buffer[now, t] = x[i]
    cuda.syncthreads()
    step = 1
    while step < B:
        then = 1 - now
        if t >= step:
            buffer[then, t] = buffer[now, t] + buffer[now, t - step]
        else:
            buffer[then, t] = buffer[now, t]
        cuda.syncthreads()
        now = then
        step *= 2
    y[i] = buffer[now, t]


@correct(
    2,
    B,
    lambda r: (integers(r, 2 * B), zeros(2 * B, dtype=np.int32)),
    lambda x, y: {"y": (x.reshape(2, B).cumsum(1) - x.reshape(2, B)).ravel()},
)
@cuda.jit
def blelloch_exclusive_scan(x, y):
    tile = cuda.shared.array(B, int32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    step = 1
    while step < B:
        cuda.syncthreads()
        k = 2 * step * (t + 1) - 1
        if k < B:
            tile[k] += tile[k - step]
        step *= 2
    if t == 0:
        tile[B - 1] = 0
    step = B // 2
    while step > 0:
        cuda.syncthreads()
        k = 2 * step * (t + 1) - 1
        if k < B:
            left = tile[k - step]
            tile[k - step] = tile[k]
            tile[k] += left
        step //= 2
    cuda.syncthreads()
    y[i] = tile[t]


@correct(
    2,
    32,
    lambda r: (integers(r, 64), zeros(64, dtype=np.int32)),
    lambda x, y: {"y": np.sort(x.reshape(2, 32), 1).ravel()},
)
@cuda.jit
def bitonic_sort_of_a_block(x, y):
    tile = cuda.shared.array(32, int32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    size = 2
    while size <= 32:
        step = size // 2
        while step > 0:
            other = t ^ step
            if other > t:
                rising = (t & size) == 0
                if (tile[t] > tile[other]) == rising:
                    tile[t], tile[other] = tile[other], tile[t]
            cuda.syncthreads()
            step //= 2
        size *= 2
    y[i] = tile[t]


@correct(
    2,
    32,
    lambda r: (integers(r, 64), zeros(64, dtype=np.int32)),
    lambda x, y: {"y": np.sort(x.reshape(2, 32), 1).ravel()},
)
@cuda.jit
def odd_even_transposition_sort(x, y):
    tile = cuda.shared.array(32, int32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    for phase in range(32):
        if t % 2 == phase % 2 and t + 1 < 32 and tile[t] > tile[t + 1]:
            tile[t], tile[t + 1] = tile[t + 1], tile[t]
        cuda.syncthreads()
    y[i] = tile[t]


@correct(1, B, lambda r: (floats(r, 4 * B), zeros(4 * B)), lambda x, y: {"y": 3 * x})
@cuda.jit
def pipeline_with_a_double_buffer(x, y):
    buffer = cuda.shared.array((2, B), float32)
    t = cuda.threadIdx.x
    buffer[0, t] = x[t]
    cuda.syncthreads()
    for stage in range(4):
        if stage < 3:
            buffer[(stage + 1) % 2, t] = x[(stage + 1) * B + t]
        k = B - 1 - t
        y[stage * B + k] = 3 * buffer[stage % 2, k]
        cuda.syncthreads()
