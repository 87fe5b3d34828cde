"""Correct kernels: what Python offers inside a kernel, and what arguments may be."""

import enum
import math
from collections import namedtuple

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


def recs_exp(p, q):
    e = p.copy()
    e["pos"] += e["vel"] * np.float32(0.5)
    e["id"] = np.arange(10) * 2
    q = q.copy()
    q["pos"] = e["pos"][::-1]
    return {"p": e, "q": None}


P = np.dtype([("pos", np.float32), ("vel", np.float32), ("id", np.int32)], align=True)


def recs(r):
    p = np.zeros(10, P)
    p["pos"] = floats(r, 10)
    p["vel"] = floats(r, 10)
    return p


@correct(1, 10, lambda r: (recs(r), np.zeros(10, P)), recs_exp)
@cuda.jit
def records2(p, q):
    i = cuda.threadIdx.x
    r = p[i]
    r.pos += r.vel * float32(0.5)
    p[i].id = 2 * i
    q[i] = p[i]


@correct(
    1,
    10,
    lambda r: ((floats(r, 10) + 1j * floats(r, 10)).astype(np.complex64), zeros(10)),
    lambda z, y: {"y": np.abs(z * z + 1j) + z.real - z.imag},
    tolerance=0.0001,
)
@cuda.jit
def cplx(z, y):
    i = cuda.threadIdx.x
    w = z[i] * z[i] + 1j
    y[i] = abs(w) + z[i].real - z[i].imag


@correct(1, 8, lambda r: (floats(r, 8, 5), zeros(5, 8)), lambda a, y: {"y": a.T})
@cuda.jit
def array_T(a, y):
    i = cuda.threadIdx.x
    t = a.T
    for j in range(t.shape[0]):
        y[j, i] = t[j, i]


@correct(
    1,
    4,
    lambda r: (floats(r, 4, 6, dtype=np.float64), zeros(4, 5, dtype=np.int64)),
    lambda a, y: {"y": np.tile([4, 6, 2, 24, 48], (4, 1))},
)
@cuda.jit
def attributes(a, y):
    i = cuda.threadIdx.x
    y[i, 0] = len(a)
    y[i, 1] = a.shape[1]
    y[i, 2] = a.ndim
    y[i, 3] = a.size
    y[i, 4] = a.strides[0]


class Color(enum.IntEnum):
    RED = 1
    BLUE = 5


@correct(1, 10, lambda r: (zeros(10, dtype=np.int32),), lambda y: {"y": np.where(np.arange(10) % 2, 1, 5)})
@cuda.jit
def enums(y):
    i = cuda.threadIdx.x
    y[i] = Color.RED if i % 2 else Color.BLUE


TABLE = np.array([3, 1, 4, 1, 5, 9], np.int32)


@correct(1, 6, lambda r: (zeros(6, dtype=np.int32),), lambda y: {"y": TABLE[::-1] * 2})
@cuda.jit
def const_table(y):
    c = cuda.const.array_like(TABLE)
    i = cuda.threadIdx.x
    y[i] = c[5 - i] * 2


MASKS = ((0, 1), (2, 3))


@correct(1, 6, lambda r: (zeros(6, dtype=np.int32),), lambda y: {"y": np.full(6, 6)})
@cuda.jit
def nested_tuple(y):
    i = cuda.threadIdx.x
    s = 0
    for a, b in MASKS:
        s += a * b
    y[i] = s


@correct(1, 12, lambda r: (floats(r, 12), zeros(12)), lambda x, y: {"y": x[::-1]})
@cuda.jit
def slice_step(x, y):
    i = cuda.threadIdx.x
    z = x[::-1]
    w = y[2:][:4]
    if i < 2 or i >= 6:
        y[i] = z[i]
    else:
        w[i - 2] = z[i]


@correct(1, 12, lambda r: (floats(r, 12), zeros(12), True, None), lambda x, y, flag, opt: {"y": x + 1})
@cuda.jit
def optional_none(x, y, flag, opt):
    i = cuda.threadIdx.x
    if flag:
        if opt is None:
            y[i] = x[i] + 1
        else:
            y[i] = x[i]


@correct(1, 12, lambda r: ((floats(r, 12), floats(r, 12)), zeros(12)), lambda x, y: {"y": x[0] + x[1]})
@cuda.jit
def tuple_of_arrays(x, y):
    i = cuda.threadIdx.x
    s = float32(0)
    for a in x:
        s += a[i]
    y[i] = s


