"""The kernels of `executor.py`, and the same launches on Numba's simulator.

Run as a script, this is the peer: with `NUMBA_ENABLE_CUDASIM=1` it runs the named cases and prints the
processor seconds of each as JSON. The executor's own process never sets that variable.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from typing import Any, NamedTuple

import numpy as np

if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1":
    from numba import cuda
else:
    from gpu_labs import cuda

TILE = 16


@cuda.jit
def saxpy(a, x, y):
    i = cuda.grid(1)
    if i < x.shape[0]:
        y[i] += a * x[i]


@cuda.jit
def reduction(x, out):
    part = cuda.shared.array(256, np.float32)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    part[t] = x[i] if i < x.shape[0] else 0
    cuda.syncthreads()
    half = cuda.blockDim.x // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = part[0]


@cuda.jit
def matmul(a, b, c):
    tile_a = cuda.shared.array((TILE, TILE), np.float32)
    tile_b = cuda.shared.array((TILE, TILE), np.float32)
    x, y = cuda.grid(2)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    total = np.float32(0)
    for step in range(a.shape[1] // TILE):
        tile_a[ty, tx] = a[y, tx + step * TILE]
        tile_b[ty, tx] = b[ty + step * TILE, x]
        cuda.syncthreads()
        for k in range(TILE):
            total += tile_a[ty, k] * tile_b[k, tx]
        cuda.syncthreads()
    c[y, x] = total


@cuda.jit
def softmax(x, y):
    part = cuda.shared.array(128, np.float32)
    row, t, width = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    top = np.float32(-math.inf)
    for j in range(t, x.shape[1], width):
        top = max(top, x[row, j])
    part[t] = top
    cuda.syncthreads()
    half = width // 2
    while half > 0:
        if t < half:
            part[t] = max(part[t], part[t + half])
        cuda.syncthreads()
        half //= 2
    top = part[0]
    cuda.syncthreads()
    total = np.float32(0)
    for j in range(t, x.shape[1], width):
        total += math.exp(x[row, j] - top)
    part[t] = total
    cuda.syncthreads()
    half = width // 2
    while half > 0:
        if t < half:
            part[t] += part[t + half]
        cuda.syncthreads()
        half //= 2
    for j in range(t, x.shape[1], width):
        y[row, j] = math.exp(x[row, j] - top) / part[0]


@cuda.jit
def serial(x, out):
    i = cuda.grid(1)
    value = 0.0
    for j in range(i * 4096, (i + 1) * 4096):
        value = value * 0.5 + x[j]
    out[i] = value


@cuda.jit
def first_thread_does_all(x, y):
    if cuda.grid(1) == 0:
        for i in range(x.size):
            y[i] = max(x[i], 0)


@cuda.jit
def count_under_a_lock(lock, total):
    if cuda.threadIdx.x == 0:
        while cuda.atomic.cas(lock, 0, 0, 1) != 0:
            pass
        cuda.threadfence()
        total[0] += 1
        cuda.threadfence()
        cuda.atomic.exch(lock, 0, 0)


@cuda.jit
def nbody(body, pull):
    """Gravity between all pairs: each block passes over the bodies in tiles of shared memory."""
    tile = cuda.shared.array((128, 3), np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    x, y, z = body[i, 0], body[i, 1], body[i, 2]
    ax, ay, az = np.float32(0), np.float32(0), np.float32(0)
    for first in range(0, body.shape[0], 128):
        for d in range(3):
            tile[t, d] = body[first + t, d]
        cuda.syncthreads()
        for k in range(128):
            dx, dy, dz = tile[k, 0] - x, tile[k, 1] - y, tile[k, 2] - z
            square = dx * dx + dy * dy + dz * dz + np.float32(1e-3)
            weight = np.float32(1) / (square * math.sqrt(square))
            ax += dx * weight
            ay += dy * weight
            az += dz * weight
        cuda.syncthreads()
    pull[i, 0] = ax
    pull[i, 1] = ay
    pull[i, 2] = az


@cuda.jit
def attention(q, k, v, out):
    """softmax(q k^T) v with one pass over the keys, a thread for each query (as in FlashAttention)."""
    keys = cuda.shared.array((32, 16), np.float32)
    values = cuda.shared.array((32, 16), np.float32)
    mine = cuda.local.array(16, np.float32)
    total = cuda.local.array(16, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    for d in range(16):
        mine[d] = q[i, d]
        total[d] = 0
    top, weights = np.float32(-math.inf), np.float32(0)
    for first in range(0, k.shape[0], 32):
        for d in range(t, 32 * 16, cuda.blockDim.x):
            keys[d // 16, d % 16] = k[first + d // 16, d % 16]
            values[d // 16, d % 16] = v[first + d // 16, d % 16]
        cuda.syncthreads()
        for j in range(32):
            score = np.float32(0)
            for d in range(16):
                score += mine[d] * keys[j, d]
            higher = max(top, score)
            shrink, weight = math.exp(top - higher), math.exp(score - higher)
            top = higher
            weights = weights * shrink + weight
            for d in range(16):
                total[d] = total[d] * shrink + weight * values[j, d]
        cuda.syncthreads()
    for d in range(16):
        out[i, d] = total[d] / weights


class Case(NamedTuple):
    """A launch; the last of its arguments gets the result."""

    kernel: Any
    grid: Any
    block: Any
    arguments: tuple[Any, ...]


def cases() -> dict[str, Case]:
    """The cases by name; 16,384 threads each, but for the last three."""
    random = np.random.default_rng(0)
    n = 128 * 128
    x, y = random.random(n, np.float32), np.zeros(n, np.float32)
    a, b = random.random((128, 128), np.float32), random.random((128, 128), np.float32)
    wide = random.random((128, 512), np.float32)
    long = random.random(32 * 4096, np.float32)
    return {
        "saxpy": Case(saxpy, 64, 256, (np.float32(2), x, y)),
        "reduction": Case(reduction, 64, 256, (x, np.zeros(64, np.float32))),
        "matmul": Case(matmul, (8, 8), (16, 16), (a, b, np.zeros((128, 128), np.float32))),
        "softmax": Case(softmax, 128, 128, (wide, np.zeros_like(wide))),
        "serial": Case(serial, 1, 32, (long, np.zeros(32))),
        "nbody": Case(nbody, 4, 128, (random.random((512, 3), np.float32), np.zeros((512, 3), np.float32))),
        "attention": Case(
            attention,
            4,
            64,
            (*random.random((3, 256, 16), np.float32), np.zeros((256, 16), np.float32)),
        ),
    }


if __name__ == "__main__":
    taken = {}
    for name, (kernel, grid, block, arguments) in cases().items():
        if name in sys.argv[1:]:
            start = time.process_time()
            kernel[grid, block](*arguments)
            taken[name] = time.process_time() - start
    print(json.dumps(taken))
