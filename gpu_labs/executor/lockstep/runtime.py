"""The lock-step engine: runs a compiled program over a stretch of blocks, all lanes at once."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import SHUFFLES, Part, Site
from gpu_labs.executor.lockstep.iterators import Enumerated, RangeOf, Zipped, iterator
from gpu_labs.executor.observers.livelock import LongLoop
from gpu_labs.executor.runtime import atomics, elementwise, parts
from gpu_labs.executor.runtime.allocator import Allocator
from gpu_labs.executor.runtime.atomics import Atomic
from gpu_labs.executor.runtime.elementwise import Each
from gpu_labs.executor.runtime.lanes import Lanes, Mask
from gpu_labs.executor.runtime.memory import Port, spread
from gpu_labs.executor.runtime.printing import printed_value
from gpu_labs.executor.runtime.undo import Loneliness
from gpu_labs.executor.runtime.warp import Warps
from gpu_labs.executor.runtime.windows import Array, Either, Record, both


class Run:
    """What the generated code calls, for one stretch of blocks. `watch` sees accesses and barriers and
    makes the findings (`observers/observer.py`)."""

    def __init__(
        self,
        lanes: Lanes,
        watch: Any,
        shared_bytes: int,
        printed: io.StringIO,
        profile: Any,
        loneliness: Loneliness | None = None,
    ) -> None:
        self.lanes = lanes
        self.watch = watch
        self.printed = printed
        self.profile = profile
        self.loneliness = loneliness
        seen = watch.seen if watch.observes else None
        self.port = Port(lanes, watch.out_of_bounds, seen, watch.look, loneliness)
        arrays = Allocator(lanes, watch, shared_bytes)
        self.constant, self.allocate = arrays.constant, arrays.allocate
        self._warps: Warps | None = None
        self._spin: Any = None

    # What code asks of values

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name` of an array or a number."""
        if isinstance(value, Either):
            return value.of_each(None, lambda window, _: self.attribute(window, name))
        if isinstance(value, Array):
            if name == "shape":
                return value.shape
            if name == "len":
                return value.shape[0]
            if name == "ndim":
                return np.int64(len(value.shape))
            if name == "size":
                total = np.int64(1)
                for n in value.shape:
                    total = total * n
                return total
            if name == "itemsize":
                return np.int64(value.memory.buffer.itemsize)
            if name == "strides":
                return tuple(s * np.int64(value.memory.buffer.itemsize) for s in value.strides)
            if name == "nbytes":
                return self.attribute(value, "size") * np.int64(value.memory.buffer.itemsize)
            if name == "address":
                return np.uint64(1) * parts.address(value.memory) + _within(value).astype(np.uint64)
            if name == "T":
                return Array(value.memory, value.base, value.shape[::-1], value.strides[::-1], value.exists)
        if isinstance(value, tuple) and name == "len":
            return np.int64(len(value))
        if isinstance(value, tuple) and name in ("x", "y", "z"):
            return value["xyz".index(name)]
        return getattr(value, name)

    def item(self, site: Site, mask: Mask, items: tuple[Any, ...], index: Any) -> Any:
        """`items[index]` with an index that is not constant; the first item where the index is outside."""
        outside = (index < -len(items)) | (index >= len(items))
        if index.ndim == 0 and not outside:
            return items[int(index)]
        if outside.any():
            self.watch.outside_tuple(site, len(items), index, self.lanes.full_mask(mask) & outside)
        result = items[0]
        for at, item in enumerate(items[1:], 1):
            result = self.lanes.choose((index == at) | (index == at - len(items)), item, result)
        return result

    def range(self, site: Site, mask: Mask, start: Any, stop: Any, step: Any) -> RangeOf:
        """`range(start, stop, step)`; empty, and reported, where the step is 0."""
        if not step.all():
            self.watch.zero_step(site, self.lanes.full_mask(mask) & (step == 0))
        return RangeOf(start, stop, step)

    def iterate(self, site: Site, source: Any) -> Any:
        """`iter(source)`."""
        return iterator(self.port, site, source)

    def enumerate(self, site: Site, source: Any, start: Any) -> Enumerated:
        """`enumerate(source, start)`."""
        return Enumerated(iterator(self.port, site, source), start)

    def zip(self, site: Site, *sources: Any) -> Zipped:
        """`zip(*sources)`."""
        return Zipped([iterator(self.port, site, each) for each in sources])

    def each(self, site: Site, what: Each, mask: Mask, operands: tuple[Any, ...]) -> None:
        """A function of NumPy over the elements of arrays."""
        elementwise.apply(self.port, site, what, mask, operands)

    def part(self, home: Array | Record | Either, part: Part) -> Array | Either:
        """A window on a part of an array's elements or of one record."""
        if isinstance(home, Either):
            return home.of_each(None, lambda window, _: self.part(window, part))
        memory, step = parts.memory_of(home.memory, part, self.watch.part), parts.step(home.memory, part)
        inner = tuple(map(np.int64, parts.inner_strides(home.memory, part)))
        shape = tuple(map(np.int64, part.shape or ()))
        if isinstance(home, Record):
            return Array(memory, home.flat * np.int64(step), shape, inner, home.exists)
        strides = tuple(s * np.int64(step) for s in home.strides)
        sizes = home.shape
        if part.shape is None:
            last = sizes[-1] * np.int64(home.memory.buffer.itemsize) // np.int64(part.dtype.itemsize)
            sizes = (*sizes[:-1], last)
            strides = (*strides[:-1], np.int64(max(1, part.dtype.itemsize // home.memory.buffer.itemsize)))
        return Array(memory, home.base * np.int64(step), (*sizes, *shape), (*strides, *inner), home.exists)

    def reshape(self, site: Site, mask: Mask, array: Array | Either, shape: tuple[Any, ...]) -> Any:
        """The same elements in another shape; those of the lanes for which they do not fit are nowhere."""
        if isinstance(array, Either):
            return array.of_each(mask, lambda window, lanes: self.reshape(site, lanes, window, shape))
        size, straight = np.int64(1), np.bool_(True)
        for n, stride in zip(reversed(array.shape), reversed(array.strides), strict=True):
            straight = straight & ((stride == size) | (n == 1))
            size = size * n
        sizes = parts.reshaped(shape, size)
        total, strides = np.int64(1), []
        for n in reversed(sizes):
            strides.append(total)
            total = total * n
        fits = straight & (total == size)
        exists = array.exists
        if not fits.all():
            wrong = self.lanes.full_mask(mask) & ~fits
            self.watch.raised(site, "ValueError('incompatible shape for array')", wrong)
            exists = both(exists, np.broadcast_to(fits, self.lanes.shape))
        return Array(array.memory, array.base, sizes, tuple(reversed(strides)), exists)

    # Threads together

    def barrier(self, site: Site, name: str, mask: Mask, predicate: Any) -> Any:
        """`syncthreads` and its forms that count."""
        self.watch.barrier(site, mask, counts=predicate is not None)
        if predicate is None:
            return None
        lanes = self.lanes
        taking = lanes.full_mask(mask).reshape(lanes.count, -1)
        truth = np.broadcast_to(predicate != 0, lanes.shape).reshape(lanes.count, -1)
        if name == "syncthreads_count":
            result = (truth & taking).sum(1)
        elif name == "syncthreads_and":
            result = (truth | ~taking).all(1)
        else:
            result = (truth & taking).any(1)
        return result.astype(np.int32).reshape(-1, 1, 1, 1)

    def warp(self, site: Site, name: str, mask: Mask, args: tuple[Any, ...]) -> Any:
        """Warp functions; all but `activemask` and `lanemask_lt` order the memory of their lanes. A shuffle gives
        a pair: the values, and for which lanes their source took part."""
        if self._warps is None:
            self._warps = Warps(self.lanes)
        if name not in ("activemask", "lanemask_lt"):
            self.watch.warp_barrier(mask)
            self.watch.warp_members(site, name, self._warps, mask, args[0] if args else None)
        if name == "syncwarp":
            return None
        if name in SHUFFLES:
            return self._warps.shuffle(name, mask, args)
        return self._warps.run(name, mask, args)

    def fence(self, mask: Mask) -> None:
        """`threadfence` and its variants."""
        self.watch.fence(mask)

    def grid_sync(self, site: Site, mask: Mask) -> None:
        """Cooperative groups: every thread of the grid waits for every other."""
        self.watch.grid_barrier(site, mask)

    def atomic(
        self,
        atomic: Atomic,
        array: Array | Either,
        mask: Mask,
        index: tuple[Any, ...],
        operands: tuple[Any, ...],
    ) -> Any:
        """An atomic operation; returns what each lane found in its cell, None if nobody wants that."""
        wanted = atomic.wanted
        if isinstance(array, Either):
            result: Any = np.zeros(self.lanes.shape, array.dtype)
            for window, taking in array.under(mask):
                old = self.atomic(atomic, window, taking, index, operands)
                result = np.where(taking, old, result) if wanted else None
            return result
        flat, good = self.port.place(atomic.site, array, mask, index)
        mask = both(mask, good)
        memory, lanes = array.memory, self.lanes
        where = lanes.active(mask, lanes.shape) if mask is not None else np.arange(lanes.lane.size)
        cells = spread(flat, lanes.shape, where)
        dtype = memory.buffer.dtype
        values = [spread(o.astype(dtype), lanes.shape, where) for o in operands]
        before = memory.buffer[cells] if self.port.watching else None
        if self.loneliness is not None:
            self.loneliness.writes(memory.buffer, cells)
        old = atomics.apply(atomic.name, memory.buffer, cells, values, wanted) if where.size else None
        if before is not None and not np.array_equal(before, memory.buffer[cells]):
            self.port.changed = True
        if self.port.seen is not None:
            self.port.note(memory, "atomic", flat, mask, memory.buffer.take(flat, mode="clip"), atomic.site)
        if not wanted:
            return None
        result = np.zeros(lanes.lane.size, dtype)
        if old is not None:
            result[where] = old
        return result.reshape(lanes.shape)

    def print(self, mask: Mask, *values: Any) -> None:
        """`print` from every lane of the mask, one line each, in the lanes' order."""
        lanes = self.lanes
        where = np.flatnonzero(lanes.full_mask(mask))
        columns = [_column(v, lanes, where) for v in values]
        for row in range(len(where)):
            self.printed.write(" ".join(column[row] for column in columns) + "\n")

    # Loops without an end

    def turn(self, site: Site, turns: int, mask: Mask, state: tuple[Any, ...], kinds: list[str]) -> None:
        """Called now and then by a `while` loop: ends the launch when the loop makes no progress, that is
        when a whole turn changed neither its variables nor any memory, or when its budget is used up."""
        port = self.port
        if turns & 1023 == 0:
            self._spin, port.watching, port.changed = state, True, False
        elif port.watching:
            port.watching = False
            same = len(state) == len(self._spin) and all(
                _unchanged(a, b, mask) for a, b in zip(state, self._spin, strict=True)
            )
            if same and not port.changed:
                self.watch.stuck(LongLoop(site, turns, kinds, spinning=True), mask)
        if turns >= self.watch.step_budget:
            self.watch.stuck(LongLoop(site, turns, kinds, spinning=False), mask)


def _within(array: Array) -> Any:
    """Bytes from the start of what one block or thread has of its memory."""
    base = array.base if array.memory.space == "global" else array.base % max(1, array.memory.per_owner)
    return base * np.int64(array.memory.buffer.strides[0])


def _column(value: Any, lanes: Lanes, where: np.ndarray) -> list[str]:
    """What each lane prints for one argument."""
    if isinstance(value, str):
        return [value] * len(where)
    if isinstance(value, tuple):
        rows = zip(*(_column(v, lanes, where) for v in value), strict=True)
        return [printed_value(row) for row in rows]
    return [printed_value(v) for v in spread(np.asarray(value), lanes.shape, where).tolist()]


def _unchanged(a: Any, b: Any, mask: Mask) -> bool:
    if a is b:
        return True
    if not isinstance(a, (np.ndarray, np.generic)) or not isinstance(b, (np.ndarray, np.generic)):
        return False
    same = (a == b) | ((a != a) & (b != b))
    return bool(np.all(same if mask is None else same | ~mask))
