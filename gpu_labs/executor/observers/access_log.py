"""The launch record's accesses: those of the first blocks, as many as the memory budget holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.launch_record import Access, AccessKind, ArrayInfo
from gpu_labs.executor.runtime.lanes import Lanes, Mask, unravel
from gpu_labs.executor.runtime.windows import Memory

BLOCKS = 2
BUDGET = 200_000  # thread accesses kept: about 16 MB as Python numbers

# array, kind, site, block, epoch, time; threads (or a mask over the block, or None for all); cells
Kept = tuple[int, AccessKind, Site, int, int, int, np.ndarray | None, np.ndarray]


class Recorder:
    """Keeps raw accesses of the first blocks while the kernel runs, and makes `Access`es at the end."""

    def __init__(self, blocks: int = BLOCKS, budget: int = BUDGET) -> None:
        self._blocks = blocks
        self._left = budget
        self._kept: list[Kept] = []
        self._rows: list[tuple[int, int]] = []
        self._epochs: dict[int, int] = {}
        self.omitted = 0
        self.wants = True
        self.arrays: list[ArrayInfo] = []
        self._numbers: dict[str, int] = {}
        self._lanes: Lanes | None = None

    def begin(self, lanes: Lanes) -> None:
        """A stretch of blocks starts: only the first has blocks to record."""
        chosen = np.flatnonzero(lanes.blocks < self._blocks)
        self._rows = [(int(row), int(lanes.blocks[row])) for row in chosen]
        self.wants = bool(self._rows) and self._left > 0
        self._lanes = lanes

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
        for row, block in self._rows:
            self._left -= lanes.per_block
            if self._left < 0:
                self.omitted += 1
                self.wants = False
                return
            taking = None if mask is None else _row(mask, row)
            epoch = int(barriers.epoch[row])
            self._kept.append((number, kind, site, block, epoch, time, taking, _row(flat, row)))

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

    def accesses(self) -> Accesses:
        """The record, in the order of execution."""
        return Accesses(self._kept, tuple(self.arrays), self._lanes)


class Accesses(Sequence[Access]):
    """The accesses of a launch, made into plain numbers when somebody looks at them."""

    def __init__(self, kept: list[Kept], arrays: tuple[ArrayInfo, ...], lanes: Lanes | None) -> None:
        self._kept = kept
        self._arrays = arrays
        self._linear = None if lanes is None else lanes.linear[0]
        self._grid = None if lanes is None else lanes.grid
        self._made: tuple[Access, ...] | None = None

    def _all(self) -> tuple[Access, ...]:
        if self._made is None:
            made = (self._access(*raw) for raw in self._kept)
            self._made = tuple(access for access in made if access.threads)
        return self._made

    def _access(
        self,
        number: int,
        kind: AccessKind,
        site: Site,
        block: int,
        epoch: int,
        time: int,
        threads: np.ndarray | None,
        cells: np.ndarray,
    ) -> Access:
        info = self._arrays[number]
        assert self._linear is not None and self._grid is not None
        who = threads
        if threads is None or threads.dtype == np.bool_:
            taking = np.broadcast_to(True if threads is None else threads, self._linear.shape)
            cells = np.broadcast_to(cells, self._linear.shape)[taking]
            who = self._linear[taking]
        if info.space in ("shared", "local"):
            cells = cells % max(1, int(np.prod(info.shape)))
        where = unravel(block, self._grid)
        return Access(
            number,
            kind,
            site.line,
            where,
            epoch,
            time,
            tuple(np.asarray(who).tolist()),
            tuple(cells.tolist()),
        )

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> Access: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Access, ...]: ...
    def __getitem__(self, index: int | slice) -> Access | tuple[Access, ...]:
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return f"<{len(self)} accesses>"


def _row(value: Any, row: int) -> np.ndarray:
    """The part of a lane value that belongs to block `row`, as a copy."""
    if np.ndim(value) == 0:
        return np.asarray(value)
    return value[row if value.shape[0] > 1 else 0].copy()
