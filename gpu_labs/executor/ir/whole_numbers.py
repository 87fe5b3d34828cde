"""Small whole numbers of kernels, one object each: what was computed with one is found again by its identity."""

from __future__ import annotations

from typing import Any

import numpy as np

_NUMBERS = tuple(map(np.int64, range(4096)))
_VALUES = {id(number): value for value, number in enumerate(_NUMBERS)}


def whole_number(value: int) -> np.int64:
    """`value` as an int64: the same object each time where it is small."""
    return _NUMBERS[value] if 0 <= value < len(_NUMBERS) else np.int64(value)


def value_of_one_object(scalar: Any) -> int | None:
    """The value of an int64 that `whole_number` returned, unless it made that one for this call."""
    return _VALUES.get(id(scalar))
