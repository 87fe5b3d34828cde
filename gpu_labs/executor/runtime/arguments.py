"""Arguments of a launch: learners' arrays as `Array`s on `Memory`, numbers as typed scalars.

Arrays that overlap in memory (`x` and `x[1:]`) share one `Memory`, so that a race between two arguments is
seen too.
"""

from __future__ import annotations

import ctypes
import enum
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.launch_record import KernelTypeError
from gpu_labs.executor.runtime.device_array import DeviceArray
from gpu_labs.executor.runtime.windows import ZERO, Array, Memory, Record, c_strides
from graphviz_tools.language import _


def host_array(value: Any, name: str) -> Any:
    """What a kernel works on for argument `value`: the NumPy array itself, a view of a device array's or a
    CPU tensor's memory, or the value unchanged when it is not an array.

    Raises:
        KernelTypeError: the tensor's memory cannot be shared.
    """
    if isinstance(value, tuple):
        return _like(value, [host_array(item, f"{name}[{at}]") for at, item in enumerate(value)])
    if isinstance(value, (np.ndarray, np.generic, int, float, complex, bool)) or value is None:
        return value
    if isinstance(value, DeviceArray):
        return value.host
    if hasattr(value, "__array_interface__") or hasattr(value, "__array__"):
        try:
            shared = np.asarray(value)
        except (RuntimeError, TypeError, ValueError) as error:
            hint = _(" Pass tensor.float() and convert the result back.") if "BFloat16" in str(error) else ""
            raise KernelTypeError(
                _(
                    "The kernel cannot take `{name}`: {error}.{hint}",
                    name=name,
                    error=str(error).splitlines()[0].rstrip("."),
                    hint=hint,
                )
            ) from None
        return shared
    return value


def bind(
    values: Sequence[Any], dtypes: Sequence[Any], names: Sequence[str]
) -> tuple[list[Any], list[Memory]]:
    """Executor values for the (already host-side) arguments, and the global memories behind them."""
    arrays = [found for value, name in zip(values, names, strict=True) for found in arrays_in(value, name)]
    windows: dict[int, Array] = {}
    memories: list[Memory] = []
    for group in _overlapping([_Given(at, each) for at, (_name, each) in enumerate(arrays)]):
        if len(group) == 1:
            place, span = group[0].place, group[0].span
            memory, windows[place] = _whole(*arrays[place], span)
            memories.append(memory)
            continue
        low, high = group[0].span.low, max(given.span.high for given in group)
        name, first = arrays[min(given.place for given in group)]
        lowest = group[0].array
        length = (high - low) // first.itemsize
        writable = any(given.array.flags.writeable for given in group) and not lowest.flags.writeable
        buffer = _at_address(lowest, length) if writable else _flat(lowest, length)
        memory = Memory(name, "global", buffer, first.shape)
        memories.append(memory)
        for given in group:
            offset = (given.span.low - low) // first.itemsize
            windows[given.place] = _window(memory, given.array, offset)
    in_order = iter([windows[at] for at in sorted(windows)])
    return [_bound(v, kind, in_order) for v, kind in zip(values, dtypes, strict=True)], memories


