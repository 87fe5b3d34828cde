"""Control flow that differs from thread to thread, tuples, assignment, device functions, names."""

import math

import numpy as np
import pytest
from numba import cuda as numbas_own_name

from gpu_labs import cuda

N = 24
FACTOR = 3


@cuda.jit(device=True)
def early(v):
    if v < 5:
        return -1
    for k in range(v):
        if k * k > v:
            return k
    return 100


@cuda.jit(device=True)
def minmax(a, b):
    if a < b:
        return a, b
    return b, a


@cuda.jit
def nested_loops(y):
    t = cuda.threadIdx.x
    total = 0
    for i in range(t):
        for j in range(i, t, 2):
            if (i + j) % 3 == 0:
                continue
            if j > 10:
                break
            total += i * j
    y[t] = total


def nested_loops_in_python(t):
    total = 0
    for i in range(t):
        for j in range(i, t, 2):
            if (i + j) % 3 == 0:
                continue
            if j > 10:
                break
            total += i * j
    return total


@cuda.jit
def while_else(y):
    t = cuda.threadIdx.x
    k = t
    while k > 0:
        if k == 7:
            y[t] = 7
            break
        k -= 3
    else:
        y[t] = -1


@cuda.jit
def early_returns(y):
    t = cuda.threadIdx.x
    y[t] = early(t)


@cuda.jit
def return_inside_a_loop(x, y):
    t = cuda.threadIdx.x
    for k in range(x.size):
        if x[k] > t:
            y[t] = k
            return
    y[t] = -1


@cuda.jit
def short_circuit(calls, y):
    t = cuda.threadIdx.x
    if t % 2 == 0 and cuda.atomic.add(calls, 0, 1) >= 0:
        y[t] += 1
    if t % 2 == 0 or cuda.atomic.add(calls, 1, 1) >= 0:
        y[t] += 10


@cuda.jit
def values_of_and_or_not(y):
    t = cuda.threadIdx.x
    y[t, 0] = 1 if not t else 0
    y[t, 1] = 1 if t > 3 and t < 9 else 0
    y[t, 2] = 1 if t < 3 or t > 20 else 0
    y[t, 3] = 1 if 3 < t <= 9 != 7 else 0


@cuda.jit
def augmented(y):
    t = cuda.threadIdx.x
    v = t
    v += 5
    v *= 3
    v -= 1
    v //= 2
    v **= 2
    v %= 1000
    v <<= 2
    v >>= 1
    v |= 1
    v &= 0xFFF
    v ^= 5
    y[t] = v


def augmented_in_python(v):
    v = ((v + 5) * 3 - 1) // 2
    return ((((v**2 % 1000) << 2) >> 1 | 1) & 0xFFF) ^ 5


@cuda.jit
def tuples(y):
    t = cuda.threadIdx.x
    pair = (t, 2 * t)
    low, high = minmax(pair[1], pair[0] + 5)
    nested = (pair, (low, high))
    (a, b), (c, d) = nested
    a, b = b, a
    y[t] = 1000 * (nested[1][0] == c) + len(pair) + a - b + c + d


@cuda.jit
def loop_over_a_tuple(y):
    t = cuda.threadIdx.x
    total = 0
    for step in (1, 10, 100):
        total += step * t
    y[t] = total


@cuda.jit
def variable_survives_its_loop(y):
    t = cuda.threadIdx.x
    last = -1
    for k in range(t):
        last = k
    y[t] = last


@cuda.jit
def negative_steps(y):
    t = cuda.threadIdx.x
    total = 0
    for k in range(t, -1, -2):
        total = 10 * total + k % 10
    y[t] = total % 100_000


def by_thread(run, kernel, function):
    y = np.zeros(N, np.int64)
    run(kernel, 1, N, y)
    assert y.tolist() == [function(t) for t in range(N)]


def test_nested_loops_break_and_continue_thread_by_thread(run):
    by_thread(run, nested_loops, nested_loops_in_python)


def test_while_runs_its_else_unless_broken(run):
    by_thread(run, while_else, lambda t: 7 if t >= 7 and t % 3 == 1 else -1)


def test_device_functions_return_early(run):
    by_thread(run, early_returns, early.py_func)


def test_a_kernel_may_return_inside_a_loop(run):
    x, y = np.arange(0, 40, 2), np.zeros(N, np.int64)
    run(return_inside_a_loop, 1, N, x, y)
    assert y.tolist() == [t // 2 + 1 if t < 38 else -1 for t in range(N)]


def test_and_or_evaluate_the_right_side_only_where_needed(run):
    calls, y = np.zeros(2, np.int32), np.zeros(N, np.int32)
    run(short_circuit, 1, N, calls, y)
    assert calls.tolist() == [N // 2, N // 2]
    assert y.tolist() == [11 if t % 2 == 0 else 10 for t in range(N)]


def test_logic_has_pythons_values(run):
    y = np.zeros((N, 4), np.int32)
    run(values_of_and_or_not, 1, N, y)
    t = np.arange(N)
    right = [t == 0, (t > 3) & (t < 9), (t < 3) | (t > 20), (t > 3) & (t <= 9)]
    np.testing.assert_array_equal(y, np.stack(right, 1))


def test_augmented_assignment(run):
    by_thread(run, augmented, augmented_in_python)


def test_tuples_pack_unpack_nest_and_swap(run):
    by_thread(run, tuples, lambda t: 1000 + 2 + t + 2 * t + t + 5)


def test_a_loop_over_a_tuple(run):
    by_thread(run, loop_over_a_tuple, lambda t: 111 * t)


def test_a_variable_keeps_its_last_value_after_the_loop(run):
    by_thread(run, variable_survives_its_loop, lambda t: t - 1)


def test_range_counts_down(run):
    def digits(t):
        total = 0
        for k in range(t, -1, -2):
            total = 10 * total + k % 10
        return total % 100_000

    by_thread(run, negative_steps, digits)


def test_cuda_is_reached_by_any_name(run):
    alias = cuda
    from numba import cuda as local_import

    @cuda.jit
    def by_closure(y):
        i = alias.grid(1)
        y[i] += 1

    @cuda.jit
    def by_numbas_name(y):
        y[numbas_own_name.grid(1)] += FACTOR

    @cuda.jit
    def by_local_import(y):
        y[local_import.grid(1)] += 1

    y = np.zeros(6, np.int32)
    for kernel in (by_closure, by_numbas_name, by_local_import):
        run(kernel, 2, 3, y)
    assert y.tolist() == [5] * 6


def test_numbers_and_device_functions_are_reached_from_closures(run):
    scale = 4

    @cuda.jit(device=True)
    def scaled(v):
        return scale * v

    @cuda.jit
    def kernel(y):
        i = cuda.grid(1)
        y[i] = scaled(i) + math.floor(2.5)

    y = np.zeros(6, np.int32)
    run(kernel, 2, 3, y)
    assert y.tolist() == [4 * i + 2 for i in range(6)]


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_print_reaches_the_launch_record_line_by_line(run, seed):
    @cuda.jit
    def speak(x):
        i = cuda.grid(1)
        if i < 2:
            print("thread", i, "has", x[i])

    launch = run(speak, 1, 4, np.array([1.5, 2.5, 3.5, 4.5]), seed=seed)
    assert sorted(launch.printed.splitlines()) == ["thread 0 has 1.500000", "thread 1 has 2.500000"]
