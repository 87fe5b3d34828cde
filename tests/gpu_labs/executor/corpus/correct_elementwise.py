"""Correct kernels: one thread for each element, guards, grid-stride loops."""

import math

import numpy as np

from gpu_labs import cuda

from .samples import correct, floats, integers, zeros


@correct(4, 32, lambda r: (floats(r, 128), zeros(128)), lambda x, y: {"y": x + 1})
@cuda.jit
def exact_fit_needs_no_guard(x, y):
    i = cuda.grid(1)
    y[i] = x[i] + 1


@correct(3, 64, lambda r: (floats(r, 150), 2.5, floats(r, 150)), lambda x, a, y: {"y": a * x + y})
@cuda.jit
def saxpy(x, a, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = a * x[i] + y[i]


@correct(3, 64, lambda r: (floats(r, 150), zeros(150)), lambda x, y: {"y": x * x})
@cuda.jit
def early_return_guard(x, y):
    i = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if i >= x.shape[0]:
        return
    y[i] = x[i] ** 2


@correct(5, 37, lambda r: (floats(r, 150), zeros(150)), lambda x, y: {"y": np.abs(x)})
@cuda.jit
def odd_block_size(x, y):
    i = cuda.grid(1)
    if i < len(x):
        y[i] = abs(x[i])


@correct(2, 32, lambda r: (floats(r, 1000), zeros(1000)), lambda x, y: {"y": np.maximum(x, 0)})
@cuda.jit
def grid_stride_relu(x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = max(x[i], 0)


@correct(3, 32, lambda r: (floats(r, 1000), zeros(1000)), lambda x, y: {"y": 1 / (1 + np.exp(-x))})
@cuda.jit
def grid_stride_while(x, y):
    i = cuda.grid(1)
    while i < x.size:
        y[i] = 1 / (1 + math.exp(-x[i]))
        i += cuda.gridDim.x * cuda.blockDim.x


@correct(16, 32, lambda r: (floats(r, 500),), lambda x: {"x": np.where(x < 0, 0.1 * x, x)})
@cuda.jit
def leaky_relu_in_place(x):
    i = cuda.grid(1)
    if i < x.size and x[i] < 0:
        x[i] *= 0.1


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": x[::-1]})
@cuda.jit
def reversed_copy(x, y):
    i = cuda.grid(1)
    y[x.size - 1 - i] = x[i]


@correct(2, 32, lambda r: (floats(r, 64), zeros(64)), lambda x, y: {"y": np.roll(x, 1)})
@cuda.jit
def rotate_right(x, y):
    i = cuda.grid(1)
    y[(i + 1) % x.size] = x[i]


@correct(2, 32, lambda r: (floats(r, 60), zeros(60)), lambda x, y: {"y": np.full(60, x[-1])})
@cuda.jit
def constant_negative_index_means_the_end(x, y):
    i = cuda.grid(1)
    if i < y.size:
        y[i] = x[-1]


@correct(
    1,
    64,
    lambda r: (floats(r, 50), floats(r, 50), zeros(50)),
    lambda x, z, y: {"y": np.where(x > z, x - z, z - x)},
)
@cuda.jit
def both_branches(x, z, y):
    i = cuda.threadIdx.x
    if i < x.size:
        if x[i] > z[i]:
            y[i] = x[i] - z[i]
        else:
            y[i] = z[i] - x[i]


@correct(
    1,
    64,
    lambda r: (integers(r, 64), zeros(64)),
    lambda x, y: {"y": np.select([x % 3 == 0, x % 3 == 1], [1, 2], 3)},
)
@cuda.jit
def three_way_branch(x, y):
    i = cuda.threadIdx.x
    if x[i] % 3 == 0:
        y[i] = 1
    elif x[i] % 3 == 1:
        y[i] = 2
    else:
        y[i] = 3


@correct(1, 50, lambda r: (floats(r, 50), zeros(50)), lambda x, y: {"y": np.clip(x, -1, 1)})
@cuda.jit
def clamp_with_conditional_expressions(x, y):
    i = cuda.threadIdx.x
    v = x[i]
    y[i] = -1 if v < -1 else (1 if v > 1 else v)


@correct(2, 32, lambda r: (floats(r, 64), 3, zeros(64)), lambda x, n, y: {"y": x**3})
@cuda.jit
def power_by_loop(x, n, y):
    i = cuda.grid(1)
    p = 1.0
    for _ in range(n):
        p *= x[i]
    y[i] = p


@correct(
    1,
    40,
    lambda r: (integers(r, 40, below=1000), zeros(40, dtype=np.int32)),
    lambda x, y: {"y": [bin(v).count("1") for v in x]},
)
@cuda.jit
def count_bits_while(x, y):
    i = cuda.threadIdx.x
    v, bits = x[i], 0
    while v:
        bits += v & 1
        v >>= 1
    y[i] = bits


def _collatz(start):
    steps = 0
    while start != 1:
        start = start // 2 if start % 2 == 0 else 3 * start + 1
        steps += 1
    return steps


@correct(1, 40, lambda r: (zeros(40, dtype=np.int32),), lambda y: {"y": [_collatz(i + 1) for i in range(40)]})
@cuda.jit
def collatz_steps_diverge(y):
    i = cuda.threadIdx.x
    v, steps = i + 1, 0
    while v != 1:
        if v % 2 == 0:
            v //= 2
        else:
            v = 3 * v + 1
        steps += 1
    y[i] = steps


def _first_above(x):
    return [next((j for j, v in enumerate(row) if v > 1), -1) for row in x]


@correct(1, 32, lambda r: (floats(r, 32, 20), zeros(32, dtype=np.int32)), lambda x, y: {"y": _first_above(x)})
@cuda.jit
def break_at_first_match(x, y):
    i = cuda.threadIdx.x
    found = -1
    for j in range(x.shape[1]):
        if x[i, j] > 1:
            found = j
            break
    y[i] = found


@correct(1, 32, lambda r: (floats(r, 32, 20), zeros(32)), lambda x, y: {"y": np.where(x > 0, x, 0).sum(1)})
@cuda.jit
def continue_past_negatives(x, y):
    i = cuda.threadIdx.x
    total = 0.0
    for j in range(x.shape[1]):
        if x[i, j] <= 0:
            continue
        total += x[i, j]
    y[i] = total


@correct(1, 32, lambda r: (floats(r, 32, 7), zeros(32)), lambda x, y: {"y": np.where((x < 2).all(1), 1, 0)})
@cuda.jit
def for_else(x, y):
    i = cuda.threadIdx.x
    for j in range(x.shape[1]):
        if x[i, j] >= 2:
            y[i] = 0
            break
    else:
        y[i] = 1


@correct(
    2,
    32,
    lambda r: (integers(r, 60, below=60), floats(r, 60), zeros(60)),
    lambda index, x, y: {"y": x[index]},
)
@cuda.jit
def gather(index, x, y):
    i = cuda.grid(1)
    if i < index.size:
        y[i] = x[index[i]]


@correct(
    2,
    32,
    lambda r: (r.permutation(60), floats(r, 60), zeros(60)),
    lambda index, x, y: {"y": x[np.argsort(index)]},
)
@cuda.jit
def scatter_by_permutation(index, x, y):
    i = cuda.grid(1)
    if i < index.size:
        y[index[i]] = x[i]


@correct(2, 32, lambda r: (floats(r, 200), zeros(50)), lambda x, y: {"y": x.reshape(50, 4).sum(1)})
@cuda.jit
def four_elements_a_thread(x, y):
    i = cuda.grid(1)
    if i < y.size:
        total = 0.0
        for j in range(4 * i, 4 * i + 4):
            total += x[j]
        y[i] = total


@correct(2, 32, lambda r: (floats(r, 101), zeros(101)), lambda x, y: {"y": x})
@cuda.jit
def two_strided_elements_a_thread(x, y):
    i = cuda.grid(1)
    for j in (i, i + 64):
        if j < x.size:
            y[j] = x[j]


@correct(
    2,
    32,
    lambda r: (floats(r, 50), floats(r, 50), zeros(50), zeros(50)),
    lambda x, y, small, large: {"small": np.minimum(x, y), "large": np.maximum(x, y)},
)
@cuda.jit
def tuple_swap(x, y, small, large):
    i = cuda.grid(1)
    if i < x.size:
        a, b = x[i], y[i]
        if a > b:
            a, b = b, a
        small[i], large[i] = a, b


@correct(2, 32, lambda r: (floats(r, 100)[::2], zeros(100)[1::2]), lambda x, y: {"y": 2 * x})
@cuda.jit
def strided_views(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = 2 * x[i]


@correct(
    2, 32, lambda r: (zeros(50, dtype=np.bool_), floats(r, 50)), lambda flag, x: {"flag": (x > -1) & (x < 1)}
)
@cuda.jit
def chained_comparison(flag, x):
    i = cuda.grid(1)
    if i < x.size:
        flag[i] = -1 < x[i] < 1


@correct(
    2,
    32,
    lambda r: (integers(r, 50, below=60), floats(r, 50), zeros(50)),
    lambda index, x, y: {"y": np.where(index < 50, x[np.minimum(index, 49)], 0)},
)
@cuda.jit
def short_circuit_guards_the_load(index, x, y):
    i = cuda.grid(1)
    if i < index.size and index[i] < x.size and x[index[i]] != 0:
        y[i] = x[index[i]]


@correct(1, 1, lambda r: (floats(r, 100), zeros(1)), lambda x, y: {"y": [x.sum()]})
@cuda.jit
def one_thread_sums(x, y):
    total = 0.0
    for i in range(x.size):
        total += x[i]
    y[0] = total


@correct(4, 32, lambda r: (zeros(0), zeros(5)), lambda x, y: {})
@cuda.jit
def empty_input_is_never_touched(x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] = x[i]


@correct(4, 32, lambda r: (zeros(1, dtype=np.int32),), lambda flag: {"flag": [1]})
@cuda.jit
def every_thread_stores_the_same_value(flag):
    flag[0] = 1
