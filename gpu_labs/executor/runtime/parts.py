"""Arrays inside records, halves of complex numbers, and arrays read as another dtype: windows on parts of the elements.

A part has a `Memory` of its own on the same bytes, whose cells are as far apart as its elements can be. Both engines
use this; positions are numbers here and one per lane in lock-step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Part
from gpu_labs.executor.runtime.windows import Memory, c_strides

_APART = 1 << 20  # bytes; any alignment that may be asked for divides it
Allocated = Callable[[Memory, Memory], None]


def memory_of(memory: Memory, part: Part, allocated: Allocated) -> Memory:
    """The memory of a part, made once; `allocated(part, whole)` is called when it is."""
    key = (part.name, part.dtype, part.offset)
    kept = memory.parts.get(key)
    if kept is None:
        kept = memory.parts[key] = _made(memory, part)
        allocated(kept, memory)
    return kept


def step(memory: Memory, part: Part) -> int:
    """Cells of the part's memory from one element of the whole to the next."""
    return memory.buffer.itemsize // _unit(memory, part)


def inner_strides(memory: Memory, part: Part) -> tuple[int, ...]:
    """Cells between the elements of an array inside a record, by dimension."""
    size = part.dtype.itemsize // _unit(memory, part)
    return tuple(int(s) * size for s in c_strides(part.shape or ()))


def _unit(memory: Memory, part: Part) -> int:
    return math.gcd(memory.buffer.itemsize, part.dtype.itemsize)


def _made(memory: Memory, part: Part) -> Memory:
    unit, whole = _unit(memory, part), memory.buffer
    cells = max(1, (whole.nbytes - part.offset - part.dtype.itemsize) // unit + 1)
    buffer = np.ndarray((cells,), part.dtype, whole, part.offset, (unit,))  # type: ignore[call-overload]
    name = f"{memory.name}.{part.name}" if part.name else memory.name
    between = [int(s) for s in memory.strides or c_strides(memory.shape)]
    strides = (*(s * step(memory, part) for s in between), *inner_strides(memory, part))
    made = Memory(name, memory.space, buffer, (*memory.shape, *(part.shape or ())), strides)
    made.cells = memory.per_owner * step(memory, part)
    made.steady = memory.steady
    return made


def address(memory: Memory) -> np.uint64:
    """Where a memory starts: a global one really, the others where a GPU might lay each thread's or block's part."""
    return np.uint64(memory.buffer.ctypes.data if memory.space == "global" else _APART)


def reshaped(shape: tuple[Any, ...], size: Any) -> tuple[Any, ...]:
    """The sizes of `reshape`, of which one may be -1."""
    known = np.int64(1)
    for n in shape:
        known = known * np.where(n == -1, 1, n)
    return tuple(np.where(n == -1, size // np.maximum(known, 1), n)[()] for n in shape)
