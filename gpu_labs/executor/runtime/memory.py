"""Memory: every load and store of the lock-step engine passes one `load` and one `store`.

A row `a[i]` or a slice is another window on the same memory (`windows.py`), so that a hazard is seen whichever
window it goes through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.ir.whole_numbers import value_of_one_object, whole_number
from gpu_labs.executor.launch_record import AccessKind
from gpu_labs.executor.runtime.lanes import Lanes, Mask
from gpu_labs.executor.runtime.undo import Loneliness
from gpu_labs.executor.runtime.windows import ZERO, Array, Either, Memory, Record, both

PLACES, PLACES_BYTES = 4096, 16 << 20  # what is kept of where elements lie
_UNSIGNED = {np.dtype(f"i{n}"): np.dtype(f"u{n}") for n in (4, 8)}


FEW = 256  # elements up to which plain indexing is quicker than `take`

MANY_SEEN, LARGE_SEEN = 256, 2048  # accesses, or the elements of one, at which the observer looks

Seen = tuple[
    Memory, AccessKind, Any, Mask, Any, Site
]  # memory, kind, places, mask, what was found or written, line
OutOfBounds = Callable[[Site, Array, tuple[Any, ...], int, Any], None]


class Port:
    """The one load and the one store. Each access that is inside its array is noted in `seen`, unless that is None or
    nobody looks at the memory; `look` is called before the notes take much room. `out_of_bounds` gets every access that
    is outside; it reads 0, or is dropped."""

    def __init__(
        self,
        lanes: Lanes,
        out_of_bounds: OutOfBounds,
        seen: list[Seen] | None,
        look: Callable[[], None],
        loneliness: Loneliness | None = None,
    ) -> None:
        self.lanes = lanes
        self.out_of_bounds = out_of_bounds
        self.seen = seen
        self.look = look
        self.loneliness = loneliness
        self.changed = True
        self.watching = False
        self._tops: dict[int, tuple[Any, int]] = {}
        self._places: dict[tuple[int, ...], tuple[Array, tuple[Any, ...], Any, Memory]] = {}
        self._places_bytes = 0

    def load(self, site: Site, array: Array | Either, mask: Mask, *index: Any) -> Any:
        """`array[index]` for the lanes of `mask`, 0 outside the array; other lanes get anything."""
        if len(index) == 2:
            i, j = index
            key: tuple[int, ...] = (id(array), id(i), id(j))
        else:
            key = (id(array), *map(id, index))
        kept = self._places.get(key)
        if kept is None:
            return self._load(site, array, mask, index, key)
        _array, _index, flat, memory = kept
        buffer = memory.buffer
        found = buffer[flat] if flat.size <= FEW else buffer.take(flat, mode="clip")
        seen = self.seen
        if seen is not None and not memory.quiet:
            seen.append((memory, "read", flat, mask, found, site))
            if len(seen) >= MANY_SEEN or flat.size > LARGE_SEEN:
                self.look()
        return found

    def _load(
        self, site: Site, array: Array | Either, mask: Mask, index: tuple[Any, ...], key: tuple[int, ...]
    ) -> Any:
        """`load` of a place that is not known yet."""
        if isinstance(array, Either):
            return array.of_each(mask, lambda window, lanes: self.load(site, window, lanes, *index))
        flat, good = self._find_place(site, array, mask, index, key)
        memory = array.memory
        found = memory.buffer[flat] if flat.ndim == 0 else memory.buffer.take(flat, mode="clip")
        self.note(memory, "read", flat, both(mask, good), found, site)
        return found if good is None else np.where(good, found, memory.buffer.dtype.type())

    def store(self, site: Site, array: Array | Either, mask: Mask, value: Any, *index: Any) -> None:
        """`array[index] = value` for the lanes of `mask`; of several lanes on one cell the last wins."""
        key = (id(array), *map(id, index))
        kept = self._places.get(key)
        if kept is not None:
            _array, _index, flat, memory = kept
        elif isinstance(array, Either):
            for window, lanes in array.under(mask):
                self.store(site, window, lanes, value, *index)
            return
        else:
            flat, good = self._find_place(site, array, mask, index, key)
            mask, memory = both(mask, good), array.memory
        value = value.astype(memory.buffer.dtype, copy=False)
        self.note(memory, "write", flat, mask, value, site)
        self.put(memory, memory.buffer, flat, mask, value)

    def note(self, memory: Memory, kind: AccessKind, flat: Any, mask: Mask, value: Any, site: Site) -> None:
        """Tell the observer of an access inside its array: `value` is what was found or is written."""
        seen = self.seen
        if seen is not None and not memory.quiet:
            seen.append((memory, kind, flat, mask, value, site))
            if len(seen) >= MANY_SEEN or flat.size > LARGE_SEEN:
                self.look()

    def put(self, memory: Memory, buffer: np.ndarray, flat: Any, mask: Mask, value: Any) -> None:
        """Scatter into `buffer`, which is all of `memory` or one of its fields, under a mask."""
        if mask is not None:
            shape = np.broadcast_shapes(flat.shape, mask.shape, value.shape)
            where = self.lanes.active(mask, shape)
            if not where.size:
                return
            flat, value = spread(flat, shape, where), spread(value, shape, where)
        if self.watching and not self.changed:
            self.changed = not np.array_equal(buffer[flat], np.broadcast_to(value, np.shape(buffer[flat])))
        if self.loneliness is not None and memory.space == "global":  # others do not outlive the launch
            self.loneliness.writes(buffer, flat)
        if flat.ndim == 0:
            buffer[flat] = value if value.ndim == 0 else value.reshape(-1)[-1]
        elif value.ndim and value.shape != flat.shape:
            flat, value = np.broadcast_arrays(flat, value)
            buffer[flat] = value
        else:
            buffer[flat] = value

    def fill(self, site: Site, window: Array | Either, mask: Mask, value: Any) -> None:
        """`window[...] = value`, element by element; a window may have another length in each lane."""
        if not window.shape:
            self.store(site, window, mask, value)
            return
        size = window.shape[0]
        for place in range(int(np.max(size))):
            inside = place < size
            taking = mask if inside.ndim == 0 else inside if mask is None else mask & inside
            if len(window.shape) == 1:
                self.store(site, window, taking, value, whole_number(place))
            else:
                self.fill(site, self.view(site, window, taking, whole_number(place)), taking, value)

    def get_field(self, site: Site, record: Record | Either, mask: Mask, field: str) -> Any:
        """One field of a record."""
        if isinstance(record, Either):
            return record.of_each(mask, lambda window, lanes: self.get_field(site, window, lanes, field))
        memory = record.memory
        mask = both(mask, record.exists)
        if self.seen is not None:
            self.note(memory, "read", self._cell(memory, record.flat, field), mask, None, site)
        found = memory.buffer[field].take(record.flat, mode="clip")
        return found if record.exists is None else np.where(record.exists, found, found.dtype.type())

    def set_field(self, site: Site, record: Record | Either, mask: Mask, field: str, value: Any) -> None:
        """Assign one field of a record."""
        if isinstance(record, Either):
            for window, lanes in record.under(mask):
                self.set_field(site, window, lanes, field, value)
            return
        memory = record.memory
        mask = both(mask, record.exists)
        value = value.astype(memory.buffer.dtype[field])
        if self.seen is not None:
            self.note(memory, "write", self._cell(memory, record.flat, field), mask, value, site)
        self.put(memory, memory.buffer[field], record.flat, mask, value)

    def _cell(self, memory: Memory, flat: Any, field: str) -> Any:
        return flat * np.int64(len(memory.fields)) + np.int64(memory.fields.index(field))

    def record(self, site: Site, array: Array | Either, mask: Mask, *index: Any) -> Record | Either:
        """A reference to a structured element."""
        if isinstance(array, Either):
            return array.of_each(mask, lambda window, lanes: self.record(site, window, lanes, *index))
        return Record(array.memory, *self.place(site, array, mask, index))

    def place(self, site: Site, array: Array, mask: Mask, index: tuple[Any, ...]) -> tuple[Any, Mask]:
        """Flat places of the elements, and the mask of the lanes whose element exists: None when every lane
        of `mask` has one."""
        key = (id(array), *map(id, index))
        kept = self._places.get(key)
        if kept is not None:
            _array, _index, flat, _memory = kept
            return flat, None
        return self._find_place(site, array, mask, index, key)

    def _find_place(
        self, site: Site, array: Array, mask: Mask, index: tuple[Any, ...], key: tuple[int, ...]
    ) -> tuple[Any, Mask]:
        flat = _place_of_numbers(array, index)
        if flat is not None:
            self._keep_place(array, index, flat, key)
            return flat, None
        offset: Any = ZERO
        parts: list[Any] = []
        good: Mask = array.exists
        mask = both(mask, good)
        for axis, (i, n, step) in enumerate(zip(index, array.shape, array.strides, strict=True)):
            if not self._inside(i, n):
                inside = (i >= 0) & (i < n)
                outside = ~inside if mask is None else mask & ~inside
                if outside.any():
                    self.out_of_bounds(site, array, index, axis, outside)
                    good = inside if good is None else good & inside
                    mask = both(mask, inside)  # a lane is outside once, however many of its indices are
                i = np.where(inside, i, ZERO)
            if i.ndim == 0:
                offset = offset + i * step
            else:
                parts.append(i if step == 1 else i * step)
        flat = self._sum(array.base, offset, parts)
        if good is not None:
            if good.ndim == 0:
                good = np.asarray(good).reshape(1, 1, 1, 1)
            return flat, good
        if all(i.ndim or value_of_one_object(i) is not None for i in index):
            self._keep_place(array, index, flat, key)
        return flat, None

    def _keep_place(self, array: Array, index: tuple[Any, ...], flat: Any, key: tuple[int, ...]) -> None:
        """Find the same index at once next time. A number that was just computed never comes again."""
        self._places_bytes += flat.nbytes
        if self._places_bytes > PLACES_BYTES or len(self._places) >= PLACES:
            self._places.clear()
            self._places_bytes = flat.nbytes
        self._places[key] = (array, index, flat, array.memory)

    @staticmethod
    def _sum(base: Any, offset: Any, parts: list[Any]) -> Any:
        """base + offset + all parts, small arrays first."""
        if base is not ZERO:
            if base.ndim == 0:
                offset = offset + base
            else:
                parts.append(base)
        if not parts:
            return offset
        if len(parts) > 1:
            parts.sort(key=_size)
        flat = parts[0]
        if offset != 0:
            flat = flat + offset
        for part in parts[1:]:
            flat = flat + part
        return flat

    def _inside(self, i: Any, n: Any) -> bool:
        """Whether all lanes, also those that take no part, are inside: the common case, answered fast."""
        if isinstance(n, np.ndarray):
            return False
        if i.ndim == 0:
            return bool(0 <= i < n)
        kept = self._tops.get(id(i))
        if kept is None:
            top = _top(i)
            if len(self._tops) > 64:
                self._tops.clear()
            self._tops[id(i)] = (i, top)
            return top < n
        _index, top = kept
        return top < n

    def view(self, site: Site, array: Array | Either, mask: Mask, *index: Any) -> Array | Either:
        """A window: whole-number indices drop a dimension, slices and missing indices keep it."""
        if isinstance(array, Either):
            return array.of_each(mask, lambda window, lanes: self.view(site, window, lanes, *index))
        base, exists = array.base, array.exists
        shape: list[Any] = []
        strides: list[Any] = []
        for axis, n in enumerate(array.shape):
            step = array.strides[axis]
            part = index[axis] if axis < len(index) else (None, None, None)
            if isinstance(part, tuple):
                start, length, stride = slice_of(part, n)
                base = base + start * step
                shape.append(length)
                strides.append(step * stride)
            else:
                line = Array(array.memory, ZERO, (n,), (step,), exists)
                offset, exists = self.place(site, line, mask, (part,))
                base = base + offset
        return Array(array.memory, base, tuple(shape), tuple(strides), exists)


def _place_of_numbers(array: Array, index: tuple[Any, ...]) -> Any:
    """The flat place of an element that has the same small numbers in all lanes, inside the array; None for others."""
    if array.exists is not None:
        return None
    offset = 0
    for i, n, step in zip(index, array.shape, array.strides, strict=True):
        value = value_of_one_object(i)
        if value is None or isinstance(n, np.ndarray) or value >= n or isinstance(step, np.ndarray):
            return None
        offset += value * step
    return array.base + np.int64(offset)


def _top(i: np.ndarray) -> int:
    """The largest index, where a negative one counts as larger than any array has room for."""
    if i.dtype.kind == "i" and i.dtype.itemsize < 4:
        i = i.astype(np.int64)  # an array may well be longer than the 256 values of an int8
    return int(i.view(_UNSIGNED.get(i.dtype, i.dtype)).max())


def _size(value: Any) -> int:
    return value.size


def spread(value: Any, shape: tuple[int, ...], where: np.ndarray) -> Any:
    """The elements at flat places `where` of `value` broadcast to `shape`; a scalar stays one."""
    if value.ndim == 0:
        return np.broadcast_to(value, where.shape)
    if value.shape != shape:
        value = np.broadcast_to(value, shape)
    return value.reshape(-1).take(where)


def slice_of(part: tuple[Any, Any, Any], n: Any) -> tuple[Any, Any, Any]:
    """Start, length and step of `start:stop:step` in a dimension of `n`, clipped as Python does."""
    start, stop, step = part
    step = np.int64(1) if step is None else step
    none = step == 0
    step = np.where(none, 1, step)[()]
    down = step < 0
    low = np.where(down, -1, 0)
    high = np.where(down, n - 1, n)

    def clip(value: Any) -> Any:
        value = np.where(value < 0, value + n, value)
        return np.minimum(np.maximum(value, low), high)

    first = np.where(down, high, 0) if start is None else clip(start)
    last = np.where(down, low, n) if stop is None else clip(stop)
    length = np.where(none, 0, np.maximum(0, (last - first + step - np.where(down, -1, 1)) // step))
    return tuple(v[()] if v.ndim == 0 else v for v in map(np.asarray, (first, length, step)))  # type: ignore[return-value]


def garbage(length: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Memory that nobody has written: on a GPU it holds anything, here always the same large numbers, so
    that a kernel that reads it gives the same wrong result each time."""
    return np.full(max(length, 1) * dtype.itemsize, 0x7F, np.uint8).view(dtype)
