"""How a program joins the corpus: `@program` on a function that makes one afresh, as (function, arguments,
variables)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphviz_tools.frameworks import import_tensorflow

tf = import_tensorflow()
Program = Callable[[], tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]]

PROGRAMS: dict[str, Program] = {}
ALIVE: list[Any] = []  # objects that only their own bound `tf.function` would hold, weakly


def program(make: Program) -> Program:
    PROGRAMS[make.__name__] = make
    return make


def numbers(*shape: int, seed: int = 0) -> Any:
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype(np.float32))
