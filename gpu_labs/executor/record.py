"""The launch record's accesses: those of the first blocks, as many as the memory budget holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.lanes import Lanes, Mask
from gpu_labs.executor.launch import Access, AccessKind, ArrayInfo
from gpu_labs.executor.memory import Memory
from gpu_labs.executor.program import Site

BLOCKS = 4
BUDGET = 200_000  # thread accesses kept: about 16 MB as Python numbers


class Recorder:
    """Keeps raw accesses of the first blocks while the kernel runs, and makes `Access`es at the end."""

    def __init__(self, blocks: int = BLOCKS, budget: int = BUDGET) -> None:
        self._blocks = blocks
        self._left = budget
        self._kept: list[tuple[int, AccessKind, Site, int, int, int, np.ndarray, np.ndarray]] = []
        self._rows: list[tuple[int, int]] = []
        self._epochs: dict[int, int] = {}
        self.omitted = 0
        self.wants = True
        self.arrays: list[ArrayInfo] = []
        self._numbers: dict[str, int] = {}
        self._dims: Any = None

    def begin(self, lanes: Lanes) -> None:
        """A stretch of blocks starts: only the first has blocks to record."""
        chosen = np.flatnonzero(lanes.blocks < self._blocks)
        self._rows = [(int(row), int(lanes.blocks[row])) for row in chosen]
        self.wants = bool(self._rows) and self._left > 0
        self._dims = lanes

    def access(
        self,
        memory: Memory,
        kind: AccessKind,
        flat: Any,
        mask: Mask,
        site: Site,
        time: int,
        lanes: Lanes,
        barriers: Any,
    ) -> None:
        """Keep one access as the recorded blocks made it."""
        number = self._number(memory)
        for row, _ in self._rows:
            cells = _row(flat, row)
            taking = None if mask is None else _row(mask, row)
            threads = _row(lanes.linear, 0)
            if taking is not None:
                if not taking.any():
                    continue
                where = np.flatnonzero(np.broadcast_to(taking, threads.shape))
                threads = threads.reshape(-1)[where]
                cells = np.broadcast_to(cells, lanes.linear.shape[1:]).reshape(-1)[where]
            self._left -= lanes.per_block
            if self._left < 0:
                self.omitted += 1
                self.wants = False
                return
            epoch = int(barriers.epoch[row])
            block = int(lanes.blocks[row])
            self._kept.append((number, kind, site, block, epoch, time, threads.copy(), np.array(cells)))

    def keep(
        self,
        memory: Memory,
        kind: AccessKind,
        site: Site,
        time: int,
        lanes: Lanes,
        barriers: Any,
        threads: np.ndarray,
        cells: np.ndarray,
    ) -> None:
        """Keep accesses of the only block of a stretch, given thread by thread."""
        if not self._rows:
            return
        self._left -= len(cells)
        if self._left < 0:
            self.omitted += 1
            self.wants = False
            return
        block = int(lanes.blocks[0])
        self._kept.append(
            (self._number(memory), kind, site, block, int(barriers.epoch[0]), time, threads, cells)
        )

    @property
    def epochs(self) -> list[int]:
        """Barriers passed, for the recorded blocks."""
        return [self._epochs.get(block, 0) for block in range(len(self._epochs))]

    def end(self, barriers: Any) -> None:
        """A stretch is over: keep how many barriers its recorded blocks passed."""
        for row, block in self._rows:
            self._epochs[block] = int(barriers.epoch[row])

    def _number(self, memory: Memory) -> int:
        if memory.number < 0:
            key = f"{memory.space} {memory.name} {memory.shape}"
            if key not in self._numbers:
                self._numbers[key] = len(self.arrays)
                info = ArrayInfo(
                    memory.name, memory.space, str(memory.buffer.dtype), tuple(map(int, memory.shape))
                )
                self.arrays.append(info)
            memory.number = self._numbers[key]
        return memory.number

    def accesses(self) -> tuple[Access, ...]:
        """The record, in the order of execution."""
        made = []
        for number, kind, site, block, epoch, time, threads, cells in self._kept:
            info = self.arrays[number]
            size = max(1, int(np.prod(info.shape)))
            cells = np.broadcast_to(cells, threads.shape).reshape(-1)
            if info.space in ("shared", "local"):
                cells = cells % size
            made.append(
                Access(
                    number,
                    kind,
                    site.line,
                    self._dims.block_of_number(block),
                    epoch,
                    time,
                    tuple(threads.reshape(-1).tolist()),
                    tuple(cells.tolist()),
                )
            )
        return tuple(made)


def _row(value: Any, row: int) -> np.ndarray:
    """The part of lane value that belongs to block `row`."""
    array = np.asarray(value)
    if array.ndim == 0:
        return array
    return array[row if array.shape[0] > 1 else 0]
