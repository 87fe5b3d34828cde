"""Arrays and records as the serial engine uses them: plain numbers for base, shape and strides."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.runtime.windows import Memory


class StartedWalk(NamedTuple):
    """A walk of a loop along an array (`loops.Walk`), with what it has in one run: `array[indices]` with
    j + `offset` as the index of `axis`, for each j of `numbers`. `wide`: float32 is read as Python floats."""

    axis: int
    indices: list[Any]
    offset: int
    numbers: range
    wide: bool


class SerialArray:
    """A window as in `memory.py`, with plain numbers. While `length` is not 0, element i of a
    one-dimensional array that nobody watches is `fast[i]`. A row whose index was outside its array does not
    `exist`."""

    __slots__ = (
        "_reader",
        "base",
        "exists",
        "fast",
        "length",
        "memory",
        "quiet",
        "shape",
        "strides",
        "wide",
    )

    def __init__(
        self,
        memory: Memory,
        base: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        watched: bool,
        exists: bool = True,
    ) -> None:
        self.memory, self.base, self.shape, self.strides = memory, base, shape, strides
        self.exists = exists
        self.length = 0
        self.quiet = False
        self.fast: Any = None
        self.wide: Any = None  # the same as Python floats
        self._reader = _reader(memory.buffer)
        if not watched and exists:
            self.hurry()

    def hurry(self) -> None:
        """Nobody watches any more."""
        self.quiet = not self.memory.fields
        if len(self.shape) == 1 and self.strides[0] > 0 and not self.memory.fields:
            step = self.strides[0]
            window = self.memory.buffer[self.base : self.base + self.shape[0] * step : step]
            self.fast = _reader(window)
            self.wide = _reader(window, wide=True)
            self.length = self.shape[0]

    def along(self, walk: StartedWalk) -> Any:
        """What reads the elements of a walk as `[j]`, or None where some of them are outside or somebody
        watches."""
        axis, index, offset, numbers, wide = walk
        low, high = min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1])
        step = self.strides[axis]
        if (
            not self.quiet
            or step <= 0
            or low < 0
            or not 0 <= low + offset <= high + offset < self.shape[axis]
        ):
            return None
        start = self.base + offset * step
        for at, (i, n) in enumerate(zip(index, self.shape, strict=True)):
            if at != axis:
                if not 0 <= i < n:
                    return None
                start += i * self.strides[at]
        if start < 0:
            return None
        return _reader(self.memory.buffer[start : start + high * step + 1 : step], wide)

    def get(self, cell: int) -> Any:
        """The number in a cell."""
        return self._reader[cell]


def _reader(buffer: np.ndarray, wide: bool = False) -> Any:
    """Reads Python numbers where the engine keeps those, and for float32 if `wide`; NumPy scalars else."""
    if buffer.dtype.kind in "iub" or buffer.dtype == np.float64 or (wide and buffer.dtype == np.float32):
        if not buffer.flags.aligned:
            return _Unaligned(buffer)
        return memoryview(buffer)  # pyright: ignore[reportArgumentType]
    return buffer


class _Unaligned:
    """Reads Python numbers that lie at any byte, as in packed records, which a memoryview cannot."""

    __slots__ = ("buffer",)

    def __init__(self, buffer: np.ndarray) -> None:
        self.buffer = buffer

    def __getitem__(self, cell: Any) -> Any:
        return self.buffer[cell].tolist()


class SerialRecord:
    """One structured element, by reference; `cell` is None where its index was outside the array."""

    __slots__ = ("cell", "memory")

    def __init__(self, memory: Memory, cell: int | None) -> None:
        self.memory, self.cell = memory, cell
