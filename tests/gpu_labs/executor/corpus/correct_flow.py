"""Correct kernels: returns, asserts and device functions on paths that part."""

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import correct, floats, zeros


@cuda.jit(device=True)
def early(a, n):
    for i in range(n):
        if a[i] > 0:
            return i
    return -1


@correct(
    1,
    8,
    lambda r: (floats(r, 8, 5), zeros(8, dtype=np.int32)),
    lambda a, y: {"y": np.array([next((i for i in range(5) if r[i] > 0), -1) for r in a])},
)
@cuda.jit
def first_positive(a, y):
    i = cuda.threadIdx.x
    y[i] = early(a[i], a.shape[1])


@cuda.jit(device=True)
def fill_local(buf, v):
    for k in range(len(buf)):
        buf[k] = v + k


@correct(1, 8, lambda r: (zeros(8),), lambda y: {"y": np.arange(8) * 4 + 6})
@cuda.jit
def local_to_device(y):
    b = cuda.local.array(4, float32)
    i = cuda.threadIdx.x
    fill_local(b, i)
    y[i] = b[0] + b[1] + b[2] + b[3]


@correct(
    2,
    16,
    lambda r: (floats(r, 40), zeros(40)),
    lambda x, y: {"y": np.where(np.isin(np.arange(40), (0, 39)), 0, x)},
)
@cuda.jit
def in_tuple_boundary(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        if i not in (0, x.size - 1):
            y[i] = x[i]


@correct(2, 16, lambda r: (floats(r, 40),), lambda x: {"x": np.where(np.arange(40) < 32, 1, x)})
@cuda.jit
def fill_slice(x):
    i = cuda.grid(1)
    x[i : i + 1] = 1.0


@correct(
    1,
    4,
    lambda r: (floats(r, 4, 5),),
    lambda x: {"x": np.tile(np.arange(4, dtype=np.float32)[:, None], (1, 5))},
)
@cuda.jit
def fill_rows(x):
    i = cuda.threadIdx.x
    x[i, :] = i


@correct(1, 4, lambda r: (zeros(4),), lambda y: {"y": [0, 1, 2, 3]})
@cuda.jit
def asserting(y):
    i = cuda.threadIdx.x
    assert i < 4, "too many"
    y[i] = i


@correct(1, 6, lambda r: (floats(r, 6), zeros(6)), lambda x, y: {"y": np.where(x > 0, x * 2, 0)})
@cuda.jit
def guarded_variable(x, y):
    i = cuda.threadIdx.x
    if x[i] > 0:
        v = x[i] * 2
    if x[i] > 0:
        y[i] = v


@correct(1, 32, lambda r: (floats(r, 32), zeros(32)), lambda x, y: {"y": x})
@cuda.jit
def return_in_loop(x, y):
    i = cuda.threadIdx.x
    for k in range(32):
        if k == i:
            y[i] = x[k]
            return


@cuda.jit(device=True)
def swap(a, i, j):
    a[i], a[j] = (a[j], a[i])


@cuda.jit(device=True)
def sift(a, n, i):
    while True:
        big = i
        left = 2 * i + 1
        r = left + 1
        if left < n and a[left] > a[big]:
            big = left
        if r < n and a[r] > a[big]:
            big = r
        if big == i:
            return
        swap(a, i, big)
        i = big


@correct(1, 5, lambda r: (floats(r, 5, 9),), lambda x: {"x": np.sort(x, 1)})
@cuda.jit
def heapsort_rows(x):
    a = x[cuda.threadIdx.x]
    n = a.shape[0]
    for i in range(n // 2 - 1, -1, -1):
        sift(a, n, i)
    for e in range(n - 1, 0, -1):
        swap(a, 0, e)
        sift(a, e, 0)
