"""Correct kernels where a rule of Numba is easily forgotten: NaN in atomics, declared types, frozen globals."""

import numpy as np
from numba import float32, float64

from gpu_labs import cuda

from .samples import correct, floats, zeros

NAN = np.nan


def with_nan(rng):
    return (np.array([1, NAN, 5, NAN, 3, 2, NAN, 4], np.float32), np.array([2, NAN], np.float32), zeros(8))


@correct(1, 8, with_nan, lambda x, cell, old: {"cell": [5, NAN], "old": None})
@cuda.jit
def atomic_max_takes_no_nan(x, cell, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.max(cell, 0, x[i])
    cuda.atomic.max(cell, 1, x[i])


@correct(1, 8, with_nan, lambda x, cell, old: {"cell": [1, NAN], "old": None})
@cuda.jit
def atomic_min_takes_no_nan(x, cell, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.min(cell, 0, x[i])
    cuda.atomic.min(cell, 1, x[i])


@correct(1, 8, with_nan, lambda x, cell, old: {"cell": [5, 5]})
@cuda.jit
def atomic_nanmax_replaces_nan(x, cell, old):
    i = cuda.grid(1)
    cuda.atomic.nanmax(cell, 0, x[i])
    cuda.atomic.nanmax(cell, 1, x[i])


@correct(1, 8, with_nan, lambda x, cell, old: {"cell": [1, 1], "old": None})
@cuda.jit
def atomic_nanmin_replaces_nan(x, cell, old):
    i = cuda.grid(1)
    old[i] = cuda.atomic.nanmin(cell, 0, x[i])
    cuda.atomic.nanmin(cell, 1, x[i])


@correct(2, 96, lambda rng: (np.full(192, NAN), np.zeros(192)), lambda x, cell: {})
@cuda.jit
def atomic_max_of_nothing_but_nan(x, cell):
    i = cuda.grid(1)
    cuda.atomic.max(cell, i, x[i])


@cuda.jit("int32(int32, int32)", device=True)
def half_sum(a, b):
    return (a + b) // 2


@correct(1, 4, lambda rng: (np.array([3.9, 4.9, -1.5, 7.2]), zeros(4)), lambda x, y: {"y": [3, 4, 1, 5]})
@cuda.jit
def declared_integers_cut_floats(x, y):
    i = cuda.grid(1)
    y[i] = half_sum(x[i], 4.9)


@cuda.jit("float32(float32)", device=True)
def third(x):
    return x / 3


@correct(1, 3, lambda rng: (np.array([1.0, 2.0, 5.0]), zeros(3, dtype=np.float64)),
         lambda x, y: {"y": (x / 3).astype(np.float32).astype(np.float64)}, tolerance=0)  # fmt: skip
@cuda.jit
def declared_result_is_rounded(x, y):
    i = cuda.grid(1)
    y[i] = third(x[i])


@cuda.jit("int32(int32)", device=True)
def low_byte(x):
    return x & 0xFF


@correct(1, 3, lambda rng: (np.array([300, 255, -1], np.float32), np.zeros(3, np.int32)),
         lambda x, y: {"y": [44, 255, 255]})  # fmt: skip
@cuda.jit
def declared_argument_makes_an_operator_possible(x, y):
    i = cuda.grid(1)
    y[i] = low_byte(x[i])


@cuda.jit("int8(int64)", device=True)
def as_a_byte(x):
    return x


@correct(
    1, 3, lambda rng: (np.array([130, 5, -129]), np.zeros(3, np.int64)), lambda x, y: {"y": [-126, 5, 127]}
)
@cuda.jit
def declared_result_wraps_round(x, y):
    i = cuda.grid(1)
    y[i] = as_a_byte(x[i])


@cuda.jit([float32(float32), float64(float64)], device=True)
def tenth(x):
    return x / 10


@correct(1, 3, lambda rng: (floats(rng, 3), zeros(3, dtype=np.float64)),
         lambda x, y: {"y": (x / np.float32(10)).astype(np.float32).astype(np.float64)}, tolerance=0)  # fmt: skip
@cuda.jit
def the_declared_signature_that_fits_is_taken(x, y):
    i = cuda.grid(1)
    y[i] = tenth(x[i])


@cuda.jit("void(float32[:], int32)", device=True)
def put(y, value):
    y[cuda.threadIdx.x] = value


@correct(1, 4, lambda rng: (np.array([0.9, 1.9, -2.9, 3]), zeros(4)), lambda x, y: {"y": [0, 1, -2, 3]})
@cuda.jit
def declared_procedure_casts_too(x, y):
    put(y, x[cuda.grid(1)])
