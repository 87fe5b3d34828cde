"""The kernels of `executor.py`, and the same launches on Numba's simulator.

As a script this is the peer: with `NUMBA_ENABLE_CUDASIM=1` it runs the named cases and prints the
processor seconds of each as JSON. The executor's own process never sets that variable.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time

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


def cases():
    """Name -> (kernel, grid, block, arguments, their expected last argument); 16,384 threads each, but serial."""
    random = np.random.default_rng(0)
    n = 128 * 128
    x, y = random.random(n, np.float32), np.zeros(n, np.float32)
    a, b = random.random((128, 128), np.float32), random.random((128, 128), np.float32)
    wide = random.random((128, 512), np.float32)
    long = random.random(32 * 4096, np.float32)
    return {
        "saxpy": (saxpy, 64, 256, (np.float32(2), x, y)),
        "reduction": (reduction, 64, 256, (x, np.zeros(64, np.float32))),
        "matmul": (matmul, (8, 8), (16, 16), (a, b, np.zeros((128, 128), np.float32))),
        "softmax": (softmax, 128, 128, (wide, np.zeros_like(wide))),
        "serial": (serial, 1, 32, (long, np.zeros(32))),
    }


if __name__ == "__main__":
    taken = {}
    for name, (kernel, grid, block, arguments) in cases().items():
        if name in sys.argv[1:]:
            start = time.process_time()
            kernel[grid, block](*arguments)
            taken[name] = time.process_time() - start
    print(json.dumps(taken))
