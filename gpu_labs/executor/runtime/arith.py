"""Arithmetic as CUDA does it, on NumPy scalars and arrays: C semantics, no exceptions, exact types.

Both engines use these functions. A function gets operands of the types that Numba's typing chose and may
return another dtype; the caller casts the result to the type of the variable.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Lanes = Any  # a NumPy scalar or array


def per_lane(function: Callable[..., Any]) -> Callable[..., Lanes]:
    """A scalar C function over lanes, for what NumPy lacks; a domain error gives NaN as in C."""

    def one(*values: Any) -> float:
        try:
            return function(*values)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    ufunc: Any = None

    def lanes(*values: Lanes) -> Lanes:
        nonlocal ufunc
        if ufunc is None:
            ufunc = np.frompyfunc(one, len(values), 1)
        got = ufunc(*(np.asarray(v, np.float64) for v in values))
        return got.astype(np.float64) if isinstance(got, np.ndarray) else np.float64(got)

    return lanes


def power(a: Lanes, b: Lanes) -> Lanes:
    """`a ** b`; integers wrap round, and a negative integer exponent gives what 1 / a**n truncates to."""
    if a.dtype.kind in "iu" and b.dtype.kind in "iu":
        positive = np.power(a, np.maximum(b, 0))
        if b.dtype.kind == "u":
            return positive
        inverse = np.where(a == 1, 1, np.where(a == -1, np.where(b % 2 == 0, 1, -1), 0))
        return np.where(b < 0, inverse, positive)
    return np.power(a, b)


def product(a: Lanes, b: Lanes) -> Lanes:
    """`a * b` of complex numbers, each part rounded as both engines round it (NumPy's own product fuses some
    of the operations where it works on many numbers at once)."""
    real, imag = a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real
    result = np.empty(np.shape(real), np.result_type(a, b))
    result.real, result.imag = real, imag
    return result[()]


def fma(a: Lanes, b: Lanes, c: Lanes) -> Lanes:
    """a * b + c rounded once (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008)."""
    if a.dtype != np.float64:
        wide = a.astype(np.float64) * b.astype(np.float64)
        return _round_to_odd(*_two_sum(wide, c.astype(np.float64))).astype(a.dtype)
    product = a * b
    plain = product + c
    high, low = product, _product_error(a, b, product)
    top, tail = _two_sum(c, low)
    head, rest = _two_sum(high, top)
    exact = head + _round_to_odd(*_two_sum(tail, rest))
    return np.where(np.isfinite(exact), exact, plain)


def _two_sum(a: Lanes, b: Lanes) -> tuple[Lanes, Lanes]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _product_error(a: Lanes, b: Lanes, product: Lanes) -> Lanes:
    split = 134217729.0
    a_high = a * split - (a * split - a)
    b_high = b * split - (b * split - b)
    a_low, b_low = a - a_high, b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _round_to_odd(total: Lanes, error: Lanes) -> Lanes:
    bits = np.asarray(total, np.float64).view(np.int64)
    inexact_even = (error != 0) & (bits & 1 == 0) & np.isfinite(total)
    towards = np.where((error > 0) == (total > 0), 1, -1)
    return np.where(inexact_even, bits + towards, bits).view(np.float64)


def popc(a: Lanes) -> Lanes:
    """Number of one bits."""
    return np.bitwise_count(_unsigned(a)).astype(np.int32)


def clz(a: Lanes) -> Lanes:
    """Leading zero bits; the width for 0."""
    bits = _unsigned(a)
    width = bits.dtype.itemsize * 8
    for shift in (1, 2, 4, 8, 16, 32):
        if shift < width:
            bits = bits | (bits >> bits.dtype.type(shift))
    return (width - np.bitwise_count(bits).astype(np.int32)).astype(np.int32)


def ffs(a: Lanes) -> Lanes:
    """1 + the place of the lowest one bit; 0 for 0."""
    bits = _unsigned(a)
    lowest = bits & (~bits + bits.dtype.type(1))
    place = np.bitwise_count(lowest - bits.dtype.type(1)).astype(np.int32) + 1
    return np.where(bits == 0, np.int32(0), place)


def brev(a: Lanes) -> Lanes:
    """The bits in reverse order."""
    bits = _unsigned(a)
    width = bits.dtype.itemsize * 8
    kind = bits.dtype.type
    result = bits & kind(0)
    for place in range(width):
        result = result | (((bits >> kind(place)) & kind(1)) << kind(width - 1 - place))
    return result.astype(a.dtype)


def _unsigned(a: Lanes) -> Lanes:
    return a.astype(f"u{a.dtype.itemsize}")


def c_round(a: Lanes, digits: Lanes | None = None) -> Lanes:
    """Python's `round`: halves to even; an integer unless `digits` is given."""
    if digits is None:
        return np.rint(a)
    scale = np.power(10.0, digits.astype(np.float64))
    return (np.rint(a.astype(np.float64) * scale) / scale).astype(a.dtype)


def select(condition: Lanes, a: Lanes, b: Lanes) -> Lanes:
    """`a` where the condition holds, else `b`."""
    return np.where(condition, a, b)


