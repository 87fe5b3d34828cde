"""Correct kernels: trees of additions and comparisons in shared memory."""

import math

import numpy as np
from numba import float32, float64, int32

from gpu_labs import cuda

from .samples import correct, floats, zeros

B = 64


def _block_sums(x, size=B):
    padded = np.zeros(-(-x.size // size) * size)
    padded[: x.size] = x
    return padded.reshape(-1, size).sum(1)


@correct(3, B, lambda r: (floats(r, 180), zeros(3)), lambda x, y: {"y": _block_sums(x)})
@cuda.jit
def tree_sum(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = B // 2
    while half > 0:
        if t < half:
            tile[t] += tile[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@correct(3, B, lambda r: (floats(r, 180), zeros(3)), lambda x, y: {"y": _block_sums(x)})
@cuda.jit
def interleaved_tree_sum(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < x.size:
        tile[t] = x[i]
    else:
        tile[t] = 0
    cuda.syncthreads()
    step = 1
    while step < B:
        if t % (2 * step) == 0:
            tile[t] += tile[t + step]
        cuda.syncthreads()
        step *= 2
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@correct(
    2,
    B,
    lambda r: (floats(r, 1000), zeros(2)),
    lambda x, y: {
        "y": [np.concatenate([x[k : k + B] for k in range(b * B, 1000, 2 * B)]).sum() for b in range(2)]
    },
    tolerance=1e-4,
)
@cuda.jit
def grid_stride_then_tree_sum(x, y):
    tile = cuda.shared.array(B, float32)
    t = cuda.threadIdx.x
    own = float32(0)
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        own += x[i]
    tile[t] = own
    cuda.syncthreads()
    for level in range(6):
        half = B >> (level + 1)
        if t < half:
            tile[t] += tile[t + half]
        cuda.syncthreads()
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@correct(3, B, lambda r: (floats(r, 3 * B), zeros(3)), lambda x, y: {"y": x.reshape(3, B).max(1)})
@cuda.jit
def tree_max(x, y):
    tile = cuda.shared.array(B, float32)
    t = cuda.threadIdx.x
    tile[t] = x[cuda.grid(1)]
    cuda.syncthreads()
    half = B // 2
    while half:
        if t < half and tile[t + half] > tile[t]:
            tile[t] = tile[t + half]
        cuda.syncthreads()
        half >>= 1
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@correct(
    3,
    B,
    lambda r: (floats(r, 3 * B), zeros(3, dtype=np.int32)),
    lambda x, y: {"y": x.reshape(3, B).argmin(1)},
)
@cuda.jit
def tree_argmin_with_two_shared_arrays(x, y):
    value = cuda.shared.array(B, float32)
    place = cuda.shared.array(B, int32)
    t = cuda.threadIdx.x
    value[t], place[t] = x[cuda.grid(1)], t
    cuda.syncthreads()
    half = B // 2
    while half:
        if t < half and value[t + half] < value[t]:
            value[t], place[t] = value[t + half], place[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        y[cuda.blockIdx.x] = place[0]


@correct(
    3, B, lambda r: (floats(r, 3 * B), floats(r, 3 * B), zeros(3)), lambda a, b, y: {"y": _block_sums(a * b)}
)
@cuda.jit
def dot_product_of_each_block(a, b, y):
    tile = cuda.shared.array(shape=B, dtype=float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = a[i] * b[i]
    cuda.syncthreads()
    half = cuda.blockDim.x // 2
    while half > 0:
        if t < half:
            tile[t] += tile[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        y[cuda.blockIdx.x] = tile[0]


@correct(3, B, lambda r: (floats(r, 3 * B), zeros(3)), lambda x, y: {"y": _block_sums(x)}, shared_bytes=4 * B)
@cuda.jit
def dynamic_shared_memory(x, y):
    tile = cuda.shared.array(0, float32)
    t = cuda.threadIdx.x
    tile[t] = x[cuda.grid(1)]
    cuda.syncthreads()
    if t == 0:
        total = float32(0)
        for k in range(B):
            total += tile[k]
        y[cuda.blockIdx.x] = total


def _softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


@correct(5, 32, lambda r: (floats(r, 5, 45) * 40, zeros(5, 45)), lambda x, y: {"y": _softmax(x)})
@cuda.jit
def row_softmax(x, y):
    tile = cuda.shared.array(32, float32)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    best = float32(-math.inf)
    for j in range(t, x.shape[1], 32):
        best = max(best, x[row, j])
    tile[t] = best
    cuda.syncthreads()
    half = 16
    while half:
        if t < half:
            tile[t] = max(tile[t], tile[t + half])
        cuda.syncthreads()
        half //= 2
    best = tile[0]
    cuda.syncthreads()
    total = float32(0)
    for j in range(t, x.shape[1], 32):
        total += math.exp(x[row, j] - best)
    tile[t] = total
    cuda.syncthreads()
    half = 16
    while half:
        if t < half:
            tile[t] += tile[t + half]
        cuda.syncthreads()
        half //= 2
    for j in range(t, x.shape[1], 32):
        y[row, j] = math.exp(x[row, j] - best) / tile[0]


@correct(
    2,
    B,
    lambda r: (floats(r, 2, B), zeros(2, B)),
    lambda x, y: {"y": (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)},
    tolerance=1e-4,
)
@cuda.jit
def layer_norm(x, y):
    a = cuda.shared.array(B, float64)
    b = cuda.shared.array(B, float64)
    row, t = cuda.blockIdx.x, cuda.threadIdx.x
    v = x[row, t]
    a[t], b[t] = v, v * v
    cuda.syncthreads()
    half = B // 2
    while half:
        if t < half:
            a[t] += a[t + half]
            b[t] += b[t + half]
        cuda.syncthreads()
        half //= 2
    mean = a[0] / B
    variance = b[0] / B - mean * mean
    y[row, t] = (v - mean) / math.sqrt(variance + 1e-5)


@correct(
    2,
    32,
    lambda r: (floats(r, 64), zeros(2, dtype=np.int32), zeros(2, dtype=np.int32), zeros(2, dtype=np.int32)),
    lambda x, n, every, some: {
        "n": (x > 0).reshape(2, 32).sum(1),
        "every": (x < 9).reshape(2, 32).all(1),
        "some": (x > 1.5).reshape(2, 32).any(1),
    },
)
@cuda.jit
def barriers_that_count(x, n, every, some):
    i = cuda.grid(1)
    positives = cuda.syncthreads_count(int32(x[i] > 0))
    smaller = cuda.syncthreads_and(int32(x[i] < 9))
    larger = cuda.syncthreads_or(int32(x[i] > 1.5))
    if cuda.threadIdx.x == 0:
        n[cuda.blockIdx.x] = positives
        every[cuda.blockIdx.x] = 1 if smaller else 0
        some[cuda.blockIdx.x] = 1 if larger else 0
