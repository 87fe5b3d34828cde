"""Correct kernels: tiles of shared memory, halos and the barriers around them."""

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import correct, floats, zeros

B = 64
TILE = 8
HALO = B + 4  # a shape in shared memory must be one name or number
PADDED = TILE + 1
FRAMED = TILE + 2


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


@correct(
    (3, 3),
    (3, 3),
    lambda r: (floats(r, 8, 8), floats(r, 8, 8), zeros(8, 8)),
    lambda a, b, c: {"c": a @ b},
)
@cuda.jit
def threads_beyond_the_edge_throw_their_sums_away(a, b, c):
    left = cuda.shared.array((3, 3), float32)
    right = cuda.shared.array((3, 3), float32)
    i, j = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    n = a.shape[0]
    total = float32(0)
    for k in range(0, n, 3):
        if i < n and k + y < n:
            left[x, y] = a[i, k + y]
        if j < n and k + x < n:
            right[x, y] = b[k + x, j]
        cuda.syncthreads()
        for q in range(min(3, n - k)):
            total += left[x, q] * right[q, y]
        cuda.syncthreads()
    if i < n and j < n:
        c[i, j] = total
