"""Small whole numbers of kernels, one object each: what was computed with one is found again by its identity."""

from __future__ import annotations

from typing import Any

import numpy as np

_NUMBERS = tuple(map(np.int64, range(4096)))


def whole_number(value: int) -> np.int64:
    """`value` as an int64: the same object each time where it is small."""
    return _NUMBERS[value] if 0 <= value < len(_NUMBERS) else np.int64(value)


def is_one_object(scalar: Any) -> bool:
    """Whether an int64 is the object that `whole_number` returns for its value."""
    return 0 <= scalar < len(_NUMBERS) and _NUMBERS[scalar] is scalar
