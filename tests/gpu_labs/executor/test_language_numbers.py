"""Arithmetic as the GPU does it: types by Numba, mathematics by C, wrap-around, half, random numbers."""

import math

import numpy as np
import pytest
from numba import float32, int8, uint8
from numba.cuda.random import (
    create_xoroshiro128p_states,
    xoroshiro128p_normal_float64,
    xoroshiro128p_uniform_float32,
    xoroshiro128p_uniform_float64,
)

from gpu_labs import cuda

UNARY = {
    "sqrt": np.sqrt,
    "exp": np.exp,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "erf": np.vectorize(math.erf),
    "erfc": np.vectorize(math.erfc),
    "gamma": np.vectorize(math.gamma),
    "lgamma": np.vectorize(math.lgamma),
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "fabs": np.fabs,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "radians": np.radians,
    "degrees": np.degrees,
}


@pytest.mark.parametrize("name", UNARY)
def test_math_functions_of_one_number(run, name):
    function = getattr(math, name)

    @cuda.jit
    def kernel(x, y):
        i = cuda.grid(1)
        y[i] = function(x[i])

    x = np.array([0.1, 0.5, 1.0, 1.7, 2.5, 6.25])
    y = np.zeros_like(x)
    run(kernel, 1, x.size, x, y)
    np.testing.assert_allclose(y, UNARY[name](x), rtol=1e-13)


def test_math_functions_of_two_numbers_have_cs_signs(run):
    @cuda.jit
    def kernel(a, b, y):
        i = cuda.grid(1)
        y[i, 0] = math.atan2(a[i], b[i])
        y[i, 1] = math.fmod(a[i], b[i])
        y[i, 2] = math.copysign(a[i], b[i])
        y[i, 3] = math.hypot(a[i], b[i])
        y[i, 4] = math.pow(abs(a[i]), b[i])
        y[i, 5] = a[i] % b[i]

    a, b = np.array([5.5, -5.5, 5.5, -5.5]), np.array([3.0, 3.0, -3.0, -3.0])
    y = np.zeros((4, 6))
    run(kernel, 1, 4, a, b, y)
    right = [np.arctan2(a, b), np.fmod(a, b), np.copysign(a, b), np.hypot(a, b), np.abs(a) ** b, a % b]
    np.testing.assert_allclose(y, np.stack(right, 1), rtol=1e-13)


def test_mathematics_outside_its_domain_is_nan_or_infinity_and_never_an_exception(run):
    @cuda.jit
    def kernel(x, y):
        y[0] = math.sqrt(x[0])
        y[1] = math.log(x[1])
        y[2] = 1.0 / x[1]
        y[3] = x[1] / x[1]
        y[4] = math.exp(x[2])
        y[5] = math.isnan(y[0]) + 2 * math.isinf(y[2]) + 4 * math.isfinite(x[0])

    y = np.zeros(6)
    run(kernel, 1, 1, np.array([-1.0, 0.0, 1000.0]), y)
    np.testing.assert_array_equal(y, [np.nan, -np.inf, np.inf, np.nan, np.inf, 7])


def test_the_cube_root_of_a_negative_number_is_real(run):
    @cuda.jit
    def kernel(x, y):
        i = cuda.grid(1)
        y[i] = cuda.cbrt(x[i])

    y = np.zeros(3)
    run(kernel, 1, 3, np.array([-8.0, 0.0, 27.0]), y)
    np.testing.assert_allclose(y, [-2, 0, 3], rtol=1e-14)


def test_float32_arithmetic_rounds_after_every_step(run):
    @cuda.jit
    def kernel(x, y):
        total = float32(0)
        for k in range(x.size):
            total += x[k] * x[k]
        y[0] = total

    x = np.linspace(0.1, 9.7, 1000).astype(np.float32)
    y = np.zeros(1, np.float64)
    run(kernel, 1, 1, x, y)
    total = np.float32(0)
    for value in x:
        total = np.float32(total + np.float32(value * value))
    # A GPU compiler may contract a product and a sum, so the last bits are not asked for.
    assert abs(y[0] - total) / total < 1e-5
    assert y[0] == np.float32(y[0])


def test_a_python_float_makes_a_float32_expression_float64(run):
    @cuda.jit
    def kernel(x, y):
        y[0] = x[0] * 0.1
        y[1] = x[0] * float32(0.1)
        y[2] = x[0] / 3

    x, y = np.array([1.1], np.float32), np.zeros(3)
    run(kernel, 1, 1, x, y)
    assert y[0] == np.float64(x[0]) * 0.1
    assert y[1] == np.float32(x[0] * np.float32(0.1))
    assert y[2] == np.float64(x[0]) / 3  # float32 with int64 is float64 by Numba's rules


def test_integers_wrap_in_the_type_that_numba_gives_them(run):
    @cuda.jit
    def kernel(a, b, small, y):
        y[0] = a[0] + a[0]
        y[1] = b[0] * b[0]
        small[0] = int8(small[0] + small[0])
        y[2] = uint8(200) + uint8(100)

    a, b = np.array([2**62], np.int64), np.array([2**31 - 1], np.int32)
    small, y = np.array([100], np.int8), np.zeros(3, np.int64)
    run(kernel, 1, 1, a, b, small, y)
    assert y[0] == -(2**63)
    assert y[1] == (2**31 - 1) ** 2  # int32 with int32 is int64 by Numba's rules
    assert small[0] == -56
    assert y[2] == 300


