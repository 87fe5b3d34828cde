"""Correct kernels: shared memory, barriers, reductions, scans, tiles, double buffers."""

import math

import numpy as np
from numba import float32, float64, int32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros

B = 64
TILE = 8
HALO = B + 4  # a shape in shared memory must be one name or number
PADDED = TILE + 1
FRAMED = TILE + 2


def _block_sums(x, size=B):
    padded = np.zeros(-(-x.size // size) * size)
    padded[: x.size] = x
    return padded.reshape(-1, size).sum(1)


@correct(
    3, B, lambda r: (floats(r, 3 * B), zeros(3 * B)), lambda x, y: {"y": x.reshape(3, B)[:, ::-1].ravel()}
)
@cuda.jit
def reverse_a_block(x, y):
    tile = cuda.shared.array(B, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t] = x[i]
    cuda.syncthreads()
    y[i] = tile[B - 1 - t]


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
    (2, 2),
    (TILE, TILE),
    lambda r: (floats(r, 16, 16), floats(r, 16, 16), zeros(16, 16)),
    lambda a, b, c: {"c": a @ b},
)
@cuda.jit
def tiled_matmul(a, b, c):
    ta = cuda.shared.array((TILE, TILE), float32)
    tb = cuda.shared.array((TILE, TILE), float32)
    i, j = cuda.grid(2)
    ti, tj = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for k in range(a.shape[1] // TILE):
        ta[ti, tj] = a[i, k * TILE + tj]
        tb[ti, tj] = b[k * TILE + ti, j]
        cuda.syncthreads()
        for m in range(TILE):
            total += ta[ti, m] * tb[m, tj]
        cuda.syncthreads()
    c[i, j] = total


@correct(
    (2, 3),
    (TILE, TILE),
    lambda r: (floats(r, 13, 11), floats(r, 11, 18), zeros(13, 18)),
    lambda a, b, c: {"c": a @ b},
)
@cuda.jit
def tiled_matmul_of_odd_shapes(a, b, c):
    ta = cuda.shared.array((TILE, TILE), float32)
    tb = cuda.shared.array((TILE, TILE), float32)
    i, j = cuda.grid(2)
    ti, tj = cuda.threadIdx.x, cuda.threadIdx.y
    total = float32(0)
    for k in range((a.shape[1] + TILE - 1) // TILE):
        ta[ti, tj] = a[i, k * TILE + tj] if i < a.shape[0] and k * TILE + tj < a.shape[1] else 0
        tb[ti, tj] = b[k * TILE + ti, j] if j < b.shape[1] and k * TILE + ti < b.shape[0] else 0
        cuda.syncthreads()
        for m in range(TILE):
            total += ta[ti, m] * tb[m, tj]
        cuda.syncthreads()
    if i < c.shape[0] and j < c.shape[1]:
        c[i, j] = total


@correct((2, 3), (TILE, TILE), lambda r: (floats(r, 13, 18), zeros(18, 13)), lambda x, y: {"y": x.T})
@cuda.jit
def tiled_transpose(x, y):
    tile = cuda.shared.array((TILE, PADDED), float32)
    i, j = cuda.grid(2)
    if i < x.shape[0] and j < x.shape[1]:
        tile[cuda.threadIdx.x, cuda.threadIdx.y] = x[i, j]
    cuda.syncthreads()
    row = cuda.blockIdx.y * TILE + cuda.threadIdx.x
    column = cuda.blockIdx.x * TILE + cuda.threadIdx.y
    if row < y.shape[0] and column < y.shape[1]:
        y[row, column] = tile[cuda.threadIdx.y, cuda.threadIdx.x]


@correct(3, B, lambda r: (floats(r, 170), zeros(170)), lambda x, y: {"y": np.convolve(x, np.ones(5), "same")})
@cuda.jit
def stencil_with_a_halo(x, y):
    tile = cuda.shared.array(HALO, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    tile[t + 2] = x[i] if i < x.size else 0
    if t < 2:
        tile[t] = x[i - 2] if i >= 2 else 0
        tile[t + B + 2] = x[i + B] if i + B < x.size else 0
    cuda.syncthreads()
    if i < x.size:
        total = float32(0)
        for k in range(5):
            total += tile[t + k]
        y[i] = total


@correct(
    3,
    B,
    lambda r: (floats(r, 170), floats(r, 5), zeros(170)),
    lambda x, w, y: {"y": np.convolve(x, w, "same")},
)
@cuda.jit
def convolution_with_cooperative_loads(x, w, y):
    tile = cuda.shared.array(HALO, float32)
    weights = cuda.shared.array(5, float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if t < 5:
        weights[t] = w[4 - t]
    for k in range(t, HALO, B):
        place = cuda.blockIdx.x * B + k - 2
        tile[k] = x[place] if 0 <= place < x.size else 0
    cuda.syncthreads()
    if i < x.size:
        total = float32(0)
        for k in range(5):
            total += weights[k] * tile[t + k]
        y[i] = total


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


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": np.repeat(x[::32], 32)})
@cuda.jit
def one_thread_loads_for_all(x, y):
    first = cuda.shared.array(1, float32)
    i = cuda.grid(1)
    if cuda.threadIdx.x == 0:
        first[0] = x[i]
    cuda.syncthreads()
    y[i] = first[0]


@correct(
    2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": np.roll(x.reshape(2, 32), -1, 1).ravel()}
)
@cuda.jit
def neighbour_in_global_memory_after_a_barrier(x, y):
    t, base = cuda.threadIdx.x, cuda.blockIdx.x * 32
    y[base + t] = x[base + t]
    cuda.syncthreads()
    right = y[base + (t + 1) % 32]
    cuda.syncthreads()
    y[base + t] = right


@correct(1, B, lambda r: (floats(r, B), zeros(B)), lambda x, y: {"y": x[::-1] * 2})
@cuda.jit
def barrier_in_a_uniform_branch(x, y):
    tile = cuda.shared.array(B, float32)
    t = cuda.threadIdx.x
    if cuda.blockDim.x == B:
        tile[t] = 2 * x[t]
        cuda.syncthreads()
        y[t] = tile[B - 1 - t]


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


@correct(
    (1, 1),
    (TILE, TILE),
    lambda r: (floats(r, 10, 10), zeros(8, 8)),
    lambda x, y: {"y": sum(x[i : i + 8, j : j + 8] for i in range(3) for j in range(3)) / 9},
)
@cuda.jit
def box_blur_from_a_tile(x, y):
    tile = cuda.shared.array((FRAMED, FRAMED), float32)
    ti, tj = cuda.threadIdx.x, cuda.threadIdx.y
    for i in range(ti, FRAMED, TILE):
        for j in range(tj, FRAMED, TILE):
            tile[i, j] = x[i, j]
    cuda.syncthreads()
    total = float32(0)
    for di in range(3):
        for dj in range(3):
            total += tile[ti + di, tj + dj]
    y[ti, tj] = total / 9


def _bodies(p):
    d = p[None] - p[:, None]
    return (d / (np.square(d) + 0.01) ** 1.5).sum(1)


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda p, a: {"a": _bodies(p)}, tolerance=1e-3)
@cuda.jit
def n_body_in_tiles(p, a):
    tile = cuda.shared.array(32, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    total = float32(0)
    for start in range(0, p.size, 32):
        tile[t] = p[start + t]
        cuda.syncthreads()
        for k in range(32):
            d = tile[k] - p[i]
            total += d / (d * d + float32(0.01)) ** float32(1.5)
        cuda.syncthreads()
    a[i] = total


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
