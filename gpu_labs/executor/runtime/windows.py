"""Windows on memory: what a variable of a kernel that names an array or a record holds, for all lanes.

An `Array` is a window into a `Memory` (an allocation): base, shape and strides in elements, each the same for all
lanes or one per lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gpu_labs.executor.launch_record import Space
from gpu_labs.executor.runtime.lanes import Mask

ZERO = np.int64(0)


class Memory:
    """One allocation: a flat buffer of `dtype`, `cells` per block or thread for shared and local memory."""

    def __init__(
        self,
        name: str,
        space: Space,
        buffer: np.ndarray,
        shape: tuple[int, ...],
        strides: tuple[int, ...] | None = None,
    ) -> None:
        self.name = name
        self.strides = strides  # in elements; None for row-major
        self.space: Space = space
        self.buffer = buffer
        self.shape = shape
        self.fields = buffer.dtype.names or ()
        self.number = -1  # in the launch record
        self.valued = False  # whether that keeps its values
        self.log: list[Any] = []
        self.steady = False  # nothing writes to it while the kernel runs
        self.quiet = False  # whether nobody looks at what is done with it any more
        self.cells: int | None = None  # of one owner, where they are not its elements
        self.parts: dict[Any, Memory] = {}  # see `parts.py`
        self.state: Any = None

    @property
    def per_owner(self) -> int:
        """Elements of one block's or one thread's part."""
        return int(np.prod(self.shape)) if self.cells is None else self.cells


class Array:
    """A window: element (i, j) is at base + i * strides[0] + j * strides[1].

    `exists` is the mask of the lanes that have this window: a row whose index was outside its array is
    nowhere, and nothing is read or written through it."""

    __slots__ = ("base", "exists", "memory", "shape", "strides")

    def __init__(
        self,
        memory: Memory,
        base: Any,
        shape: tuple[Any, ...],
        strides: tuple[Any, ...],
        exists: Mask = None,
    ) -> None:
        self.memory = memory
        self.base = base
        self.shape = shape
        self.strides = strides
        self.exists = exists

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the elements."""
        return self.memory.buffer.dtype

    def merge(self, mask: Mask, old: Window) -> Window:
        """This window for the lanes of `mask`, `old` for the others."""
        if not isinstance(old, Array) or old.memory is not self.memory:
            return merged(mask, self, old)
        pick = [
            a if a is b else np.where(mask, a, b)
            for a, b in zip(
                (self.base, *self.shape, *self.strides), (old.base, *old.shape, *old.strides), strict=True
            )
        ]
        n = len(self.shape)
        exists = _either_mask(mask, self.exists, old.exists)
        return Array(self.memory, pick[0], tuple(pick[1 : n + 1]), tuple(pick[n + 1 :]), exists)


class Record:
    """One structured element, by reference; `exists` is the mask of the lanes whose index was inside."""

    __slots__ = ("exists", "flat", "memory")

    def __init__(self, memory: Memory, flat: Any, exists: Mask = None) -> None:
        self.memory = memory
        self.flat = flat
        self.exists = exists

    def merge(self, mask: Mask, old: Window) -> Window:
        """This record for the lanes of `mask`, `old` for the others."""
        if not isinstance(old, Record) or old.memory is not self.memory:
            return merged(mask, self, old)
        exists = _either_mask(mask, self.exists, old.exists)
        return Record(self.memory, np.where(mask, self.flat, old.flat), exists)


def _either_mask(mask: Mask, new: Mask, old: Mask) -> Mask:
    """The mask `new` for the lanes of `mask`, `old` for the others; None is everyone."""
    if new is None and old is None:
        return None
    return np.where(mask, True if new is None else new, True if old is None else old)


def both(a: Mask, b: Mask) -> Mask:
    """The lanes that are in both masks; None is everyone."""
    return b if a is None else a if b is None else a & b


def c_strides(shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Strides in elements of a row-major array."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(np.int64(step))
        step *= n
    return tuple(reversed(strides))


class Either:
    """One variable that names different arrays in different lanes, as after `c = a if i > 1 else b`: windows in
    `parts`, each with the mask of the lanes that have it; the masks do not overlap."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[tuple[Any, Any]]) -> None:
        self.parts = parts

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes, one for each lane where they differ."""
        return self.of_each(None, lambda window, _: window.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the elements, which is one for all arrays that a variable may name."""
        (window, _lanes), *_ = self.parts
        return window.dtype

    def merge(self, mask: Mask, old: Window) -> Window:
        """This for the lanes of `mask`, `old` for the others."""
        return merged(mask, self, old)

    def of_each(self, mask: Mask, ask: Callable[[Any, Any], Any]) -> Any:
        """What `ask(window, lanes)` gives for each window and the lanes of `mask` that have it, put together."""
        (window, taking), *others = list(self.under(mask)) or self.parts[:1]
        answer = ask(window, taking)
        for window, taking in others:
            answer = chosen(taking, ask(window, taking), answer)
        return answer

    def under(self, mask: Mask) -> Iterator[tuple[Any, Any]]:
        """Each window with the lanes of `mask` that have it, where there is one."""
        for window, mine in self.parts:
            taking = both(mask, mine)
            if taking.any():
                yield window, taking


def merged(mask: Mask, new: Any, old: Any) -> Any:
    """`new` for the lanes of `mask`, `old` for the others; each is a window or an `Either`."""
    everyone = np.ones((1, 1, 1, 1), bool)
    windows: dict[int, list[tuple[Any, Any]]] = {}
    for side, taking in ((old, ~mask), (new, mask)):
        parts = side.parts if isinstance(side, Either) else [(side, everyone)]
        for window, mine in parts:
            windows.setdefault(id(window.memory), []).append((window, mine & taking))
    result = []
    for (window, taking), *rest in windows.values():
        for another, more in rest:
            window, taking = another.merge(more, window), taking | more
        result.append((window, taking))
    (window, _lanes), *others = result
    return Either(result) if others else window


def chosen(mask: Any, new: Any, old: Any) -> Any:
    """`new` for the lanes of `mask`, `old` for the others, of numbers, tuples or windows."""
    if isinstance(new, tuple):
        return tuple(chosen(mask, n, o) for n, o in zip(new, old, strict=True))
    if isinstance(new, (Array, Record, Either)):
        return merged(mask, new, old)
    return np.where(mask, new, old)


Window = Array | Record | Either
