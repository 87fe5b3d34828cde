"""The arrays that a kernel makes for itself: shared, local and constant ones. Both engines use this."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Alloc
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.memory import garbage
from gpu_labs.executor.runtime.windows import ZERO, Array, Memory, c_strides


class Allocator:
    """The arrays of one stretch of blocks. `watch.allocated(memory)` is called for each new memory."""

    def __init__(self, lanes: Lanes, watch: Any, shared_bytes: int) -> None:
        self.lanes = lanes
        self.watch = watch
        self.shared_bytes = shared_bytes
        self._allocated: dict[int, Array] = {}
        self._dynamic: dict[np.dtype[Any], Memory] = {}
        self._bytes: np.ndarray | None = None
        self._constants: dict[int, Array] = {}

    def constant(self, value: np.ndarray, name: str) -> Array:
        """A constant array that the kernel captured."""
        kept = self._constants.get(id(value))
        if kept is None:
            memory = Memory(name, "constant", np.ascontiguousarray(value).reshape(-1), value.shape)
            kept = Array(memory, ZERO, tuple(map(np.int64, value.shape)), c_strides(value.shape))
            self._constants[id(value)] = kept
        return kept

    def allocate(self, alloc: Alloc) -> Array:
        """A shared or local array; the same memory each time that the line runs, as on a GPU."""
        kept = self._allocated.get(alloc.id)
        if kept is None:
            kept = self._dynamic_shared(alloc) if alloc.dynamic else self._static(alloc)
            self._allocated[alloc.id] = kept
        return kept

    def _static(self, alloc: Alloc) -> Array:
        lanes, size = self.lanes, int(np.prod(alloc.shape))
        owners = lanes.count if alloc.space == "shared" else lanes.lane.size
        owner = lanes.row if alloc.space == "shared" else lanes.lane.astype(np.int64)
        memory = Memory(alloc.name, alloc.space, garbage(owners * size, alloc.dtype), alloc.shape)
        self.watch.allocated(memory)
        base = owner * np.int64(size) if owners > 1 else ZERO
        return Array(memory, base, tuple(map(np.int64, alloc.shape)), c_strides(alloc.shape))

    def _dynamic_shared(self, alloc: Alloc) -> Array:
        """All dynamic shared arrays start at the same byte; equal dtypes are one memory."""
        row = -(-self.shared_bytes // 16) * 16
        if self._bytes is None:
            self._bytes = garbage(self.lanes.count * max(row, 16), np.dtype(np.uint8))
        length = self.shared_bytes // alloc.dtype.itemsize
        memory = self._dynamic.get(alloc.dtype)
        if memory is None:
            shape = (row // alloc.dtype.itemsize,)
            memory = Memory(alloc.name, "shared", self._bytes.view(alloc.dtype), shape)
            self._dynamic[alloc.dtype] = memory
            self.watch.allocated(memory)
        base = self.lanes.row * np.int64(row // alloc.dtype.itemsize) if self.lanes.count > 1 else ZERO
        return Array(memory, base, (np.int64(length),), (np.int64(1),))