def test_division_and_remainder_round_towards_minus_infinity(run):
    @cuda.jit
    def kernel(a, b, y):
        i = cuda.grid(1)
        y[i, 0] = a[i] // b[i]
        y[i, 1] = a[i] % b[i]
        y[i, 2] = a[i] >> 1

    a, b = np.array([7, -7, 7, -7]), np.array([2, 2, -2, -2])
    y = np.zeros((4, 3), np.int64)
    run(kernel, 1, 4, a, b, y)
    np.testing.assert_array_equal(y, np.stack([a // b, a % b, a >> 1], 1))


def test_bit_functions(run):
    @cuda.jit
    def kernel(x, y):
        i = cuda.grid(1)
        y[i, 0] = cuda.popc(x[i])
        y[i, 1] = cuda.clz(x[i])
        y[i, 2] = cuda.ffs(x[i])
        y[i, 3] = cuda.brev(x[i])

    x = np.array([0, 1, 0x80000000, 0x00F0F000], np.uint32)
    y = np.zeros((4, 4), np.uint32)
    run(kernel, 1, 4, x, y)
    assert y[:, 0].tolist() == [0, 1, 1, 8]
    assert y[:, 1].tolist() == [32, 31, 0, 8]
    assert y[:, 2].tolist() == [0, 1, 32, 13]
    assert y[:, 3].tolist() == [0, 0x80000000, 1, 0x000F0F00]


def test_fma_rounds_once(run):
    @cuda.jit
    def kernel(a, b, c, y):
        y[0] = cuda.fma(a[0], b[0], c[0])

    a = np.array([1 + 2.0**-30])
    y = np.zeros(1)
    run(kernel, 1, 1, a, a, -np.array([1 + 2.0**-29]), y)
    assert y[0] == 2.0**-60


def test_min_max_abs_round_and_conversions(run):
    @cuda.jit
    def kernel(x, y):
        i = cuda.grid(1)
        y[i, 0] = min(x[i], 1.5, 2.0)
        y[i, 1] = max(x[i], -1.0)
        y[i, 2] = abs(x[i])
        y[i, 3] = int(x[i])
        y[i, 4] = round(x[i])
        y[i, 5] = float(i) + bool(x[i])

    x = np.array([-2.5, 0.0, 1.5, 2.5])
    y = np.zeros((4, 6))
    run(kernel, 1, 4, x, y)
    columns = [
        np.minimum(x, 1.5),
        np.maximum(x, -1),
        np.abs(x),
        np.trunc(x),
        np.round(x),
        np.arange(4) + (x != 0),
    ]
    np.testing.assert_array_equal(y, np.stack(columns, 1))


def test_half_precision_rounds_to_half(run):
    @cuda.jit
    def kernel(x, z, y):
        i = cuda.grid(1)
        y[i] = x[i] + z[i]

    x, z = np.array([1.0, 2048.0, 0.1], np.float16), np.array([2.0**-11, 1.0, 0.2], np.float16)
    y = np.zeros(3, np.float16)
    run(kernel, 1, 3, x, z, y)
    np.testing.assert_array_equal(y, x + z)


def test_half_intrinsics(run):
    @cuda.jit
    def kernel(x, z, y):
        i = cuda.grid(1)
        y[i, 0] = cuda.fp16.hadd(x[i], z[i])
        y[i, 1] = cuda.fp16.hmul(x[i], z[i])
        y[i, 2] = cuda.fp16.hfma(x[i], z[i], x[i])
        y[i, 3] = cuda.fp16.hneg(x[i])

    x, z = np.array([1.5, -0.1], np.float16), np.array([0.3, 7.0], np.float16)
    y = np.zeros((2, 4), np.float16)
    run(kernel, 1, 2, x, z, y)
    wide = x.astype(np.float64) * z.astype(np.float64) + x.astype(np.float64)
    np.testing.assert_array_equal(y, np.stack([x + z, x * z, wide.astype(np.float16), -x], 1))


def test_random_numbers_are_numbas_own_sequence_and_each_thread_has_its_own(run):
    @cuda.jit
    def kernel(states, a, b, c):
        i = cuda.grid(1)
        a[i] = xoroshiro128p_uniform_float32(states, i)
        b[i] = xoroshiro128p_uniform_float64(states, i)
        c[i] = xoroshiro128p_normal_float64(states, i)

    first = [np.zeros(200, np.float32), np.zeros(200), np.zeros(200)]
    again = [np.zeros(200, np.float32), np.zeros(200), np.zeros(200)]
    for arrays in (first, again):
        run(kernel, 2, 100, create_xoroshiro128p_states(200, seed=5), *arrays)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
        assert len(np.unique(one)) == 200, "each thread has a sequence of its own"
    assert ((first[0] >= 0) & (first[0] < 1)).all()
    assert abs(first[1].mean() - 0.5) < 0.1
    assert abs(first[2].std() - 1) < 0.2


def test_select_takes_one_of_two(run):
    @cuda.jit
    def kernel(x, y):
        i = cuda.grid(1)
        y[i] = cuda.selp(x[i] > 2, 10, 20)

    y = np.zeros(5, np.int64)
    run(kernel, 1, 5, np.arange(5), y)
    assert y.tolist() == [20, 20, 20, 10, 10]