@correct(
    1,
    40,
    lambda r: (floats(r, 40), zeros(40)),
    lambda x, y: {"y": x[np.minimum(np.arange(40) + 1, 39)][::-1]},
    shared_bytes=4 * 40 * 2,
)
@cuda.jit
def two_dynamic(x, y):
    s = cuda.shared.array(0, float32)
    a = s[:40]
    b = s[40:80]
    t = cuda.threadIdx.x
    a[t] = x[t]
    cuda.syncthreads()
    b[t] = a[min(t + 1, 39)]
    cuda.syncthreads()
    y[t] = b[39 - t]


@correct(1, 20, lambda r: (zeros(20, 3, dtype=np.float64),), lambda y: {"y": None})
@cuda.jit
def tuples_returned(y):
    i = cuda.threadIdx.x
    f, w = math.modf(i * 0.7)
    m, e = math.frexp(i * 0.7)
    y[i, 0] = f + w
    y[i, 1] = m
    y[i, 2] = math.ldexp(m, e)


Pt = namedtuple("Pt", "x y")


@correct(1, 8, lambda r: (Pt(floats(r, 8), floats(r, 8)), zeros(8)), lambda p, y: {"y": p.x * 2 + p.y})
@cuda.jit
def named_tuple_arg(p, y):
    i = cuda.threadIdx.x
    y[i] = p.x[i] * 2 + p.y[i]


@correct(
    1,
    8,
    lambda r: (np.asfortranarray(floats(r, 4, 8)), np.zeros((8, 4), np.float32, order="F")),
    lambda a, y: {"y": a.T},
)
@cuda.jit
def fortran_order(a, y):
    j = cuda.threadIdx.x
    for i in range(4):
        y[j, i] = a[i, j]


@correct(
    1, 8, lambda r: (np.broadcast_to(np.float32(3), (8,)), np.zeros(8, np.float32)), lambda a, y: {"y": a * 3}
)
@cuda.jit
def stride0_host(a, y):
    j = cuda.threadIdx.x
    y[j] = a[j] * 3


@correct(1, 8, lambda r: (np.array(2.5, np.float32), zeros(8)), lambda a, y: {"y": np.full(8, 2.5)})
@cuda.jit
def zero_d_array(a, y):
    j = cuda.threadIdx.x
    y[j] = a[()]


@correct((2, 2), (4, 4), lambda r: (floats(r, 8, 8), zeros(8, 8)), lambda a, y: {"y": a + 1})
@cuda.jit
def tuple_index_var(a, y):
    p = cuda.grid(2)
    y[p] = a[p] + 1


@correct(
    1,
    8,
    lambda r: (zeros(8, dtype=np.int64),),
    lambda y: {"y": np.array([sum(range(i)) if i % 2 else -i for i in range(8)])},
)
@cuda.jit
def continue_nested(y):
    i = cuda.threadIdx.x
    t = 0
    for k in range(3):
        if k != 1:
            continue
        if i % 2 == 0:
            t = -i
            continue
        for q in range(100):
            if q >= i:
                break
            t += q
    y[i] = t


@correct(
    1,
    8,
    lambda r: (
        integers(r, 8, below=200, dtype=np.uint8),
        integers(r, 8, below=200, dtype=np.uint8),
        np.zeros((8, 3), np.uint8),
    ),
    lambda a, b, y: {"y": np.stack([a + b, a - b, a * b], 1)},
)
@cuda.jit
def uint8_wrap(a, b, y):
    i = cuda.threadIdx.x
    y[i, 0] = a[i] + b[i]
    y[i, 1] = a[i] - b[i]
    y[i, 2] = a[i] * b[i]


@correct(
    1,
    8,
    lambda r: (zeros(8, 2, dtype=np.float64),),
    lambda y: {"y": np.array([[(-i - 0.5) // 1.5, (-i - 0.5) % 1.5] for i in range(8)])},
)
@cuda.jit
def float_divmod(y):
    i = cuda.threadIdx.x
    q, r = divmod(-i - 0.5, 1.5)
    y[i, 0] = q
    y[i, 1] = r


@correct(
    1,
    16,
    lambda r: (np.arange(0, 12, 2, dtype=np.float32).reshape(2, 3), zeros(16)),
    lambda x, y: {"y": [(i in x) + 2 * (i in range(1, 9, 3)) + 4 * (i not in x[1]) for i in range(16)]},
)
@cuda.jit
def membership_of_arrays_and_ranges(x, y):
    i = cuda.grid(1)
    inside, counted, outside = i in x, i in range(1, 9, 3), i not in x[1]
    y[i] = (1 if inside else 0) + (2 if counted else 0) + (4 if outside else 0)
