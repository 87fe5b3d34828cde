"""What the loop over a DataLoader is to a Recording: its first batches, and the draw that ends it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graphviz_tools.language import _
from graphviz_tools.sources.torch.private_names import handling_batches
from graphviz_tools.sources.torch.trace import Trace


@contextmanager
def noting_ends(trace: Trace) -> Iterator[None]:
    """Note the steps at which a DataLoader finds that it has no further batch: a sampler draws once more."""

    def drawing(original: Any, self: Any) -> Any:
        first = len(trace.tape.steps)
        try:
            return original(self)
        except StopIteration:
            trace.tape.after_loops.update(range(first, len(trace.tape.steps)))
            raise

    with handling_batches(drawing):
        yield


@contextmanager
def first_batches(trace: Trace, count: int | None) -> Iterator[None]:
    """Pause the recording at batch `count` + 1 of a DataLoader until its loop ends; None: never."""
    if count is None:
        yield
        return
    drawn: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
    watches: list[weakref.ref[Any]] = []
    reason = _("batches after the first {count} of a DataLoader", count=count)

    def resume(_: object = None) -> None:
        trace.paused = ""

    def following(original: Any, self: Any) -> Any:
        if self not in drawn:
            watches.append(weakref.ref(self, resume))  # a loop that breaks lets its iterator die
        drawn[self] = drawn.get(self, 0) + 1
        if drawn[self] > count:
            trace.paused = reason
        try:
            return original(self)
        except StopIteration:
            drawn[self] = 0  # an iterator that stays for the next epoch starts again
            resume()
            raise

    with handling_batches(following):
        yield
