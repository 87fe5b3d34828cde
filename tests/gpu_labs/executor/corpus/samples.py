"""The shape of the corpus: a kernel, its launch, and what must come of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Correct:
    """A kernel without a mistake. `expected` maps copies of the arguments, taken before the launch, to the
    arrays that change, by parameter name; every other array must stay as it was."""

    kernel: Any
    grid: Any
    block: Any
    arguments: Callable[[np.random.Generator], Sequence[Any]]
    expected: Callable[..., dict[str, Any]]
    shared_bytes: int = 0
    tolerance: float = 1e-5


@dataclass(frozen=True)
class Buggy:
    """A kernel with one seeded bug: the kind of finding, at one of the lines marked `# BUG`; they are the
    kernel's, or those of the device function `where`.

    `alone`: no other finding is there. `by_chance`: which threads meet depends on the order in which they ran, for
    what they read does. `leaves` maps copies of the arguments to what arrays hold afterwards,
    by parameter name: the bug does no harm to anything else."""

    kernel: Any
    kind: str
    grid: Any
    block: Any
    arguments: Callable[[np.random.Generator], Sequence[Any]]
    shared_bytes: int = 0
    step_budget: int = 1_000_000
    where: Any = None
    alone: bool = False
    by_chance: bool = False
    leaves: Callable[..., dict[str, Any]] | None = None

    @property
    def lines(self) -> set[int]:
        """Line numbers of the file that are marked; empty where the launch is at fault."""
        source, first = inspect.getsourcelines((self.where or self.kernel).py_func)
        return {first + number for number, line in enumerate(source) if "# BUG" in line}


CORRECT: list[Correct] = []
BUGGY: list[Buggy] = []


def correct(grid: Any, block: Any, arguments: Any, expected: Any, **options: Any) -> Callable[[Any], Any]:
    """Decorator: add a kernel to the corpus of correct ones."""

    def add(kernel: Any) -> Any:
        CORRECT.append(Correct(kernel, grid, block, arguments, expected, **options))
        return kernel

    return add


def buggy(kind: str, grid: Any, block: Any, arguments: Any, **options: Any) -> Callable[[Any], Any]:
    """Decorator: add a kernel to the corpus of seeded bugs."""

    def add(kernel: Any) -> Any:
        BUGGY.append(Buggy(kernel, kind, grid, block, arguments, **options))
        return kernel

    return add


def floats(rng: np.random.Generator, *shape: int, dtype: Any = np.float32) -> np.ndarray:
    """Normal numbers."""
    return rng.standard_normal(shape).astype(dtype)


def integers(rng: np.random.Generator, *shape: int, below: int = 100, dtype: Any = np.int32) -> np.ndarray:
    """Uniform integers from 0."""
    return rng.integers(0, below, shape).astype(dtype)


def zeros(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    """An array to write."""
    return np.zeros(shape, dtype)
