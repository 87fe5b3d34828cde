"""Correct kernels: device functions, local and constant arrays, records."""

import math

import numpy as np
from numba import float32, int32

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros

WEIGHTS = np.array([0.25, 0.5, 0.25], np.float32)
PARTICLE = np.dtype([("x", np.float32), ("v", np.float32), ("hits", np.int32)])


@cuda.jit(device=True)
def square(v):
    return v * v


@cuda.jit(device=True)
def polynomial(v, a, b):
    return a * square(v) + b


@cuda.jit(device=True)
def split(v):
    return math.floor(v), v - math.floor(v)


@cuda.jit(device=True)
def add_into(target, place, value):
    target[place] += value


@cuda.jit(device=True)
def greatest_common_divisor(a, b):
    while b:
        a, b = b, a % b
    return a


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": 3 * x * x + 1})
@cuda.jit
def device_function_calls_a_device_function(x, y):
    i = cuda.grid(1)
    y[i] = polynomial(x[i], 3, 1)


@correct(
    2,
    32,
    lambda r: (floats(r, 64), zeros(64), zeros(64)),
    lambda x, whole, part: {"whole": np.floor(x), "part": x - np.floor(x)},
)
@cuda.jit
def device_function_returns_a_tuple(x, whole, part):
    i = cuda.grid(1)
    whole[i], part[i] = split(x[i])


@correct(2, 32, lambda r: (floats(r, 64), floats(r, 64)), lambda x, y: {"y": y + x})
@cuda.jit
def device_function_writes_an_array(x, y):
    i = cuda.grid(1)
    add_into(y, i, x[i])


@correct(
    1,
    32,
    lambda r: (integers(r, 32) + 1, integers(r, 32) + 1, zeros(32, dtype=np.int32)),
    lambda a, b, y: {"y": np.gcd(a, b)},
)
@cuda.jit
def device_function_with_a_divergent_loop(a, b, y):
    i = cuda.threadIdx.x
    y[i] = greatest_common_divisor(a[i], b[i])


@correct(1, 32, lambda r: (floats(r, 32, 5), zeros(32, 5)), lambda x, y: {"y": np.sort(x, 1)})
@cuda.jit
def insertion_sort_in_a_local_array(x, y):
    own = cuda.local.array(5, float32)
    t = cuda.threadIdx.x
    for j in range(5):
        v = x[t, j]
        k = j
        while k > 0 and own[k - 1] > v:
            own[k] = own[k - 1]
            k -= 1
        own[k] = v
    for j in range(5):
        y[t, j] = own[j]


@correct(
    2,
    32,
    lambda r: (integers(r, 64, 8, below=4), zeros(64, 4, dtype=np.int32)),
    lambda x, y: {"y": np.stack([(x == k).sum(1) for k in range(4)], 1)},
)
@cuda.jit
def private_histogram_in_a_local_array(x, y):
    counts = cuda.local.array(4, int32)
    i = cuda.grid(1)
    for k in range(4):
        counts[k] = 0
    for j in range(x.shape[1]):
        counts[x[i, j]] += 1
    for k in range(4):
        y[i, k] = counts[k]


@correct(
    2,
    32,
    lambda r: (floats(r, 60), zeros(60)),
    lambda x, y: {"y": np.convolve(np.pad(x, 1, "edge"), WEIGHTS, "valid")},
)
@cuda.jit
def smoothing_with_a_constant_array(x, y):
    weights = cuda.const.array_like(WEIGHTS)
    i = cuda.grid(1)
    if i < x.size:
        y[i] = weights[0] * x[max(i - 1, 0)] + weights[1] * x[i] + weights[2] * x[min(i + 1, x.size - 1)]


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": x * 0.25 + 0.5})
@cuda.jit
def global_array_read_as_a_constant(x, y):
    i = cuda.grid(1)
    y[i] = x[i] * WEIGHTS[0] + WEIGHTS[1]


def _moved(p):
    moved = p.copy()
    moved["x"] += np.float32(0.5) * p["v"]
    moved["hits"] += moved["x"] > 1
    return moved


def _particles(rng):
    p = np.zeros(50, PARTICLE)
    p["x"], p["v"] = floats(rng, 50), floats(rng, 50)
    return p


@correct(2, 32, lambda r: (_particles(r), np.float32(0.5)), lambda p, dt: {"p": _moved(p)})
@cuda.jit
def records_are_moved(p, dt):
    i = cuda.grid(1)
    if i < p.size:
        p[i]["x"] += dt * p[i]["v"]
        if p[i]["x"] > 1:
            p[i]["hits"] += 1


@correct(2, 32, lambda r: (_particles(r), zeros(50)), lambda p, speed: {"speed": np.abs(p["v"])})
@cuda.jit
def record_fields_by_attribute(p, speed):
    i = cuda.grid(1)
    if i < p.size:
        speed[i] = abs(p[i].v)
