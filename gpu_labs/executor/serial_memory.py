"""Arrays and records as the serial engine uses them: plain numbers for base, shape and strides."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.memory import Memory


class SerialArray:
    """A window as in `memory.py`, with plain numbers. While `length` is not 0, element i of a
    one-dimensional array that nobody watches is `fast[i]`."""

    __slots__ = ("_reader", "base", "fast", "length", "memory", "shape", "strides", "wide")

    def __init__(
        self, memory: Memory, base: int, shape: tuple[int, ...], strides: tuple[int, ...], watched: bool
    ) -> None:
        self.memory, self.base, self.shape, self.strides = memory, base, shape, strides
        self.length = 0
        self.fast: Any = None
        self.wide: Any = None  # the same as Python floats
        self._reader = _reader(memory.buffer)
        if not watched:
            self.hurry()

    def hurry(self) -> None:
        """Nobody watches any more."""
        if len(self.shape) == 1 and self.strides[0] > 0 and not self.memory.fields:
            step = self.strides[0]
            window = self.memory.buffer[self.base : self.base + self.shape[0] * step : step]
            self.fast = _reader(window)
            self.wide = memoryview(window) if window.dtype == np.float32 else self.fast  # pyright: ignore[reportArgumentType]
            self.length = self.shape[0]

    def get(self, cell: int) -> Any:
        """The number in a cell."""
        return self._reader[cell]


def _reader(buffer: np.ndarray) -> Any:
    """Reads Python numbers where the engine keeps those, NumPy scalars else."""
    if buffer.dtype.kind in "iub" or buffer.dtype == np.float64:
        return memoryview(buffer)  # pyright: ignore[reportArgumentType]
    return buffer


class SerialRecord:
    """One structured element, by reference."""

    __slots__ = ("cell", "memory")

    def __init__(self, memory: Memory, cell: int) -> None:
        self.memory, self.cell = memory, cell
