"""Correct kernels with arrays inside records, records as arguments, vectors and whole arrays."""

import cmath
import operator
from enum import Enum

import numpy as np
from numba import float32, from_dtype

from gpu_labs import cuda

from .samples import correct, floats, zeros

BODY = np.dtype([("place", np.float32, (3,)), ("mass", np.float32)])
PACKED = np.dtype([("tag", np.uint8), ("turn", np.float64, (2, 2)), ("phase", np.complex64)])
BODY_TYPE = from_dtype(BODY)


class Shade(Enum):
    """An enumeration that kernels look up by name."""

    dark = 1
    light = 2


def bodies(n):
    def made(rng):
        all_bodies = np.zeros(n, BODY)
        all_bodies["place"] = rng.random((n, 3), np.float32)
        all_bodies["mass"] = rng.random(n, np.float32)
        return all_bodies

    return made


def with_output(n):
    return lambda rng: (bodies(n)(rng), np.zeros(n, np.float32))


def lengths(b, y):
    return {"y": (b["place"].astype(np.float64) ** 2).sum(1)}


@correct(2, 8, with_output(13), lengths)
@cuda.jit
def array_in_a_record_by_name(b, y):
    i = cuda.grid(1)
    if i < b.size:
        p = b[i].place
        y[i] = p[0] * p[0] + p[1] * p[1] + p[2] * p[2]


@correct(2, 8, with_output(13), lengths)
@cuda.jit
def array_in_a_record_by_text(b, y):
    i = cuda.grid(1)
    if i < b.size:
        total = float32(0)
        for k in range(3):
            total += b[i]["place"][k] ** 2
        y[i] = total


@correct(2, 8, with_output(13), lengths)
@cuda.jit
def field_of_all_records(b, y):
    i = cuda.grid(1)
    if i < b.size:
        total = float32(0)
        for v in b.place[i]:
            total += v * v
        y[i] = total


def moved(b):
    right = b.copy()
    right["place"] += right["mass"][:, None]
    return {"b": right}


@correct(3, 4, lambda rng: (bodies(11)(rng),), moved)
@cuda.jit
def writes_an_array_in_a_record(b):
    i = cuda.grid(1)
    if i < b.size:
        for k in range(3):
            b[i].place[k] += b[i].mass


def swapped(b):
    right = b.copy()
    right["place"] = b["place"][::-1]
    return {"b": right}


@correct(1, 10, lambda rng: (bodies(10)(rng),), swapped)
@cuda.jit
def assigns_an_array_in_a_record(b):
    i = cuda.grid(1)
    own = cuda.shared.array(10, BODY_TYPE)
    own[i] = b[i]
    cuda.syncthreads()
    b[i]["place"] = own[9 - i]["place"]


def packed(rng):
    all_records = np.zeros(9, PACKED)
    all_records["turn"] = rng.random((9, 2, 2))
    all_records["phase"] = 1 + 2j
    return all_records, np.zeros(9)


@correct(1, 16, packed, lambda r, y: {"y": r["turn"][:, 0, 0] * r["turn"][:, 1, 1]})
@cuda.jit
def packed_records_at_any_byte(r, y):
    i = cuda.grid(1)
    if i < r.size:
        y[i] = r[i].turn[0, 0] * r[i].turn[1, 1]


@correct(1, 8, lambda rng: (bodies(3)(rng)[1], zeros(8)), lambda b, y: {"y": b["place"][2] * np.arange(8)})
@cuda.jit
def one_record_as_an_argument(b, y):
    i = cuda.grid(1)
    y[i] = b.place[2] * i


def complex_numbers(rng):
    return (rng.random(12) + 1j * rng.random(12)).astype(np.complex64), np.zeros(12, np.float32)


@correct(1, 12, complex_numbers, lambda z, y: {"y": z.real + 10 * z.imag})
@cuda.jit
def halves_of_complex_arrays(z, y):
    i = cuda.grid(1)
    y[i] = z.real[i] + 10 * z.imag[i]


@correct(1, 12, lambda rng: (np.zeros(4, np.complex128),), lambda z: {"z": np.array([66 + 12j, 0, 0, 0])})
@cuda.jit
def atomics_on_halves(z):
    i = cuda.grid(1)
    cuda.atomic.add(z.real, 0, i)
    cuda.atomic.add(z.imag, 0, 1)


