"""Iterators over lanes: `range`, arrays, tuples, `enumerate` and `zip`.

`next(mask)` returns the item and whether there was one, each for all lanes; an iterator whose bounds are
the same for all threads yields scalars, so such a loop costs no array operation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.ir.whole_numbers import whole_number
from gpu_labs.executor.runtime.lanes import FALSE, TRUE, Mask
from gpu_labs.executor.runtime.memory import Port
from gpu_labs.executor.runtime.windows import ZERO, Array, Either


class Range:
    """`range(start, stop, step)`; any of the three may differ from lane to lane."""

    __slots__ = ("at", "step", "stop")

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.at, self.stop, self.step = start, stop, step

    def next(self, mask: Mask) -> tuple[Any, Any]:
        """The next number."""
        at, step = self.at, self.step
        if step.ndim == 0:
            more = at < self.stop if step > 0 else (at > self.stop) & (step < 0)
        else:
            more = np.where(step > 0, at < self.stop, (at > self.stop) & (step < 0))
        self.at = at + step
        return at, more


class Count:
    """`range(start, stop, step)` of int64 with the same three numbers for all lanes."""

    __slots__ = ("at", "step", "stop")

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.at, self.stop, self.step = int(start), int(stop), int(step)

    def next(self, mask: Mask) -> tuple[Any, Any]:
        """The next number."""
        at, step = self.at, self.step
        if at < self.stop if step > 0 else step < 0 and at > self.stop:
            self.at = at + step
            return whole_number(at), TRUE
        return ZERO, FALSE


class Items:
    """The items of a tuple (all of one type) or the elements of a one-dimensional array."""

    __slots__ = ("at", "length", "port", "site", "source")

    def __init__(self, port: Port, site: Site, source: Any) -> None:
        self.port, self.site, self.source = port, site, source
        self.at = 0
        self.length = np.int64(len(source)) if isinstance(source, tuple) else source.shape[0]

    def next(self, mask: Mask) -> tuple[Any, Any]:
        """The next item; past the end, the last one and False."""
        more = np.int64(self.at) < self.length
        at = self.at
        self.at += 1
        if isinstance(self.source, tuple):
            return self.source[min(at, len(self.source) - 1)], more
        if not np.any(more):
            return self.source.dtype.type(), more
        mask = mask if more.ndim == 0 else more if mask is None else mask & more
        index = whole_number(at)
        if len(self.source.shape) > 1:
            return self.port.view(self.site, self.source, mask, index), more
        return self.port.load(self.site, self.source, mask, index), more


class Flat:
    """All elements of an array, the last dimension fastest: the elements themselves, or windows on them."""

    __slots__ = ("at", "elements", "port", "site", "source", "total")

    def __init__(self, port: Port, site: Site, source: Array | Either, elements: bool) -> None:
        self.port, self.site, self.source, self.elements = port, site, source, elements
        self.at = 0
        self.total = np.int64(1)
        for n in source.shape:
            self.total = self.total * n

    def next(self, mask: Mask) -> tuple[Any, Any]:
        """The next element."""
        rest, source = np.int64(self.at), self.source
        more = rest < self.total
        self.at += 1
        index = []
        for n in reversed(source.shape):
            index.append(rest % np.maximum(n, 1))
            rest = rest // np.maximum(n, 1)
        mask = mask if more.ndim == 0 else more if mask is None else mask & more
        if not np.any(more):
            (some, _lanes), *_ = source.parts if isinstance(source, Either) else [(source, None)]
            nowhere = Array(some.memory, some.base, (), (), some.exists)
            return source.dtype.type() if self.elements else nowhere, more
        take = self.port.load if self.elements else self.port.view
        return take(self.site, source, mask, *reversed(index)), more


class Enumerated:
    """`enumerate(inner, start)`."""

    __slots__ = ("at", "inner")

    def __init__(self, inner: Any, start: Any) -> None:
        self.inner, self.at = inner, start

    def next(self, mask: Mask) -> tuple[Any, Any]:
        """The next (number, item)."""
        item, more = self.inner.next(mask)
        at = self.at
        self.at = at + np.int64(1)
        return (at, item), more


class Zipped:
    """`zip(*inner)`: as long as the shortest."""

    __slots__ = ("inner",)

    def __init__(self, inner: list[Any]) -> None:
        self.inner = inner

    def next(self, mask: Mask) -> tuple[Any, Any]:
        """The next tuple of items."""
        pairs = [each.next(mask) for each in self.inner]
        more: Any = np.bool_(True)
        for _, each in pairs:
            more = more & each
        return tuple(item for item, _ in pairs), more


def iterator(port: Port, site: Site, source: Any) -> Any:
    """An iterator over what a kernel may iterate."""
    if hasattr(source, "next"):
        return source
    if isinstance(source, RangeOf):
        bounds = (source.start, source.stop, source.step)
        same = all(each.ndim == 0 and each.dtype == np.int64 for each in bounds)
        return Count(*bounds) if same else Range(*bounds)
    return Items(port, site, source)


class RangeOf:
    """A range that nothing iterates yet."""

    __slots__ = ("start", "step", "stop")

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.start, self.stop, self.step = start, stop, step
