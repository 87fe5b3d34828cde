"""What the serial engine's generated code calls, for one thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Alloc, Part, Site, Unset
from gpu_labs.executor.observers.livelock import LongLoop
from gpu_labs.executor.runtime import atomics, elementwise, parts
from gpu_labs.executor.runtime.elementwise import Each
from gpu_labs.executor.runtime.printing import printed_value
from gpu_labs.executor.runtime.windows import Memory, c_strides
from gpu_labs.executor.serial.block import SerialBlock
from gpu_labs.executor.serial.memory import SerialArray, SerialRecord, StartedWalk
from gpu_labs.executor.serial.scalars import scalar


class EndedError(Exception):
    """The thread has raised, and so ends, however deep in device functions it is."""


class _Special(dict[str, Any]):
    """`threadIdx.x` and the other built-in numbers of one thread, each computed when it is first read."""

    def __init__(self, own: Callable[[Any], Any], of_all: dict[str, Any]) -> None:
        super().__init__()
        self._own, self._of_all = own, of_all

    def __missing__(self, name: str) -> Any:
        value = self[name] = self._own(self._of_all[name])
        return value


class _Checked:
    """As what `SerialArray.along` gives, with a test in each turn while somebody watches."""

    __slots__ = ("array", "axis", "index", "offset", "site", "straight", "thread", "walk", "wide")

    def __init__(self, thread: Thread, site: Site, array: SerialArray, walk: StartedWalk) -> None:
        self.thread, self.site, self.array, self.walk = thread, site, array, walk
        self.axis, self.index, self.offset, self.wide = walk.axis, walk.indices, walk.offset, walk.wide
        self.straight: Any = None

    def __getitem__(self, number: int) -> Any:
        if self.straight is not None:
            return self.straight[number]
        self.index[self.axis] = number + self.offset
        value = self.thread.load(self.site, self.array, *self.index)
        if self.array.quiet:  # from now on nobody watches
            last, sign = self.walk.numbers[-1], 1 if self.walk.numbers.step > 0 else -1
            self.straight = self.array.along(self.walk._replace(numbers=range(number, last + sign, sign)))
        return float(value) if self.wide else value


class _Elements:
    """The elements of arrays as NumPy scalars of the array's dtype, for `elementwise`."""

    def __init__(self, thread: Thread) -> None:
        self.thread = thread

    def view(self, site: Site, array: SerialArray, mask: None, *index: Any) -> SerialArray:
        """A row."""
        return self.thread.view(site, array, *map(int, index))

    def load(self, site: Site, array: SerialArray, mask: None, *index: int) -> Any:
        """An element."""
        return array.memory.buffer.dtype.type(self.thread.load(site, array, *index))

    def store(self, site: Site, array: SerialArray, mask: None, value: Any, *index: int) -> None:
        """Assign an element."""
        self.thread.store(site, array, scalar(value, array.memory.buffer.dtype), *index)


