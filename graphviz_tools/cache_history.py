"""What a cache of graphs went through: data only, which the sources of `trace_cache` write and its view reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol

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


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a call would do: reuse `entry`, or, when that is None, trace a new graph because of `reasons`."""

    entry: int | None
    reasons: tuple[str, ...] = ()


class TraceCache(Protocol):
    """A traced function, called as ever, that keeps an account of its cache."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; its result is returned, and the call is added to `history`."""
        ...

    @property
    def history(self) -> CacheHistory:
        """The cache's entries and the calls made through this object, so far."""
        ...

    @property
    def traces(self) -> int:
        """How many graphs were traced since this object was made, whoever called the function."""
        ...

    def predict(self, *args: Any, **kwargs: Any) -> Prediction:
        """What the call would do, found out without running or tracing anything."""
        ...


def in_few_words(value: object) -> str:
    """An argument that is no tensor, as Python writes it, without an address and in at most 40 characters."""
    text = re.sub(
        r"<(?:function )?(?:[\w.<>]*\.)?<?(\w+)>?(?: object)? at 0x[0-9a-f]+>", r"<\1>", repr(value)
    )
    return text if len(text) <= 40 else f"{text[:39]}…"