@correct(1, 4, lambda rng: (np.arange(16, dtype=np.uint8), np.zeros(4, np.int32)),
         lambda raw, y: {"y": raw.view(np.int32)})  # fmt: skip
@cuda.jit
def bytes_as_integers(raw, y):
    i = cuda.grid(1)
    y[i] = raw.view(np.int32)[i]


@correct(1, 6, lambda rng: (floats(rng, 24), zeros(6)), lambda x, y: {"y": x.reshape(4, 6).sum(0)})
@cuda.jit
def reshaped_in_the_kernel(x, y):
    rows = x.reshape((4, 6))
    i = cuda.grid(1)
    total = float32(0)
    for k in range(rows.shape[0]):
        total += rows[k, i]
    y[i] = total


@correct(2, 4, lambda rng: (np.zeros(8, np.float32),), lambda y: {"y": 10 * np.arange(8) + 3})
@cuda.jit
def vectors_of_two_and_four(y):
    i = cuda.grid(1)
    pair = cuda.float32x2(i, 1.0)
    four = cuda.float32x4(pair, 2.0, 3.0)
    y[i] = four.x * 10 + four.y + four.z


def sine(x, y):
    return {"y": np.sin(x)}


@correct(1, 1, lambda rng: (rng.random((3, 5)), np.zeros((3, 5))), sine)
@cuda.jit
def sine_of_a_whole_array(x, y):
    np.sin(x, y)


@correct(2, 4, lambda rng: (rng.random((7, 5)), np.zeros((7, 5))), sine)
@cuda.jit
def sine_of_a_row_for_each_thread(x, y):
    i = cuda.grid(1)
    if i < x.shape[0]:
        np.sin(x[i], y[i])


@correct(2, 4, lambda rng: (rng.random((7, 5)), np.zeros((7, 5))), lambda x, y: {"y": x})
@cuda.jit
def copies_a_row(x, y):
    i = cuda.grid(1)
    if i < x.shape[0]:
        y[i, :] = x[i]


@correct(2, 4, lambda rng: (floats(rng, 7, 5), np.zeros(7)), lambda x, y: {"y": x.sum(1, dtype=np.float64)})
@cuda.jit
def sum_of_a_row_for_each_thread(x, y):
    i = cuda.grid(1)
    if i < x.shape[0]:
        y[i] = np.sum(x[i]) + 0.0


@correct(1, 1, lambda rng: (floats(rng, 3, 4), np.zeros(3)),
         lambda x, y: {"y": [x.mean(), x.std(), x.argmax()]})  # fmt: skip
@cuda.jit
def statistics_of_a_whole_array(x, y):
    y[0], y[1], y[2] = np.mean(x), np.std(x), np.argmax(x)


@correct(1, 4, lambda rng: (floats(rng, 4, 3), np.zeros(4)), lambda x, y: {"y": [x.sum()] * 4})
@cuda.jit
def all_elements_one_after_the_other(x, y):
    total = 0.0
    for v in x.flat:
        total += v
    y[cuda.grid(1)] = total


@correct(
    1, 4, lambda rng: (np.array([1 + 1j, -2j, 3, -1]), np.zeros(4, np.complex128)), lambda z, y: {"y": z}
)
@cuda.jit
def polar_and_back(z, y):
    i = cuda.grid(1)
    r, angle = cmath.polar(z[i])
    y[i] = cmath.rect(r, angle)


@cuda.jit(device=True)
def fold(f, a, b):
    return f(a, b)


@correct(1, 4, lambda rng: (np.arange(4), np.zeros(4, np.int64)), lambda x, y: {"y": 3 * x + 2})
@cuda.jit
def operators_as_functions(x, y):
    i = cuda.grid(1)
    y[i] = fold(operator.add, fold(operator.mul, x[i], 3), 2)


@correct(1, 2, lambda rng: (np.zeros(2, np.int64),), lambda y: {"y": [1, 0]})
@cuda.jit
def members_by_name(y):
    i = cuda.grid(1)
    y[i] = Shade["dark"] == (Shade.dark if i == 0 else Shade.light)


CASES = (np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]]))


@correct(1, 1, lambda rng: (np.zeros(2, np.int64),), lambda y: {"y": [10, 26]})
@cuda.jit
def tuple_of_captured_arrays(y):
    for at in range(2):
        y[at] = np.sum(CASES[at])
