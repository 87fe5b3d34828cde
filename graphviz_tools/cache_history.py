"""The history of a cache of graphs, as plain data: the sources of `trace_cache` write it, its view reads it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, Protocol

from graphviz_tools.recording import SourceLine


class ArgumentError(TypeError):
    """The function does not take these arguments; the cause is the framework's own error."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One graph in the cache. `keys` says, in words, what a call must match: one text per argument for
    TensorFlow's signature, one per guard for PyTorch. `seconds` is how long it took to trace and compile, None
    when that was not measured; `dropped` means that the cache was cleared since."""

    index: int
    keys: tuple[str, ...]
    ops: int
    seconds: float | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the arguments as text, whether it traced, the entries it ran, why it (re)traced, and how long it
    took in seconds, tracing included."""

    index: int
    arguments: str
    traced: bool
    entries: tuple[int, ...]
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a compiled function fell back to Python."""

    line: SourceLine | None
    reason: str


@dataclass(frozen=True, slots=True)
class CacheHistory:
    """All graphs, calls and breaks of a cache, in order. `plain` are the seconds of calls of the Python function
    itself, for comparison."""

    framework: Literal["tensorflow", "torch.compile"]
    function: str
    entries: tuple[Entry, ...] = ()
    calls: tuple[Call, ...] = ()
    breaks: tuple[Break, ...] = ()
    plain: tuple[float, ...] = ()

    @property
    def tracing(self) -> float:
        """Seconds spent tracing and compiling, so far."""
        return sum(entry.seconds or 0.0 for entry in self.entries)

    def pays_from(self) -> int | None:
        """The first call after which the graphs have saved more time than it took to make them; None when they never
        will, or when that is not known yet.

        It compares the median call that reused a graph with the median plain call.
        """
        reused = [call.seconds for call in self.calls if call.entries and not call.traced]
        if not reused or not self.plain:
            return None
        saved = median(self.plain) - median(reused)
        return None if saved <= 0 else math.floor(self.tracing / saved) + 1


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a call would do: reuse `entry`, or, when that is None, trace a new graph because of `reasons`."""

    entry: int | None
    reasons: tuple[str, ...] = ()


class TraceCache(Protocol):
    """A traced function that is called as before and keeps the history of its cache."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; its result is returned, and the call is added to `history`."""
        ...

    @property
    def history(self) -> CacheHistory:
        """The cache's entries, and the calls made through this object so far."""
        ...

    @property
    def traces(self) -> int:
        """How many graphs were traced since this object was made, through it or not."""
        ...

    def plain(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function itself, without graphs; its result is returned, and its time goes into
        `history.plain`."""
        ...

    def predict(self, *args: Any, **kwargs: Any) -> Prediction:
        """What the call would do, worked out without running or tracing anything."""
        ...


def in_few_words(value: object) -> str:
    """An argument that is not a tensor, as Python writes it, without an address and in at most 40 characters."""
    text = re.sub(
        r"<(?:function )?(?:[\w.<>]*\.)?<?(\w+)>?(?: object)? at 0x[0-9a-f]+>", r"<\1>", repr(value)
    )
    return text if len(text) <= 40 else f"{text[:39]}…"
