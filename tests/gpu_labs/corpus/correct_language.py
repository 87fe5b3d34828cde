"""Correct kernels: device functions, local and constant arrays, structured and complex numbers, integers,
half precision, random numbers and mathematics."""

import math

import numpy as np
from numba import float32, int32, uint8, uint32
from numba.cuda.random import (
    create_xoroshiro128p_states,
    xoroshiro128p_normal_float32,
    xoroshiro128p_uniform_float32,
)

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
