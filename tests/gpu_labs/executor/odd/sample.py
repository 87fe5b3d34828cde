"""The shape of an odd kernel, and what must come of it on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

POINT = np.dtype([("a", np.float32), ("b", np.int32)])


@dataclass(frozen=True)
class Odd:
    """One of three: the last argument's values (`right`), the kind of a finding, or words of the refusal."""

    kernel: Any
    right: Any
    finding: str
    words: str
    arguments: Callable[[], tuple[Any, ...]]
    block: int


ODD: list[Odd] = []


def four() -> tuple[Any, ...]:
    return (np.zeros(4),)


def two_by_three() -> tuple[Any, ...]:
    return (np.arange(6.0).reshape(2, 3),)


def points() -> tuple[Any, ...]:
    return (np.zeros(4, POINT),)


def odd(
    words: str = "",
    *,
    right: Any = None,
    finding: str = "",
    arguments: Callable[[], tuple[Any, ...]] = four,
    block: int = 4,
) -> Callable[[Any], Any]:
    def add(kernel: Any) -> Any:
        ODD.append(Odd(kernel, right, finding, words, arguments, block))
        return kernel

    return add
