"""The shadow of one memory: what was initialised, and the checks at the end of each epoch."""

from __future__ import annotations

import itertools
from collections.abc import Container
from typing import Any

import numpy as np

from gpu_labs.executor.findings import Finding, Kind
from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.observers.cross_block import CrossBlock, unpack
from gpu_labs.executor.observers.happens_before import Order
from gpu_labs.executor.observers.messages import Report, element, place
from gpu_labs.executor.observers.race_message import Facts, race
from gpu_labs.executor.observers.races import (
    READ,
    WRITE,
    Entry,
    Party,
    compact,
    expand,
    memory_size,
    one_value,
    pairs,
    raced,
    suspects,
    table,
)
from gpu_labs.executor.observers.taint import Consequences
from gpu_labs.executor.runtime.lanes import Lanes, unravel
from gpu_labs.executor.runtime.sparse import cell_values
from gpu_labs.executor.runtime.windows import Memory
from graphviz_tools.language import _


class Shadow:
    """Scratch and state for the cells of one memory. `updating` are the sites of stores that update in place."""

    def __init__(self, memory: Memory, keep_times: bool, updating: Container[int]) -> None:
        size = memory_size(memory)
        self.size = size
        self._memory = memory
        self._owner: Any = None
        self._other: Any = None
        self.across = CrossBlock(size, memory.buffer.dtype, keep_times, updating)
        self.initialised = np.zeros(size, bool) if memory.space in ("shared", "local") else None

    def scratch(self) -> tuple[Any, Any]:
        """Two arrays of -1, one place per cell, for `races.suspects`."""
        if self._owner is None or self._other is None:
            self._owner = cell_values(self.size, -1, np.int32)
            self._other = cell_values(self.size, -1, np.int32)
        return self._owner, self._other

    # Initialisation

    def local_access(self, entry: Entry, lanes: Lanes, report: Report) -> None:
        """A thread's own memory: no races, only reads before writes."""
        if self.initialised is None:
            return
        cells, who, _ = expand(entry, lanes)
        if entry.kind == "write":
            self.initialised[cells] = True
            return
        fresh = np.flatnonzero(~self.initialised.take(cells))
        if fresh.size:
            first = fresh[lanes.first(who[fresh])]
            report.add(self._uninitialised(entry, int(cells[first]), int(who[first]), fresh.size, lanes))

    def _check_initialised(
        self, log: list[Entry], lanes: Lanes, report: Report, consequences: Consequences
    ) -> None:
        done = self.initialised
        if done is None:
            return
        for entry in log:
            if entry.kind == "write":
                continue
            cells, who, _ = compact(entry, lanes)
            fresh = np.flatnonzero(~done.take(cells))
            if fresh.size:
                cells, who = cells[fresh], who[fresh]
                times = np.full(len(cells), entry.time) if entry.times is None else entry.times[fresh]
                early = _not_yet_written(log, cells, who, times, lanes)
                if early.any():
                    touched, by, _ = expand(entry, lanes)
                    rows = np.flatnonzero(np.isin(touched, cells[early]))
                    touched, readers = touched[rows], by[rows]
                    first, count = lanes.first(readers), len(np.unique(touched))
                    finding = self._uninitialised(
                        entry, int(touched[first]), int(readers[first]), count, lanes
                    )
                    consequences.add(finding, entry.site.id, readers, report)
        for entry in log:
            if entry.kind != "read":
                done[expand(entry, lanes)[0]] = True
        if done.all():
            self.initialised = None

    def _uninitialised(self, entry: Entry, cell: int, lane: int, count: int, lanes: Lanes) -> Finding:
        memory = self._memory
        index, shown = element(memory, cell)
        thread = lanes.thread_of(lane)
        what = _("shared memory of the block") if memory.space == "shared" else _("thread's own local array")
        return Finding(
            "uninitialised-read",
            _(
                "Thread {place} reads {shown}, and nothing has been written there: the {what} "
                "holds whatever was left in it.",
                place=place(thread, lanes.block),
                shown=shown,
                what=what,
            ),
            _(
                "give {memory} a value first, for example 0, for every element that is read",
                memory=memory.name,
            )
            + (_(", and put cuda.syncthreads() after it.") if memory.space == "shared" else "."),
            entry.site.line,
            entry.site.text,
            memory.name,
            index,
            lanes.block_of(lane),
            thread,
            places=count,
        )

    # Epochs

    def close(
        self,
        memory: Memory,
        log: list[Entry],
        lanes: Lanes,
        report: Report,
        order: Order | None,
        facts: Facts,
        consequences: Consequences,
        across: bool,
        barriers: bool,
    ) -> None:
        """The epoch of `log` ends: find its races, then forget it."""
        self._check_initialised(log, lanes, report, consequences)
        if any(entry.kind != "read" for entry in log):
            self._races(memory, log, lanes, report, order, facts)
        if memory.space == "global" and across:
            self._between_blocks(memory, log, lanes, report, order, facts, barriers)

    def _races(
        self,
        memory: Memory,
        log: list[Entry],
        lanes: Lanes,
        report: Report,
        order: Order | None,
        facts: Facts,
    ) -> None:
        cells = suspects(log, lanes, *self.scratch())
        if not cells.size:
            return
        rows = table(log, lanes, cells, self.size, facts.updates)
        cells = raced(rows, lanes.per_block)
        if not cells.size:
            return

        def ordered(earlier: Party, later: Party) -> bool:
            if order is None:
                return False
            if earlier.lane // lanes.per_block == later.lane // lanes.per_block:
                return order.ordered_lanes(earlier.lane, earlier.time, later.lane, later.time)
            first = int(lanes.blocks[earlier.lane // lanes.per_block])
            second = int(lanes.blocks[later.lane // lanes.per_block])
            return order.ordered(first, earlier.time, second, later.time)

        for cell, earlier, later in pairs(rows, cells, log, lanes, ordered):
            sides = _side(earlier, lanes), _side(later, lanes)
            same = one_value(rows, cell)
            report.add(race(memory, cell, *sides, lanes.block, lanes.grid, len(cells), facts, same))

    def _between_blocks(
        self,
        memory: Memory,
        log: list[Entry],
        lanes: Lanes,
        report: Report,
        order: Order | None,
        facts: Facts,
        barriers: bool,
    ) -> None:
        if barriers or any(entry.lanes is not None for entry in log):
            batches = (self.across.add(entry, lanes) for entry in log)
        else:
            batches = iter((self.across.stretch(log, lanes),))
        for clash in itertools.chain.from_iterable(batches):
            number, block, thread = unpack(clash.earlier)
            entry = clash.entry
            here = int(lanes.blocks[clash.lane // lanes.per_block])
            if order is not None and order.ordered(block, clash.earlier_time, here, entry.time):
                continue
            places = (unravel(block, lanes.grid), unravel(thread, lanes.block))
            earlier = (facts.sites[number], clash.earlier_kind, *places)
            later = _side(Party(clash.lane, entry.site, entry.time, _code(entry)), lanes)
            report.add(race(memory, clash.cell, earlier, later, lanes.block, lanes.grid, 1, facts))

    def fold(self, memory: Memory, lanes: Lanes) -> None:
        """Shorten a long log: reads of one line become at most two readers for each cell."""
        by_line: dict[tuple[Site, int], list[Entry]] = {}
        rest: list[Entry] = []
        for entry in memory.log:
            if entry.kind == "read":
                by_line.setdefault((entry.site, id(entry.turns)), []).append(entry)
            else:
                rest.append(entry)
        for (site, _kind), entries in by_line.items():
            rows = [expand(entry, lanes)[:2] for entry in entries]
            cells, group = np.unique(np.concatenate([cells for cells, _ in rows]), return_inverse=True)
            readers = np.concatenate([who for _, who in rows])
            low = np.full(len(cells), np.iinfo(np.int32).max, np.int32)
            high = np.full(len(cells), -1, np.int32)
            np.minimum.at(low, group, readers)
            np.maximum.at(high, group, readers)
            first = entries[0]
            for who in (low, high):
                rest.append(Entry("read", site, cells, None, None, first.time, first.turns, who))
        memory.log = sorted(rest, key=lambda entry: entry.time)


def _not_yet_written(
    log: list[Entry], cells: np.ndarray, who: np.ndarray, times: np.ndarray, lanes: Lanes
) -> np.ndarray:
    """Which of these reads find a cell that nothing in their epoch has written: not the reader before, and no
    other thread at any time (that would be a race, which is reported as such)."""
    early = np.ones(len(cells), bool)
    n = np.int64(lanes.lane.size)
    mine = cells * n + who
    for entry in log:
        if entry.kind != "write":
            continue
        written, by, _ = expand(entry, lanes)
        keys, first = np.unique(written * n + by, return_index=True)
        writers, counts = np.unique(keys // n, return_counts=True)
        at = np.minimum(np.searchsorted(keys, mine), len(keys) - 1)
        own = keys[at] == mine
        when = entry.time if entry.times is None else entry.times[first[at]]
        others = np.isin(cells, writers) & ~own | np.isin(cells, writers[counts > 1])
        early &= ~(others | own & (when < times))
    return early


def _code(entry: Entry) -> int:
    return {"read": READ, "write": WRITE}.get(entry.kind, 2)


def _side(party: Party, lanes: Lanes):  # type: ignore[no-untyped-def]
    return party.site, party.kind, lanes.block_of(party.lane), lanes.thread_of(party.lane)


__all__ = ["Kind", "Shadow"]
