"""The launch record's accesses: those of the first blocks, as many as the memory budget holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.launch_record import VALUES, Access, AccessKind, ArrayInfo, Number
from gpu_labs.executor.observers.races import Entry
from gpu_labs.executor.runtime.lanes import Lanes, unravel
from gpu_labs.executor.runtime.windows import Memory

BLOCKS = 2
BUDGET = 200_000  # thread accesses kept: about 16 MB as Python numbers


class Home(NamedTuple):
    """What an access belongs to: the numbers of its array, its block and that block's epoch."""

    array: int
    block: int
    epoch: int


class Kept(NamedTuple):
    """One access of one block as the engine gave it. `threads` may be a mask over the block, or None for all."""

    home: Home
    kind: AccessKind
    site: Site
    time: int
    threads: np.ndarray | None
    cells: np.ndarray
    values: np.ndarray | None = None


class Unsettled(NamedTuple):
    """An access whose values are what its cells hold when the next one comes."""

    place: int
    memory: Memory


class Recorder:
    """Keeps raw accesses of the first blocks while the kernel runs, and makes `Access`es at the end.

    `given` are the launch's arguments, before anything ran.
    """

    def __init__(self, given: Sequence[Memory], blocks: int = BLOCKS, budget: int = BUDGET) -> None:
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
        self._unsettled: list[Unsettled] = []
        self._first = {id(each): tuple(each.buffer.tolist()) for each in given if has_values(each)}

    def begin(self, lanes: Lanes) -> None:
        """A stretch of blocks starts: only the first has blocks to record."""
        chosen = np.flatnonzero(lanes.blocks < self._blocks)
        self._rows = [(int(row), int(lanes.blocks[row])) for row in chosen]
        self.wants = bool(self._rows) and self._left > 0
        self._lanes = lanes

    def access(self, memory: Memory, entry: Entry, lanes: Lanes, epochs: np.ndarray) -> None:
        """Keep one access as the recorded blocks made it; `epochs` has the number of each block's epoch."""
        self._settle()
        kind, mask = entry.kind, entry.mask
        number = self._number(memory)
        valued = has_values(memory)
        for row, block in self._rows:
            self._left -= lanes.per_block
            if self._left < 0:
                self.omitted += 1
                self.wants = False
                return
            taking = None if mask is None else _row(mask, row)
            written = _row(entry.value, row) if valued and kind == "write" else None
            if valued and kind != "write":
                self._unsettled.append(Unsettled(len(self._kept), memory))
            home = Home(number, block, int(epochs[row]))
            self._kept.append(
                Kept(
                    home=home,
                    kind=kind,
                    site=entry.site,
                    time=entry.time,
                    threads=taking,
                    cells=_row(entry.flat, row),
                    values=written,
                )
            )

    def keep(self, memory: Memory, entry: Entry, lanes: Lanes, epochs: np.ndarray) -> None:
        """Keep accesses of the only block of a stretch, given thread by thread."""
        if not self._rows:
            return
        cells, values = entry.flat, entry.value
        self._left -= len(cells)
        if self._left < 0:
            self.omitted += 1
            self.wants = False
            return
        home = Home(self._number(memory), int(lanes.blocks[0]), int(epochs[0]))
        if has_values(memory) and values is None:
            values = memory.buffer.take(cells)
        elif not has_values(memory):
            values = None
        self._kept.append(
            Kept(
                home=home,
                kind=entry.kind,
                site=entry.site,
                time=entry.time,
                threads=entry.lanes,
                cells=cells,
                values=values,
            )
        )

    def _settle(self) -> None:
        """Take the values of reads and atomics, which are done now."""
        for place, memory in self._unsettled:
            kept = self._kept[place]
            self._kept[place] = kept._replace(values=memory.buffer.take(kept.cells, mode="clip"))
        self._unsettled = []

    @property
    def epochs(self) -> list[int]:
        """Barriers passed, for the recorded blocks."""
        return [self._epochs.get(block, 0) for block in range(len(self._epochs))]

    def end(self, barriers: Any) -> None:
        """A stretch is over: keep how many barriers its recorded blocks passed."""
        self._settle()
        for row, block in self._rows:
            self._epochs[block] = int(barriers.epoch[row])

    def _number(self, memory: Memory) -> int:
        if memory.number < 0:
            key = f"{memory.space} {memory.name} {memory.shape}"
            if key not in self._numbers:
                self._numbers[key] = len(self.arrays)
                shape = tuple(map(int, memory.shape))
                self.arrays.append(
                    ArrayInfo(
                        memory.name, memory.space, str(memory.buffer.dtype), shape, self._before(memory)
                    )
                )
            memory.number = self._numbers[key]
        return memory.number

    def _before(self, memory: Memory) -> tuple[Number, ...]:
        if memory.space == "constant" and has_values(memory):
            return tuple(memory.buffer.tolist())
        return self._first.get(id(memory), ())

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
            made = map(self._access, self._kept)
            self._made = tuple(access for access in made if access.threads)
        return self._made

    def _access(self, kept: Kept) -> Access:
        info = self._arrays[kept.home.array]
        assert self._linear is not None and self._grid is not None
        who, cells, values = kept.threads, kept.cells, kept.values
        if who is None or who.dtype == np.bool_:
            shape = self._linear.shape
            taking = np.broadcast_to(True if who is None else who, shape)
            who = self._linear[taking]
            cells = np.broadcast_to(cells, shape)[taking]
            values = None if values is None else np.broadcast_to(values, shape)[taking]
        if info.space in ("shared", "local"):
            cells = cells % max(1, int(np.prod(info.shape)))
        return Access(
            array=kept.home.array,
            kind=kept.kind,
            line=kept.site.line,
            block=unravel(kept.home.block, self._grid),
            epoch=kept.home.epoch,
            step=kept.time,
            threads=tuple(np.asarray(who).tolist()),
            indices=tuple(cells.tolist()),
            values=() if values is None else tuple(values.tolist()),
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


def has_values(memory: Memory) -> bool:
    """Whether the values of its cells are kept: few plain numbers, one beside the other."""
    size = math.prod(map(int, memory.shape))
    contiguous = memory.strides is None and (
        memory.space not in ("global", "constant") or memory.buffer.size == size
    )
    return 0 < size <= VALUES and not memory.fields and memory.cells is None and contiguous


def _row(value: Any, row: int) -> np.ndarray:
    """The part of a lane value that belongs to block `row`, as a copy."""
    if np.ndim(value) == 0:
        return np.asarray(value)
    return value[row if value.shape[0] > 1 else 0].copy()
