"""Correct kernels: complex numbers, integers that wrap, half precision, mathematics."""

import math

import numpy as np
from numba import float32, uint8, uint32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


@correct(
    2,
    32,
    lambda r: (floats(r, 64) + 1j * floats(r, 64), zeros(64), zeros(64, dtype=np.complex128)),
    lambda z, size, y: {"size": np.abs(z), "y": z * z.conj() + 1j},
)
@cuda.jit
def complex_arithmetic(z, size, y):
    i = cuda.grid(1)
    size[i] = abs(z[i])
    y[i] = z[i] * z[i].conjugate() + 1j


@correct(
    2,
    32,
    lambda r: (floats(r, 64, dtype=np.float64) + 0j, zeros(64, dtype=np.complex128)),
    lambda x, y: {"y": np.exp(2j * np.pi * np.outer(np.arange(64), np.arange(64)) / 64).conj() @ x},
    tolerance=1e-9,
)
@cuda.jit
def discrete_fourier_transform(x, y):
    k = cuda.grid(1)
    total = 0j
    for n in range(x.size):
        angle = -2 * math.pi * ((k * n) % x.size) / x.size
        total += x[n] * complex(math.cos(angle), math.sin(angle))
    y[k] = total


@correct(
    1,
    32,
    lambda r: (np.arange(32, dtype=np.uint8) * 20, zeros(32, dtype=np.uint8)),
    lambda x, y: {"y": x + x},
)
@cuda.jit
def bytes_wrap_when_stored(x, y):
    i = cuda.threadIdx.x
    y[i] = uint8(x[i] + x[i])


def _hash(n):
    with np.errstate(over="ignore"):
        h = np.arange(n, dtype=np.uint32)
        for _ in range(3):
            h = (h ^ (h >> np.uint32(16))) * np.uint32(0x45D9F3B)
        return h


@correct(2, 32, lambda r: (zeros(64, dtype=np.uint32),), lambda y: {"y": _hash(64)})
@cuda.jit
def integer_hash_wraps(y):
    i = cuda.grid(1)
    h = uint32(i)
    for _ in range(3):
        h = uint32((h ^ (h >> uint32(16))) * uint32(0x45D9F3B))
    y[i] = h


@correct(
    1,
    32,
    lambda r: (
        integers(r, 32) - 50,
        integers(r, 32, below=9) + 1,
        zeros(32, dtype=np.int32),
        zeros(32, dtype=np.int32),
    ),
    lambda a, b, q, m: {"q": a // b, "m": a % b},
)
@cuda.jit
def floor_division_of_negatives(a, b, q, m):
    i = cuda.threadIdx.x
    q[i] = a[i] // b[i]
    m[i] = a[i] % b[i]


@correct(
    1,
    32,
    lambda r: (integers(r, 32, below=1 << 30), zeros(32, 4, dtype=np.int32)),
    lambda x, y: {
        "y": [
            [
                bin(v).count("1"),
                32 - int(v).bit_length(),
                (int(v) & -int(v)).bit_length(),
                np.int64(int(f"{v:032b}"[::-1], 2)).astype(np.int32),
            ]
            for v in x
        ]
    },
)
@cuda.jit
def bit_intrinsics(x, y):
    i = cuda.threadIdx.x
    y[i, 0] = cuda.popc(x[i])
    y[i, 1] = cuda.clz(x[i])
    y[i, 2] = cuda.ffs(x[i])
    y[i, 3] = cuda.brev(x[i])


@correct(2, 32, lambda r: (floats(r, 64), floats(r, 64), zeros(64)), lambda x, z, y: {"y": x * z + 2})
@cuda.jit
def fused_multiply_add(x, z, y):
    i = cuda.grid(1)
    y[i] = cuda.fma(x[i], z[i], float32(2))


@correct(
    2,
    32,
    lambda r: (floats(r, 64, dtype=np.float64), zeros(64, dtype=np.float64)),
    lambda x, y: {"y": np.cbrt(x)},
    tolerance=1e-12,
)
@cuda.jit
def cube_root_of_negatives(x, y):
    i = cuda.grid(1)
    y[i] = cuda.cbrt(x[i])


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": np.where(x > 0, x, -2)})
@cuda.jit
def select_without_a_branch(x, y):
    i = cuda.grid(1)
    y[i] = cuda.selp(x[i] > 0, x[i], float32(-2))


def _gelu(x):
    x = x.astype(np.float64)
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": _gelu(x)})
@cuda.jit
def exact_gelu(x, y):
    i = cuda.grid(1)
    y[i] = 0.5 * x[i] * (1 + math.erf(x[i] / math.sqrt(2.0)))


@correct(
    2,
    32,
    lambda r: (np.abs(floats(r, 64, dtype=np.float64)) + 0.1, zeros(64, dtype=np.float64)),
    lambda x, y: {
        "y": np.log1p(x)
        + np.sqrt(x)
        + np.arctan2(x, 2)
        + np.hypot(x, 3)
        + np.tanh(x)
        + np.exp(-x)
        + np.sin(x) * np.cos(x)
    },
    tolerance=1e-12,
)
@cuda.jit
def many_functions_of_mathematics(x, y):
    i = cuda.grid(1)
    v = x[i]
    y[i] = (
        math.log1p(v) + math.sqrt(v) + math.atan2(v, 2.0) + math.hypot(v, 3.0)
        + math.tanh(v) + math.exp(-v) + math.sin(v) * math.cos(v)
    )  # fmt: skip


@correct(
    2,
    32,
    lambda r: (floats(r, 64, dtype=np.float16), floats(r, 64, dtype=np.float16), zeros(64, dtype=np.float16)),
    lambda x, z, y: {"y": x * z + x},
    tolerance=2e-3,
)
@cuda.jit
def half_precision(x, z, y):
    i = cuda.grid(1)
    y[i] = x[i] * z[i] + x[i]