def _complex(a: Lanes, b: Lanes | None = None) -> Lanes:
    return (
        a + np.complex64(1j) * (b if b is not None else a * 0)
        if a.dtype == np.float32
        else a + 1j * (b if b is not None else a * 0)
    )


def _is(a: Lanes, b: Lanes) -> Lanes:
    """`a is b`: of numbers whether they are equal and of one type, as Numba compiles it."""
    if isinstance(a, (np.ndarray, np.generic)) and isinstance(b, (np.ndarray, np.generic)):
        return np.equal(a, b) if a.dtype == b.dtype else np.bool_(False)
    return np.bool_(a is b)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        word: getattr(np, word)
        for word in [
            "sqrt",
            "exp",
            "exp2",
            "expm1",
            "log",
            "log2",
            "log10",
            "log1p",
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
            "arcsin",
            "arccos",
            "arctan",
            "arcsinh",
            "arccosh",
            "arctanh",
            "arctan2",
            "floor",
            "ceil",
            "trunc",
            "rint",
            "fabs",
            "hypot",
            "copysign",
            "isnan",
            "isinf",
            "isfinite",
            "nextafter",
            "fmod",
            "fmax",
            "fmin",
            "maximum",
            "minimum",
            "abs",
            "absolute",
            "power",
            "degrees",
            "radians",
            "square",
            "cbrt",
            "sign",
            "reciprocal",
            "conj",
            "conjugate",
            "ldexp",
            "gcd",
            "add",
            "subtract",
            "multiply",
            "negative",
            "equal",
            "not_equal",
            "less",
            "less_equal",
            "greater",
            "greater_equal",
            "logical_and",
            "logical_or",
            "logical_xor",
            "logical_not",
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
            "invert",
            "left_shift",
            "right_shift",
            "floor_divide",
            "remainder",
            "mod",
            "true_divide",
            "divide",
            "sinc",
            "angle",
        ]
        if hasattr(np, word)
    },
    "acos": np.arccos,
    "asin": np.arcsin,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "acosh": np.arccosh,
    "asinh": np.arcsinh,
    "atanh": np.arctanh,
    "pow": power,
    "truediv": np.true_divide,
    "erf": per_lane(math.erf),
    "erfc": per_lane(math.erfc),
    "gamma": per_lane(math.gamma),
    "lgamma": per_lane(math.lgamma),
    "tgamma": per_lane(math.gamma),
    "rsqrt": lambda a: (1.0 / np.sqrt(a)).astype(a.dtype),
    "rcp": lambda a: (1.0 / a).astype(a.dtype),
    "exp10": lambda a: np.power(a.dtype.type(10), a),
    "tanh_approx": np.tanh,
    "fma": fma,
    "popc": popc,
    "clz": clz,
    "ffs": ffs,
    "brev": brev,
    "selp": select,
    "round": c_round,
    "complex": _complex,
    "phase": np.angle,
    "polar": lambda a: (np.abs(a), np.angle(a)),
    "rect": lambda radius, angle: _complex(radius * np.cos(angle), radius * np.sin(angle)),
    "builtin_max": lambda a, b: np.where(b > a, b, a),
    "builtin_min": lambda a, b: np.where(b < a, b, a),
    "modf": np.modf,
    "frexp": np.frexp,
    "sincos": lambda a: (np.sin(a), np.cos(a)),
    "hadd": np.add,
    "hsub": np.subtract,
    "hmul": np.multiply,
    "hdiv": np.true_divide,
    "hfma": fma,
    "hneg": np.negative,
    "habs": np.abs,
    "hmax": np.fmax,
    "hmin": np.fmin,
    "heq": np.equal,
    "hne": np.not_equal,
    "hge": np.greater_equal,
    "hgt": np.greater,
    "hle": np.less_equal,
    "hlt": np.less,
    "hrsqrt": lambda a: (1.0 / np.sqrt(a)).astype(a.dtype),
    "hrcp": lambda a: (1.0 / a).astype(a.dtype),
    "hexp10": lambda a: np.power(a.dtype.type(10), a),
    "htanh_approx": np.tanh,
}
for _name in [
    "sin",
    "cos",
    "log",
    "log2",
    "log10",
    "exp",
    "exp2",
    "tanh",
    "floor",
    "ceil",
    "sqrt",
    "rint",
    "trunc",
]:
    FUNCTIONS["h" + _name] = FUNCTIONS[_name]

BINARY: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": power,
    "<<": np.left_shift,
    ">>": np.right_shift,
    "&": np.bitwise_and,
    "|": np.bitwise_or,
    "^": np.bitwise_xor,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "is": _is,
    "is not": lambda a, b: np.logical_not(_is(a, b)),
}
UNARY: dict[str, Callable[..., Any]] = {
    "neg": np.negative,
    "pos": np.positive,
    "~": np.invert,
    "not": np.logical_not,
}


def function(name: str) -> Callable[..., Any]:
    """The function that lanes use for `math.<name>` or `libdevice.<name>`.

    Raises:
        NotImplementedError: the executor does not know it.
    """
    if name not in FUNCTIONS:
        raise NotImplementedError(f"the executor does not know the function {name!r}")
    return FUNCTIONS[name]
