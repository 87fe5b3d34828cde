"""The numbers of the serial engine: Python's where they agree with CUDA's, NumPy scalars elsewhere.

Integers are Python ints within the range of their type, bool is bool, float64 is float; float32, float16
and complex numbers are NumPy scalars, whose arithmetic rounds as the type does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_MISSING = object()


def _wrapper(bits: int, signed: bool) -> Callable[[int], int]:
    mask = (1 << bits) - 1
    half = 1 << (bits - 1)

    def wrap(value: int) -> int:
        value &= mask
        return value - (mask + 1) if signed and value >= half else value

    return wrap


wrap_int8, wrap_int16 = _wrapper(8, True), _wrapper(16, True)
wrap_int32, wrap_int64 = _wrapper(32, True), _wrapper(64, True)
wrap_uint8, wrap_uint16 = _wrapper(8, False), _wrapper(16, False)
wrap_uint32, wrap_uint64 = _wrapper(32, False), _wrapper(64, False)
wrap_bool = bool
float32, float16 = np.float32, np.float16
complex64, complex128 = np.complex64, np.complex128


def scalar(value: Any, kind: np.dtype[Any]) -> Any:
    """`value` as this engine keeps a number of dtype `kind`."""
    typed = np.asarray(value).astype(kind)[()]
    return typed.item() if kind.kind in "iub" or kind == np.float64 else typed


def scalar_tuple(values: Any) -> tuple[Any, ...]:
    """The same for what a function returns several of."""
    return tuple(scalar(v, np.asarray(v).dtype) for v in values)


def to_integer(value: Any) -> int:
    """C's conversion: towards zero; what no integer can hold becomes the smallest 64-bit one."""
    return int(value) if math.isfinite(value) else -(1 << 63)


def cast_code(text: str, source: np.dtype[Any], to: np.dtype[Any], width: int) -> str:
    """Source text that casts `text` from one dtype to another; `width` bounds an integer's bits."""
    if to.kind == "b":
        return f"bool({text})"
    if to.kind in "iu":
        if source.kind == "b":
            return f"int({text})"
        if source.kind in "fc":
            return f"wrap_{to}(to_integer({text}))"
        fits = width <= to.itemsize * 8 and to.kind == "i"
        return text if fits else f"wrap_{to}({text})"
    if to == np.float64:
        return f"float({text})"
    return f"{to}({text})"


def true_divide(a: float, b: float) -> float:
    """a / b; by zero infinity or NaN, as on a GPU."""
    if b:
        return a / b
    return float(np.true_divide(np.float64(a), np.float64(b)))


def floor_divide(a: int, b: int) -> int:
    """a // b; 0 where b is 0."""
    return a // b if b else 0


def remainder(a: int, b: int) -> int:
    """a % b; 0 where b is 0."""
    return a % b if b else 0


def power(a: int, b: int) -> int:
    """a ** b for integers (the caller wraps)."""
    if b >= 0:
        return pow(a, b, 1 << 64) if a >= 0 else a**b if b < 64 else pow(a, b, 1 << 64)
    return 0 if abs(a) != 1 else a ** (b & 1)


def shift_left(a: int, b: int) -> int:
    """a << b; everything is shifted out from 64 on."""
    return a << b if 0 <= b < 64 else 0


def shift_right(a: int, b: int) -> int:
    """a >> b."""
    return a >> b if 0 <= b < 64 else (-1 if a < 0 else 0)


def next_of(iterator: Iterator[Any]) -> tuple[Any, bool]:
    """The next item and whether there was one."""
    item = next(iterator, _MISSING)
    return (None, False) if item is _MISSING else (item, True)
