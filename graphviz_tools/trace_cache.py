"""Which call traced, which reused a graph, and why: history of a `tf.function` or `torch.compile` cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphviz_tools.recording import SourceLine


@dataclass(frozen=True, slots=True)
class Entry:
    """One graph in the cache. `keys` says, in words, what a call must match: one text per argument for
    TensorFlow's signature, one per guard for PyTorch."""

    index: int
    keys: tuple[str, ...]
    ops: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the arguments as text, whether it traced, the entries it ran, and why it (re)traced."""

    index: int
    arguments: str
    traced: bool
    entries: tuple[int, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a compiled function fell back to Python."""

    line: SourceLine | None
    reason: str


@dataclass(frozen=True, slots=True)
class CacheHistory:
    """Everything that a cache went through, in order."""

    framework: Literal["tensorflow", "torch.compile"]
    function: str
    entries: tuple[Entry, ...] = ()
    calls: tuple[Call, ...] = ()
    breaks: tuple[Break, ...] = ()