class Thread:
    """One thread of a block."""

    def __init__(self, block: SerialBlock, lane: int, at: int) -> None:
        self.block = block
        self.lane = lane
        self.at = at
        self.rank = -1.0  # of the block of the source that it waits in or left through
        self.special = _Special(self._own, block.lanes.special)
        self._allocated: dict[int, SerialArray] = {}
        self._spin: Any = None
        self._changed = True

    def _own(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(self._own, value))
        if value is None or np.ndim(value) == 0:
            return None if value is None else int(value)
        return int(np.broadcast_to(value, self.block.lanes.shape).reshape(-1)[self.at])

    # Memory

    def constant(self, value: np.ndarray, name: str) -> SerialArray:
        """A constant array that the kernel captured."""
        kept = self._allocated.get(id(value))
        if kept is None:
            kept = self._allocated[id(value)] = self.block.wrap(self.block.allocator.constant(value, name))
        return kept

    def allocate(self, alloc: Alloc) -> SerialArray:
        """A shared array of the block or a local one of the thread."""
        kept = self._allocated.get(alloc.id)
        if kept is None:
            window = self.block.allocator.allocate(alloc)
            base = window.base
            if np.ndim(base):
                base = np.broadcast_to(base, self.block.lanes.shape).reshape(-1)[self.at]
            kept = SerialArray(
                window.memory,
                int(base),
                tuple(map(int, window.shape)),
                tuple(map(int, window.strides)),
                window.memory.state is not None or alloc.space == "shared",
            )
            self._allocated[alloc.id] = kept
        return kept

    def place(self, site: Site, array: SerialArray, index: tuple[int, ...]) -> int | None:
        """The cell of an element; None outside the array, which a finding reports."""
        if not array.exists:
            return None
        cell = array.base
        for axis, (i, n, step) in enumerate(zip(index, array.shape, array.strides, strict=True)):
            if not 0 <= i < n:
                self.block.watch.out_of_bounds(site, array, index, axis, self.alone())  # type: ignore[arg-type]
                return None
            cell += i * step
        return cell

    def load(self, site: Site, array: SerialArray, *index: int) -> Any:
        """`array[index]`; 0 outside."""
        cell = self.place(site, array, index)
        if cell is None:
            return scalar(0, array.memory.buffer.dtype)
        if self.block.watch.observes:
            self.block.note(array.memory, "read", cell, self.lane, None, site)
        return array.get(cell)

    def reader(
        self, site: Site, array: SerialArray, index: list[Any], offset: int, numbers: range, wide: bool
    ) -> Any:
        """What reads `array[index]` as `[j]` in a loop over `numbers`; the moving index is None in `index`."""
        if not numbers:
            return None
        walk = StartedWalk(index.index(None), index, offset, numbers, wide)
        straight = array.along(walk)
        return _Checked(self, site, array, walk) if straight is None else straight

    def values(
        self, site: Site, array: SerialArray, index: list[Any], offset: int, numbers: range, wide: bool
    ) -> Any:
        """The values of `array[index]` for `numbers`, one after the other."""
        reader = self.reader(site, array, index, offset, numbers, wide)
        if numbers and array.memory.steady and numbers.step > 0 and not isinstance(reader, _Checked):
            return list(reader[numbers[0] : numbers[-1] + 1 : numbers.step])
        return map(reader.__getitem__, numbers) if numbers else ()

    def store(self, site: Site, array: SerialArray, value: Any, *index: int) -> None:
        """`array[index] = value`; nothing outside."""
        cell = self.place(site, array, index)
        if cell is None:
            return
        memory = array.memory
        if self.block.watch.observes:
            self.block.note(memory, "write", cell, self.lane, value, site)
        if not self._changed:
            self._changed = memory.buffer[cell] != value
        memory.buffer[cell] = value

    def view(self, site: Site, array: SerialArray, *index: Any) -> SerialArray:
        """A row or slice."""
        base, exists = array.base, array.exists
        shape: list[int] = []
        strides: list[int] = []
        for axis, (n, step) in enumerate(zip(array.shape, array.strides, strict=True)):
            part = index[axis] if axis < len(index) else slice(None)
            if isinstance(part, slice):
                chosen = range(n)[part] if part.step != 0 else range(0)
                base += chosen.start * step if len(chosen) else 0
                shape.append(len(chosen))
                strides.append(step * chosen.step)
            else:
                line = SerialArray(array.memory, 0, (n,), (step,), True, exists)
                cell = self.place(site, line, (part,))
                exists = cell is not None
                base += cell or 0
        watched = array.memory.state is not None or array.memory.space != "global" or self.block.records
        return SerialArray(array.memory, base, tuple(shape), tuple(strides), watched, exists)

    def fill(self, site: Site, window: SerialArray, value: Any) -> None:
        """`window[...] = value`, element by element."""
        for place in range(window.shape[0]):
            if len(window.shape) == 1:
                self.store(site, window, value, place)
            else:
                self.fill(site, self.view(site, window, place), value)

    def each(self, site: Site, what: Each, operands: tuple[Any, ...]) -> None:
        """A function of NumPy over the elements of arrays."""
        elementwise.apply(_Elements(self), site, what, None, operands)

    def part(self, home: SerialArray | SerialRecord, part: Part) -> SerialArray:
        """A window on a part of an array's elements or of one record."""
        whole = home.memory
        memory, step = parts.memory_of(whole, part, self.block.watch.part), parts.step(whole, part)
        inner, shape = parts.inner_strides(whole, part), part.shape or ()
        watched = memory.state is not None or memory.space != "global" or self.block.records
        if isinstance(home, SerialRecord):
            return SerialArray(memory, (home.cell or 0) * step, shape, inner, watched, home.cell is not None)
        sizes, strides = home.shape, tuple(s * step for s in home.strides)
        if part.shape is None:
            sizes = (*sizes[:-1], sizes[-1] * whole.buffer.itemsize // part.dtype.itemsize)
            strides = (*strides[:-1], max(1, part.dtype.itemsize // whole.buffer.itemsize))
        return SerialArray(
            memory, home.base * step, (*sizes, *shape), (*strides, *inner), watched, home.exists
        )

    def reshape(self, site: Site, array: SerialArray, shape: tuple[int, ...]) -> SerialArray:
        """The same elements in another shape; raises EndedError where they do not fit."""
        size = math.prod(array.shape)
        sizes = tuple(map(int, parts.reshaped(shape, size)))
        plain = zip(array.shape, array.strides, c_strides(array.shape), strict=True)
        if math.prod(sizes) != size or any(s != c and n != 1 for n, s, c in plain):
            self.raised(site, "ValueError('incompatible shape for array')")
        strides = tuple(map(int, c_strides(sizes)))
        return SerialArray(array.memory, array.base, sizes, strides, True, array.exists)

    def flat(self, site: Site, array: SerialArray, elements: bool) -> Iterator[Any]:
        """All elements, or windows on them, the last dimension fastest."""
        take = self.load if elements else self.view
        for index in np.ndindex(array.shape):
            yield take(site, array, *index)

    def record(self, site: Site, array: SerialArray, *index: int) -> SerialRecord:
        """A reference to a structured element."""
        return SerialRecord(array.memory, self.place(site, array, index))

    def get_field(self, site: Site, record: SerialRecord, field: str) -> Any:
        """One field of a record."""
        memory = record.memory
        if record.cell is None:
            return scalar(0, memory.buffer.dtype[field])
        if self.block.watch.observes:
            self.block.note(memory, "read", self._cell(record.cell, memory, field), self.lane, None, site)
        return scalar(memory.buffer[field][record.cell], memory.buffer.dtype[field])

    def set_field(self, site: Site, record: SerialRecord, field: str, value: Any) -> None:
        """Assign one field of a record."""
        memory = record.memory
        if record.cell is None:
            return
        value = scalar(value, memory.buffer.dtype[field])
        if self.block.watch.observes:
            self.block.note(memory, "write", self._cell(record.cell, memory, field), self.lane, value, site)
        memory.buffer[field][record.cell] = value
        self._changed = True

    def _cell(self, cell: int, memory: Memory, field: str) -> int:
        return cell * len(memory.fields) + memory.fields.index(field)

    def atomic(
        self, site: Site, name: str, array: SerialArray, index: tuple[int, ...], operands: tuple[Any, ...]
    ) -> Any:
        """An atomic operation; returns what was there."""
        cell = self.place(site, array, index)
        memory = array.memory
        if cell is None:
            return scalar(0, memory.buffer.dtype)
        if self.block.watch.observes:
            self.block.note(memory, "atomic", cell, self.lane, None, site)
        old = array.get(cell)
        where = np.array([cell])
        values = [np.array([v], memory.buffer.dtype) for v in operands]
        atomics.apply(name, memory.buffer, where, values, name not in atomics.REDUCTIONS)
        if not self._changed:
            self._changed = memory.buffer[cell] != old
        return old

    # The rest

    def item(self, site: Site, items: tuple[Any, ...], index: int) -> Any:
        """`items[index]` with an index that is not constant; the first item where the index is outside."""
        if -len(items) <= index < len(items):
            return items[index]
        self.block.watch.outside_tuple(site, len(items), index, self.alone())
        return items[0]

    def attribute(self, value: Any, name: str) -> Any:
        """`value.name` of an array, a tuple or a number."""
        if isinstance(value, SerialArray):
            size = value.memory.buffer.itemsize
            if name == "address":
                memory = value.memory
                base = value.base if memory.space == "global" else value.base % max(1, memory.per_owner)
                return int(parts.address(memory)) + base * memory.buffer.strides[0]
            total = int(np.prod(value.shape))
            if name == "T":
                shape, strides = value.shape[::-1], value.strides[::-1]
                return SerialArray(value.memory, value.base, shape, strides, True, value.exists)
            found = {
                "shape": value.shape,
                "len": value.shape[0] if value.shape else 0,
                "ndim": len(value.shape),
                "size": total,
                "itemsize": size,
                "nbytes": total * size,
                "strides": tuple(s * size for s in value.strides),
            }
            return found[name]
        if isinstance(value, tuple):
            return len(value) if name == "len" else value["xyz".index(name)]
        got = getattr(value, name)
        return scalar(got, np.asarray(got).dtype)

    def range(self, site: Site, start: int, stop: int, step: int) -> range:
        """`range(start, stop, step)`; empty, and reported, where the step is 0."""
        if step:
            return range(start, stop, step)
        self.block.watch.zero_step(site, self.alone())
        return range(0)

    def iterate(self, site: Site, source: Any) -> Iterator[Any]:
        """`iter(source)`."""
        if isinstance(source, SerialArray):
            return self._elements(site, source)
        return iter(source)

    def _elements(self, site: Site, array: SerialArray) -> Iterator[Any]:
        for i in range(array.shape[0]):
            yield self.load(site, array, i) if len(array.shape) == 1 else self.view(site, array, i)

    def undefined(self, site: Site, unset: Unset, ends: bool = False) -> None:
        """The thread reads a variable that has no value on its path; raises EndedError where it cannot go on."""
        self.block.watch.undefined(site, unset, self.alone(), np.bool_(False))
        if ends:
            raise EndedError

    def raised(self, site: Site, what: str) -> None:
        """The thread raises `what`: raises EndedError."""
        self.block.watch.raised(site, what, self.alone())
        raise EndedError

    def alone(self) -> np.ndarray:
        """The lane mask of this thread."""
        mask = np.zeros(self.block.lanes.per_block, bool)
        mask[self.at] = True
        return mask.reshape(self.block.lanes.shape)

    def fence(self) -> None:
        """A `threadfence`."""
        self.block.watch.fence(self.alone())

    def print(self, *values: Any) -> None:
        """One line of output."""
        self.block.printed.write(" ".join(_word(v) for v in values) + "\n")

    def turn(self, site: Site, turns: int, state: tuple[Any, ...], kinds: list[str]) -> None:
        """As `Run.turn`, for one thread."""
        watch = self.block.watch
        if turns & 1023 == 0:
            self._spin, self._changed = state, False
        elif not self._changed and self._spin is not None:
            if len(state) == len(self._spin) and all(
                _same(a, b) for a, b in zip(state, self._spin, strict=True)
            ):
                watch.stuck(LongLoop(site, turns, kinds, spinning=True), self.alone())
            self._changed = True
        if turns >= watch.step_budget:
            watch.stuck(LongLoop(site, turns, kinds, spinning=False), self.alone())


def _same(a: Any, b: Any) -> bool:
    return a is b or (
        type(a) is type(b) and not isinstance(a, (SerialArray, Iterator)) and (a == b or (a != a and b != b))
    )


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return printed_value(tuple(_word(v) for v in value))
    return printed_value(float(value)) if isinstance(value, np.floating) else printed_value(value)
