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
from gpu_labs.executor.runtime.memory import Seen
from gpu_labs.executor.runtime.windows import Memory

BLOCKS = 2
LARGE = 1 << 14
_new = tuple.__new__  # half the time of calling a named tuple
BUDGET = 200_000  # thread accesses kept: about 16 MB as Python numbers


class Home(NamedTuple):
    """A block that made an access, and the epoch in which it was."""

    block: int
    epoch: int


class Kept(NamedTuple):
    """One access as the engine gave it, by the blocks of `homes`. The last three have a row for each of these or are
    the same for all; `threads` may be the numbers of the threads, a mask over the block, or None for all. What `cut`
    picks of their rows is those; None picks all.
    """

    array: int
    homes: list[Home]
    kind: AccessKind
    site: Site
    time: int
    threads: Any
    cells: Any
    values: Any = None
    cut: Any = None

    def part(self, value: Any) -> Any:
        """The rows of a lane value that belong to the recorded blocks."""
        if value is None or self.cut is None or value.ndim == 0 or value.shape[0] == 1:
            return value
        return value[self.cut]


class Recorder:
    """Keeps raw accesses of the first blocks while the kernel runs, and makes `Access`es at the end.

    `given` are the launch's arguments, before anything ran.
    """

    def __init__(self, given: Sequence[Memory], blocks: int = BLOCKS, budget: int = BUDGET) -> None:
        self._blocks = blocks
        self._left = budget
        self._cost = 0  # of one access
        self._kept: list[Kept] = []
        self._rows: list[tuple[int, int]] = []
        self._cut: Any = None  # what picks those rows of a lane value
        self._epochs: dict[int, int] = {}
        self.omitted = 0
        self.wants = True
        self.arrays: list[ArrayInfo] = []
        self._numbers: dict[str, int] = {}
        self._lanes: Lanes | None = None
        self._homes: list[Home] = []
        self._homes_at: np.ndarray | None = None  # the epochs of those
        self._first = {id(each): tuple(each.buffer.tolist()) for each in given if has_values(each)}

    def begin(self, lanes: Lanes) -> None:
        """A stretch of blocks starts: only the first has blocks to record."""
        chosen = np.flatnonzero(lanes.blocks < self._blocks)
        self._rows = list(zip(chosen.tolist(), lanes.blocks[chosen].tolist(), strict=True))
        first = bool((chosen == np.arange(len(chosen))).all())
        self._cut = None if len(chosen) == lanes.count else slice(len(chosen)) if first else chosen
        self.wants = bool(self._rows) and self._left > 0
        self._lanes = lanes
        self._cost = lanes.per_block * len(self._rows)

    def take(self, seen: list[Seen], time: int, epochs: np.ndarray) -> None:
        """Keep accesses as the recorded blocks made them; `time` is that of the one before, `epochs` has the number of
        each block's epoch. Nothing writes to any part of them in place."""
        if epochs is not self._homes_at:
            self._homes_at = epochs
            self._homes = [Home(block, int(epochs[row])) for row, block in self._rows]
        homes, cut, cost, large = self._homes, self._cut, self._cost, LARGE
        for memory, kind, flat, mask, value, site in seen:
            time += 1
            self._left -= cost
            if self._left < 0:
                self.omitted += len(self._rows)
                self.wants = False
                return
            number = memory.number if memory.number >= 0 else self._number(memory)
            if not memory.valued:
                value = None
            kept = _new(Kept, (number, homes, kind, site, time, mask, flat, value, cut))
            if cut is not None and (flat.nbytes > large or (value is not None and value.nbytes > large)):
                kept = _without_other_rows(kept)
            self._kept.append(kept)

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
        number, homes = self._number(memory), [Home(int(lanes.blocks[0]), int(epochs[0]))]
        if memory.valued and values is None:
            values = memory.buffer.take(cells)
        elif not memory.valued:
            values = None
        self._kept.append(
            Kept(
                array=number,
                homes=homes,
                kind=entry.kind,
                site=entry.site,
                time=entry.time,
                threads=entry.lanes,
                cells=cells,
                values=values,
            )
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
            memory.valued = has_values(memory)
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
        if memory.space == "constant" and memory.valued:
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
            made = (self._access(kept, row) for kept in self._kept for row in range(len(kept.homes)))
            self._made = tuple(access for access in made if access.threads)
        return self._made

    def _access(self, kept: Kept, row: int) -> Access:
        info, home = self._arrays[kept.array], kept.homes[row]
        assert self._linear is not None and self._grid is not None
        who, cells, values = map(kept.part, (kept.threads, kept.cells, kept.values))
        if who is None or who.dtype == np.bool_:
            who, cells, values = _row(who, row), _row(cells, row), _row(values, row)
            shape = self._linear.shape
            taking = np.broadcast_to(True if who is None else who, shape)
            who = self._linear[taking]
            cells = np.broadcast_to(cells, shape)[taking]
            values = None if values is None else np.broadcast_to(values, shape)[taking]
        if info.space in ("shared", "local"):
            cells = cells % max(1, int(np.prod(info.shape)))
        return Access(
            array=kept.array,
            kind=kept.kind,
            line=kept.site.line,
            block=unravel(home.block, self._grid),
            epoch=home.epoch,
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


def _without_other_rows(kept: Kept) -> Kept:
    """The access without the rows of blocks that are not recorded, which a view would keep in memory."""
    threads, cells, values = (
        None if each is None else kept.part(each).copy() for each in (kept.threads, kept.cells, kept.values)
    )
    return kept._replace(threads=threads, cells=cells, values=values, cut=None)


def has_values(memory: Memory) -> bool:
    """Whether the values of its cells are kept: few plain numbers, one beside the other."""
    size = math.prod(map(int, memory.shape))
    contiguous = memory.strides is None and (
        memory.space not in ("global", "constant") or memory.buffer.size == size
    )
    return 0 < size <= VALUES and not memory.fields and memory.cells is None and contiguous


def _row(value: Any, row: int) -> Any:
    """The part of a lane value that belongs to the block of a row."""
    if value is None or np.ndim(value) == 0:
        return value
    return value[row if value.shape[0] > 1 else 0]
