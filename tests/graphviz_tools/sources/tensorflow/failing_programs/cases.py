"""The registry of programs that TensorFlow refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Made = tuple[Callable[..., Any], tuple[Any, ...]]


CASES: dict[str, Callable[[], Made]] = {}


def case(make: Callable[[], Made]) -> Callable[[], Made]:
    CASES[make.__name__] = make
    return make
