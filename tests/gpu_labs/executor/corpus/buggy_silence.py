"""Seeded bugs whose harm must not spread: what lies outside an array is not read, written or raced for."""

import numpy as np
from numba import float32

from gpu_labs import cuda

from .samples import buggy, floats, zeros

POINT = np.dtype([("a", np.float32), ("b", np.int32)])


def points(n):
    return lambda rng: (np.zeros(n, POINT),)


def doubled(r):
    right = r.copy()
    right["a"] = 2.0 * np.arange(len(r))
    return {"r": right}


def counted(r):
    right = r.copy()
    right["b"] = np.arange(len(r))
    return {"r": right}


@buggy("out-of-bounds", 1, 12, points(8), alone=True, leaves=doubled)
@cuda.jit
def field_of_a_record_past_the_end(r):
    i = cuda.grid(1)
    r[i].a = i * 2.0  # BUG


@buggy("out-of-bounds", 2, 8, points(9), alone=True, leaves=counted)
@cuda.jit
def field_by_name_past_the_end(r):
    i = cuda.grid(1)
    r[i]["b"] = r[i]["b"] + i  # BUG


@buggy("out-of-bounds", 2, 8, points(9), alone=True, leaves=doubled)
@cuda.jit
def record_in_a_variable_past_the_end(r):
    i = cuda.grid(1)
    here = r[i]  # BUG
    here.a = i * 2.0


@cuda.jit(device=True)
def double(record, i):
    record.a = i * 2.0


@buggy("out-of-bounds", 2, 8, points(9), alone=True, leaves=doubled)
@cuda.jit
def record_given_to_a_function_past_the_end(r):
    i = cuda.grid(1)
    double(r[i], i)  # BUG


@buggy("out-of-bounds", 1, 10, lambda rng: (np.zeros((3, 2), POINT),), alone=True)
@cuda.jit
def record_of_a_second_dimension_past_the_end(r):
    i = cuda.grid(1)
    r[i % 3, i // 3].a = i  # BUG


@buggy("out-of-bounds", 1, 9, lambda rng: (np.zeros(9, POINT), np.ones(6, POINT)), alone=True)
@cuda.jit
def whole_record_copied_from_past_the_end(r, source):
    i = cuda.grid(1)
    r[i] = source[i]  # BUG


@buggy("out-of-bounds", 1, 8, lambda rng: (np.ones(8, POINT), np.zeros(5, POINT)), alone=True,
       leaves=lambda source, r: {"r": np.ones(5, POINT)})  # fmt: skip
@cuda.jit
def whole_record_copied_past_the_end(source, r):
    i = cuda.grid(1)
    r[i] = source[i]  # BUG


def rows(shape, right):
    return {
        "arguments": lambda rng: (zeros(*shape),),
        "alone": True,
        "leaves": lambda x: {"x": right(np.arange(shape[0])[:, None] + np.zeros(shape))},
    }


@buggy("out-of-bounds", 1, 6, **rows((4, 3), lambda number: np.where(np.arange(3) == 1, number, 0)))
@cuda.jit
def row_past_the_end_is_not_the_first_row(x):
    i = cuda.grid(1)
    row = x[i]  # BUG
    row[1] = i


@buggy("out-of-bounds", 1, 6, **rows((4, 3), lambda number: number + 1))
@cuda.jit
def row_past_the_end_filled(x):
    i = cuda.grid(1)
    x[i][:] = i + 1  # BUG


@buggy("out-of-bounds", 1, 6, **rows((4, 3), lambda number: np.where(np.arange(3) == 2, number + 1, 0)))
@cuda.jit
def atomic_in_a_row_past_the_end(x):
    i = cuda.grid(1)
    row = x[i]  # BUG
    cuda.atomic.add(row, 2, i + 1)


@cuda.jit(device=True)
def set_first(row, value):
    row[0] = value


@buggy("out-of-bounds", 1, 6, **rows((4, 3), lambda number: np.where(np.arange(3) == 0, number, 0)))
@cuda.jit
def row_past_the_end_given_to_a_function(x):
    i = cuda.grid(1)
    set_first(x[i], i)  # BUG


@buggy("out-of-bounds", 1, 6, **rows((4, 3), lambda number: np.where(np.arange(3) == 0, number, 0)))
@cuda.jit
def column_of_the_transpose_past_the_end(x):
    i = cuda.grid(1)
    x.T[:, i][0] = i  # BUG


@buggy("out-of-bounds", 1, 8, lambda rng: (np.ones((6, 2), np.float32), zeros(8)), alone=True,
       leaves=lambda x, y: {"y": np.where(np.arange(8) < 6, 2, 0)})  # fmt: skip
@cuda.jit
def row_past_the_end_summed(x, y):
    i = cuda.grid(1)
    total = float32(0)
    for value in x[i]:  # BUG
        total += value
    y[i] = total


@buggy("out-of-bounds", 1, 8, lambda rng: (floats(rng, 8), zeros(5)), alone=True,
       leaves=lambda x, y: {"y": x[:5]})  # fmt: skip
@cuda.jit
def plain_store_past_the_end(x, y):
    i = cuda.grid(1)
    y[i] = x[i]  # BUG