def arrays_in(value: Any, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of one argument, with their names; a tuple may hold several."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, np.void) and value.dtype.names:
        yield name, _record(value)
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            yield from arrays_in(item, f"{name}[{at}]")


def _bound(value: Any, kind: Any, windows: Iterator[Array]) -> Any:
    """An array as its window, a number as the NumPy scalar of its Numba type; tuples item by item."""
    if isinstance(value, np.ndarray):
        return next(windows)
    if isinstance(value, np.void):
        window = next(windows)
        return Record(window.memory, window.base)
    if isinstance(value, tuple):
        return tuple(_bound(v, k, windows) for v, k in zip(value, kind.items, strict=True))
    value = value.value if isinstance(value, enum.Enum) else value
    return np.array(value).astype(kind)[()] if isinstance(kind, np.dtype) else value


def _record(value: np.void) -> np.ndarray:
    """The memory of one record, which the kernel may change: that of its array, if it comes from one."""
    raw = (ctypes.c_byte * value.itemsize).from_address(value.__array_interface__["data"][0])
    return np.frombuffer(memoryview(raw), value.dtype).reshape(())


def _like(value: tuple[Any, ...], items: list[Any]) -> Any:
    """A tuple, or a named tuple, of the same kind."""
    return value._make(items) if hasattr(value, "_make") else tuple(items)  # type: ignore[attr-defined]


def _whole(name: str, array: np.ndarray, span: _Span) -> tuple[Memory, Array]:
    if array.flags.c_contiguous and array.size:
        memory = Memory(name, "global", array.reshape(-1), array.shape)
        return memory, Array(memory, ZERO, tuple(map(np.int64, array.shape)), c_strides(array.shape))
    length = (span.high - span.low) // array.itemsize
    strides = None if array.flags.c_contiguous else tuple(s // array.itemsize for s in array.strides)
    memory = Memory(name, "global", _flat(array, length), array.shape, strides)
    return memory, _window(memory, array, 0)


def _window(memory: Memory, array: np.ndarray, offset: int) -> Array:
    """`array` as a window; `offset` is the place of its lowest element."""
    strides = [s // array.itemsize for s in array.strides]
    first = offset + sum(-s * (n - 1) for s, n in zip(strides, array.shape, strict=True) if s < 0 and n)
    base = np.int64(first)
    shape = tuple(np.int64(n) for n in array.shape)
    return Array(memory, base if first else ZERO, shape, tuple(np.int64(s) for s in strides))


class _Span(NamedTuple):
    """First and one-past-last byte address of an array's elements."""

    low: int
    high: int


class _Given:
    """An array among those of a launch, with its place there."""

    def __init__(self, place: int, array: np.ndarray) -> None:
        self.place, self.array, self.span = place, array, _span(array)


def _span(array: np.ndarray) -> _Span:
    if array.flags.c_contiguous:
        start: int = array.__array_interface__["data"][0]
        return _Span(start, start + array.nbytes)
    if not array.size:
        return _Span(array.ctypes.data, array.ctypes.data)
    return _Span(*np.lib.array_utils.byte_bounds(array))


def _flat(array: np.ndarray, length: int) -> np.ndarray:
    """`length` elements from the lowest element of `array` on, as one dimension."""
    if not array.size:
        return np.zeros(1, array.dtype)
    if any(s % array.itemsize for s in array.strides):
        raise KernelTypeError(
            _(
                "The kernel cannot take an array whose elements do not lie a whole number apart, such as one field of "
                "records: pass array.copy()."
            )
        )
    if array.flags.c_contiguous and array.size == length:
        return array.reshape(-1)
    upward = array[tuple(slice(None, None, -1 if s < 0 else 1) for s in array.strides)]
    return np.lib.stride_tricks.as_strided(upward, (length,), (array.itemsize,))


def _at_address(array: np.ndarray, length: int) -> np.ndarray:
    """As `_flat` for a read-only array that overlaps one which a kernel may write."""
    raw = (ctypes.c_byte * (length * array.itemsize)).from_address(_span(array).low)
    return np.frombuffer(memoryview(raw), array.dtype)


def _overlapping(arrays: list[_Given]) -> list[list[_Given]]:
    """Groups of arrays that share memory and a dtype, each from the lowest address on, in the order of arguments."""
    groups: list[list[_Given]] = []
    for given in sorted(arrays, key=lambda each: each.span):
        last = groups[-1] if groups else None
        if (
            last is not None
            and given.array.size
            and given.span.low < max(each.span.high for each in last)
            and last[0].array.dtype == given.array.dtype
            and (given.span.low - last[0].span.low) % given.array.itemsize == 0
        ):
            last.append(given)
        else:
            groups.append([given])
    return sorted(groups, key=lambda group: min(given.place for given in group))
