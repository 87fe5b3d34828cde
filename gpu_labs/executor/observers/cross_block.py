"""Races between blocks, over the whole launch: no barrier orders two blocks.

For each cell of a global array that is written, this keeps the last writer, two blocks that read it and two that
used an atomic on it. Two are enough: whatever block comes next, one of them is another block.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.observers.races import ATOMIC, CODES, READ, UPDATE, WRITE, Entry, bits, expand
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.sparse import cell_values

_THREAD_BITS = 10  # a block has at most 1,024 threads
_BLOCK_BITS = 34
_ACTOR = (1 << (_THREAD_BITS + _BLOCK_BITS)) - 1  # block and thread, without the site
DEFERRED_BYTES = 128 << 20


class Clash(NamedTuple):
    """Two accesses of different blocks to one cell; `who` is packed, see `unpack`."""

    cell: int
    earlier: int
    earlier_kind: int
    earlier_time: int
    lane: int
    entry: Entry


class Touch(NamedTuple):
    """One access, row by row: cell, block and packed actor of each lane, and the code of what a write puts there."""

    entry: Entry
    kind: int
    cells: np.ndarray
    lane: np.ndarray
    block: np.ndarray
    who: np.ndarray
    code: np.ndarray | None


def unpack(who: int) -> tuple[int, int, int]:
    """Site number, block and thread of a packed access."""
    thread = who & ((1 << _THREAD_BITS) - 1)
    block = (who >> _THREAD_BITS) & ((1 << _BLOCK_BITS) - 1)
    return who >> (_THREAD_BITS + _BLOCK_BITS), block, thread


def _blocks(who: np.ndarray) -> np.ndarray:
    return (who >> _THREAD_BITS) & ((1 << _BLOCK_BITS) - 1)


class CrossBlock:
    """What is kept for one memory of `size` cells."""

    def __init__(self, size: int, dtype: np.dtype, keep_times: bool, updating: Container[int]) -> None:
        self.size = size
        self.updating = updating  # sites of stores that update in place
        self.dtype = dtype
        self._who: dict[tuple[int, int], Any] = {}
        self._time: dict[tuple[int, int], Any] = {}
        self._code: Any = None
        self._keep_times = keep_times
        self._deferred: list[tuple[Entry, Lanes]] = []
        self._raced: list[np.ndarray] = []
        self._low, self._high = size, -1
        self._bytes = 0

    def forget(self) -> None:
        """A grid-wide barrier: what came before is ordered before what comes after."""
        self._deferred = []
        self._low, self._high, self._bytes = self.size, -1, 0
        self._who.clear()
        self._time.clear()
        self._code = None

    def raced_for(self) -> list[np.ndarray]:
        """The cells of all clashes since the last call, of which `add` gives some."""
        raced, self._raced = self._raced, []
        return raced

    def stretch(self, log: list[Entry], lanes: Lanes) -> list[Clash]:
        """Note the whole log of a stretch without a barrier, whose blocks were compared already.

        As long as the stretches touch separate ranges of cells, they are only kept."""
        low = min(int(np.min(e.flat)) for e in log)
        high = max(int(np.max(e.flat)) for e in log)
        apart = low > self._high or high < self._low
        self._low, self._high = min(low, self._low), max(high, self._high)
        self._bytes += sum(e.flat.nbytes for e in log)
        if not self._who and apart and self._bytes < DEFERRED_BYTES:
            self._deferred += [(entry, lanes) for entry in log]
            return []
        return [clash for entry in log for clash in self.add(entry, lanes)]

    def add(self, entry: Entry, lanes: Lanes) -> list[Clash]:
        """Note one access, and return clashes with earlier ones of other blocks."""
        deferred, self._deferred = self._deferred, []
        for earlier, its_lanes in deferred:
            self._add(earlier, its_lanes)
        return self._add(entry, lanes)

    def _add(self, entry: Entry, lanes: Lanes) -> list[Clash]:
        cells, lane, value = expand(entry, lanes)
        if not len(cells):
            return []
        if lanes.shuffled:  # of several lanes the lowest is kept, in whatever order they ran
            order = np.argsort(lane, kind="stable")
            cells, lane, value = cells[order], lane[order], None if value is None else value[order]
        block = lanes.blocks.take(lane // lanes.per_block)
        thread = lane % lanes.per_block
        site = np.int64(max(entry.site.id, 0) << (_THREAD_BITS + _BLOCK_BITS))
        who = (block.astype(np.int64) << _THREAD_BITS) + (thread + site)
        kind = CODES[entry.kind]
        code = bits(value) if value is not None else None
        if code is not None and entry.site.id in self.updating:
            code = self._updates(code, cells, who)
        touch = Touch(entry=entry, kind=kind, cells=cells, lane=lane, block=block, who=who, code=code)
        clashes: list[Clash] = []
        against = {READ: (WRITE, ATOMIC), WRITE: (WRITE, READ, ATOMIC), ATOMIC: (WRITE, READ)}[kind]
        for other in against:
            for slot in (0, 1):
                clashes += self._against(touch, other, slot)
        self._note(touch)
        return clashes

    def _updates(self, code: np.ndarray, cells: np.ndarray, who: np.ndarray) -> np.ndarray:
        """The codes of written values; one of its own where the thread had read the cell (see `races.py`)."""
        actor = who & _ACTOR
        for slot in (0, 1):
            readers = self._who.get((READ, slot))
            if readers is not None:
                before = readers.take(cells)
                own = (before >= 0) & (before & _ACTOR == actor)
                code = np.where(own, UPDATE | actor.astype(np.uint64), code)
        return code

    def _against(self, touch: Touch, other: int, slot: int) -> list[Clash]:
        """Clashes with what is kept in a slot of the kind `other`."""
        kept = self._who.get((other, slot))
        if kept is None:
            return []
        cells, code = touch.cells, touch.code
        before = kept.take(cells)
        bad = (before >= 0) & (_blocks(before) != touch.block)
        if not bad.any():
            return []
        if touch.kind == WRITE and other == WRITE and code is not None and self._code is not None:
            bad &= self._code.take(cells) != code
        rows = np.flatnonzero(bad)
        self._raced.append(cells[rows])
        rows = rows[:256]
        times = self._time.get((other, slot))
        return [
            Clash(
                int(cells[row]),
                int(before[row]),
                other,
                int(times.take(cells[row : row + 1])[0]) if times is not None else -1,
                int(touch.lane[row]),
                touch.entry,
            )
            for row in rows
        ]

    def _note(self, touch: Touch) -> None:
        """Keep an access for those that come after it."""
        kind, cells, who, code = touch.kind, touch.cells, touch.who, touch.code
        time = touch.entry.time
        first = self._table(kind, 0)
        if kind == WRITE:
            first[cells] = who
            if code is not None:
                if self._code is None:
                    self._code = cell_values(self.size, 0, np.uint64)
                self._code[cells] = code
            if self._keep_times:
                self._time[kind, 0][cells] = time
            return
        new = np.flatnonzero(first.take(cells) < 0)
        if new.size:
            new = new[::-1]  # the last assignment to a cell stays, so the lowest lane comes last
            first[cells[new]] = who[new]
            if self._keep_times:
                self._time[kind, 0][cells[new]] = time
        rows = np.flatnonzero(_blocks(first.take(cells)) != touch.block)
        if rows.size:
            rows = rows[::-1]
            second = self._table(kind, 1)
            second[cells[rows]] = who[rows]
            if self._keep_times:
                self._time[kind, 1][cells[rows]] = time

    def _table(self, kind: int, slot: int) -> Any:
        kept = self._who.get((kind, slot))
        if kept is None:
            kept = self._who[kind, slot] = cell_values(self.size, -1, np.int64)
            if self._keep_times:
                self._time[kind, slot] = cell_values(self.size, 0, np.int64)
        return kept
