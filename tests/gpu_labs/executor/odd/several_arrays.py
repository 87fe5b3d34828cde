"""Odd kernels: a variable that is one of several arrays."""

from __future__ import annotations

from numba import float32, float64

from gpu_labs import cuda

from .sample import odd, two_by_three


@odd(right=[2, 2, 1, 1])
@cuda.jit
def one_of_two_arrays(o):
    a = cuda.local.array(4, float32)
    b = cuda.local.array(4, float32)
    a[0], b[0] = 1, 2
    i = cuda.grid(1)
    c = a if i > 1 else b
    o[i] = c[0]


@odd(right=[10, 11, 20, 21])
@cuda.jit
def one_of_two_arrays_written(o):
    a = cuda.local.array(2, float64)
    b = cuda.local.array(2, float64)
    i = cuda.grid(1)
    c = a if i > 1 else b
    for k in range(c.shape[0]):
        c[k] = 10 + 10 * (i > 1) + k
    o[i] = a[i % 2] if i > 1 else b[i % 2]


@odd(right=[5, 3, 5, 3])
@cuda.jit
def arrays_change_places(o):
    a = cuda.local.array(1, float64)
    b = cuda.local.array(1, float64)
    a[0], b[0] = 3, 5
    i = cuda.grid(1)
    for _ in range(i + 1):
        a, b = b, a
    o[i] = a[0]


@odd(right=[[2, 1, 2], [3, 2, 5]], arguments=two_by_three, block=2)
@cuda.jit
def rows_of_two_arrays(o):
    i = cuda.grid(1)
    other = cuda.local.array((2, 3), float64)
    other[0, 0] = 0
    other[1, 1] = 7
    row = o[0] if i == 0 else other[1]
    row[i] = 2
    if i == 1:
        o[1, 1] = row[1]


@odd(finding="out-of-bounds")
@cuda.jit
def one_of_two_arrays_past_its_end(o):
    a = cuda.local.array(2, float32)
    i = cuda.grid(1)
    a[0], a[1] = 1, 2
    b = cuda.local.array(8, float32)
    b[i] = 1
    c = a if i > 1 else b
    o[i] = c[i]


@odd(right=[4, 4, 0, 0])
@cuda.jit
def atomics_on_one_of_two_arrays(o):
    shared = cuda.shared.array(1, float64)
    i = cuda.grid(1)
    if i == 0:
        shared[0] = 2
    cuda.syncthreads()
    where = shared if i % 2 else o
    cuda.atomic.add(where, 0, i)
    cuda.syncthreads()
    if i == 0:
        o[0] = o[0] + 2
        o[1] = shared[0] - 2
