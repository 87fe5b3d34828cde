"""Correct kernels: small programs: random numbers, an optimiser, linear algebra, a search."""

import math

import numpy as np
from numba import float32
from numba.cuda.random import (
    create_xoroshiro128p_states,
    xoroshiro128p_normal_float32,
    xoroshiro128p_uniform_float32,
)

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


@correct(
    2,
    32,
    lambda r: (create_xoroshiro128p_states(64, seed=1), zeros(64)),
    lambda states, y: {"states": None, "y": None},
)
@cuda.jit
def uniform_random_numbers(states, y):
    i = cuda.grid(1)
    y[i] = xoroshiro128p_uniform_float32(states, i)


@correct(
    2,
    32,
    lambda r: (create_xoroshiro128p_states(64, seed=2), 50, zeros(64)),
    lambda states, n, y: {"states": None, "y": None},
)
@cuda.jit
def mean_of_normal_numbers(states, n, y):
    i = cuda.grid(1)
    total = float32(0)
    for _ in range(n):
        total += xoroshiro128p_normal_float32(states, i)
    y[i] = total / n


@correct(
    2,
    32,
    lambda r: (create_xoroshiro128p_states(64, seed=3), 40, zeros(1, dtype=np.int32)),
    lambda states, n, hits: {"states": None, "hits": None},
)
@cuda.jit
def monte_carlo_pi(states, n, hits):
    i = cuda.grid(1)
    inside = 0
    for _ in range(n):
        x = xoroshiro128p_uniform_float32(states, i)
        y = xoroshiro128p_uniform_float32(states, i)
        if x * x + y * y <= 1:
            inside += 1
    cuda.atomic.add(hits, 0, inside)


def _adam(w, g):
    m, v = 0.1 * g, 0.001 * g * g
    return w - 0.01 * (m / 0.1) / (np.sqrt(v / 0.001) + 1e-8)


@correct(
    2,
    32,
    lambda r: (floats(r, 60), floats(r, 60), zeros(60), zeros(60), 0.01),
    lambda w, g, m, v, rate: {"w": _adam(w, g), "m": 0.1 * g, "v": 0.001 * g * g},
)
@cuda.jit
def adam_step(w, g, m, v, rate):
    i = cuda.grid(1)
    if i < w.size:
        m[i] = 0.9 * m[i] + 0.1 * g[i]
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i]
        w[i] -= rate * (m[i] / 0.1) / (math.sqrt(v[i] / 0.001) + 1e-8)


@correct(
    1,
    32,
    lambda r: (floats(r, 6, 6, dtype=np.float64) + 6 * np.eye(6), zeros(6, 6, dtype=np.float64)),
    lambda a, inverse: {"a": None, "inverse": np.linalg.inv(a)},
    tolerance=1e-9,
)
@cuda.jit
def gauss_jordan_inverse(a, inverse):
    j, n = cuda.threadIdx.x, 6
    if j < n:
        for i in range(n):
            inverse[i, j] = 1 if i == j else 0
    for p in range(n):
        pivot = a[p, p]
        cuda.syncthreads()
        if j < n:
            a[p, j] /= pivot
            inverse[p, j] /= pivot
        cuda.syncthreads()
        for i in range(n):
            factor = a[i, p]
            cuda.syncthreads()
            if i != p and j < n:
                a[i, j] -= factor * a[p, j]
                inverse[i, j] -= factor * inverse[p, j]
            cuda.syncthreads()


@correct(
    1,
    32,
    lambda r: (
        floats(r, 12),
        integers(r, 12, below=12),
        np.arange(0, 13, 3, dtype=np.int32),
        floats(r, 12),
        zeros(4),
    ),
    lambda value, column, start, x, y: {
        "y": [(value[3 * i : 3 * i + 3] * x[column[3 * i : 3 * i + 3]]).sum() for i in range(4)]
    },
)
@cuda.jit
def sparse_matrix_vector(value, column, start, x, y):
    row = cuda.grid(1)
    if row < y.size:
        total = 0.0
        for k in range(start[row], start[row + 1]):
            total += value[k] * x[column[k]]
        y[row] = total


def _life(x):
    around = sum(np.roll(x, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)) - x
    return (around == 3) | ((x == 1) & (around == 2))


@correct(
    (2, 2),
    (8, 8),
    lambda r: (integers(r, 12, 12, below=2), zeros(12, 12, dtype=np.int32)),
    lambda x, y: {"y": _life(x)},
)
@cuda.jit
def game_of_life_on_a_torus(x, y):
    i, j = cuda.grid(2)
    rows, columns = x.shape
    if i < rows and j < columns:
        around = 0
        for di in range(-1, 2):
            for dj in range(-1, 2):
                if di != 0 or dj != 0:
                    around += x[(i + di) % rows, (j + dj) % columns]
        y[i, j] = 1 if around == 3 or (x[i, j] == 1 and around == 2) else 0


@correct(
    1,
    32,
    lambda r: (np.sort(floats(r, 40)), floats(r, 32), zeros(32, dtype=np.int32)),
    lambda sorted_x, key, y: {"y": np.searchsorted(sorted_x, key)},
)
@cuda.jit
def binary_search(sorted_x, key, y):
    i = cuda.threadIdx.x
    low, high = 0, sorted_x.size
    while low < high:
        middle = (low + high) // 2
        if sorted_x[middle] < key[i]:
            low = middle + 1
        else:
            high = middle
    y[i] = low
