"""The same program in PyTorch and in TensorFlow, and which op of one does the work of which op of the other.

`expected` was checked by hand against both programs: a line for every op of the PyTorch program that computes,
in the order in which they run, with the TensorFlow op's name after the arrow; several names where several ops
share its work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphviz_tools.frameworks import import_tensorflow

tf = import_tensorflow()


@dataclass(frozen=True)
class Twins:
    eager: Callable[..., Any]
    static: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    expected: str


def array(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


TWINS: dict[str, Twins] = {}


def twins(name: str, eager: Any, static: Any, arrays: Any, expected: str) -> None:
    TWINS[name] = Twins(eager, static, arrays, expected)


# L01: the sum of two numbers, eager and in a TF1 session
