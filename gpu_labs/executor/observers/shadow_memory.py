"""The shadow of one memory: what was initialised, and the checks at the end of each epoch."""

from __future__ import annotations

import itertools
from collections.abc import Container
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.findings import Finding, Kind
from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.observers.cross_block import CrossBlock, unpack
from gpu_labs.executor.observers.happens_before import Order
from gpu_labs.executor.observers.messages import Report, element, place
from gpu_labs.executor.observers.race_message import Facts, Side, Spot, race
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

WRITTEN_BYTES = 16 << 20


class Epoch(NamedTuple):
    """What the checks at the end of an epoch go by.

    `across`: accesses of different blocks have to be kept for later, because not all blocks run at once; `barriers`:
    the launch has passed one. `parted` marks the rows of blocks that passed a barrier without some of their living
    threads: which accesses come before it and which after is by chance, so nothing is said of their order.
    """

    lanes: Lanes
    report: Report
    facts: Facts
    consequences: Consequences
    order: Order | None
    parted: np.ndarray | None
    across: bool
    barriers: bool


class Shadow:
    """Scratch and state for the cells of one memory. `updating` are the sites of stores that update in place."""

    def __init__(self, memory: Memory, keep_times: bool, updating: Container[int]) -> None:
        size = memory_size(memory)
        self.size = size
        self._memory = memory
        self._owner: Any = None
        self._other: Any = None
        self._written: dict[int, Any] = {}  # by `id`, places of a local array where every thread has written
        self._written_bytes = 0
        self.across = CrossBlock(size, memory.buffer.dtype, keep_times, updating)
        self.initialised = np.zeros(size, bool) if memory.space in ("shared", "local") else None

    def scratch(self) -> tuple[Any, Any]:
        """Two arrays of -1, one place per cell, for `races.suspects`."""
        if self._owner is None or self._other is None:
            self._owner = cell_values(self.size, -1, np.int32)
            self._other = cell_values(self.size, -1, np.int32)
        return self._owner, self._other

    # Initialisation

    def written_before(self, flat: Any) -> bool:
        """Whether all cells of `flat` are known to have been written. (False may be wrong.)"""
        return id(flat) in self._written

    def local_access(self, entry: Entry, lanes: Lanes, report: Report) -> None:
        """A thread's own memory: no races, only reads before writes."""
        if self.initialised is None:
            return
        cells, who, _ = expand(entry, lanes)
        if entry.kind == "write":
            self.initialised[cells] = True
            if entry.mask is None:
                self._remember(entry.flat)
                if self.initialised.all():
                    self.initialised = None
            return
        fresh = np.flatnonzero(~self.initialised.take(cells))
        if fresh.size:
            first = fresh[lanes.first(who[fresh])]
            report.add(self._uninitialised(entry, int(cells[first]), int(who[first]), fresh.size, lanes))

    def _remember(self, flat: Any) -> None:
        self._written_bytes += flat.nbytes
        if self._written_bytes > WRITTEN_BYTES:
            self._written.clear()
            self._written_bytes = flat.nbytes
        self._written[id(flat)] = flat

    def _check_initialised(self, log: list[Entry], epoch: Epoch) -> None:
        done, lanes = self.initialised, epoch.lanes
        if done is None:
            return
        for entry in log:
            if entry.kind == "write":
                continue
            cells, who, _ = compact(entry, lanes)
            fresh = ~done.take(cells)
            if epoch.parted is not None:
                fresh &= ~epoch.parted.take(who // lanes.per_block)
            fresh = np.flatnonzero(fresh)
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
                    epoch.report.met_at(finding, self._elements(touched, lanes))
                    epoch.consequences.add(finding, entry.site.id, readers, epoch.report)
        for entry in log:
            if entry.kind != "read":
                done[expand(entry, lanes).cells] = True
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
            line=entry.site.line,
            text=entry.site.text,
            array=memory.name,
            index=index,
            block=lanes.block_of(lane),
            thread=thread,
            places=count,
        )

    # Epochs

    def close(self, log: list[Entry], epoch: Epoch) -> None:
        """The epoch of `log` ends: find its races, then forget it."""
        self._check_initialised(log, epoch)
        if any(entry.kind != "read" for entry in log):
            self._races(log, epoch)
        if self._memory.space == "global" and epoch.across:
            self._between_blocks(log, epoch)

    def _races(self, log: list[Entry], epoch: Epoch) -> None:
        lanes, order, parted = epoch.lanes, epoch.order, epoch.parted
        cells = suspects(log, lanes, self.scratch)
        if not cells.size:
            return
        rows = table(log, lanes, cells, self.size, epoch.facts.updates)
        cells = raced(rows, lanes.per_block)
        if not cells.size:
            return

        if (
            self._memory.space == "shared" and lanes.shuffled
        ):  # what the block with the lowest number has, comes first
            owned = self._memory.per_owner * max(1, len(self._memory.fields))
            cells = cells[np.argsort(lanes.blocks.take(cells // owned), kind="stable")]

        def ordered(earlier: Party, later: Party) -> bool:
            row = earlier.lane // lanes.per_block
            same_block = row == later.lane // lanes.per_block
            if same_block and parted is not None and parted[row]:
                return True  # by chance, so nothing is said of it
            if order is None:
                return False
            if same_block:
                return order.ordered_lanes(earlier.lane, earlier.time, later.lane, later.time)
            first = int(lanes.blocks[row])
            second = int(lanes.blocks[later.lane // lanes.per_block])
            return order.ordered(first, earlier.time, second, later.time)

        if order is not None or parted is not None:
            confirmed = [
                bool(pairs(rows, cells[at : at + 1], log, lanes, ordered)) for at in range(len(cells))
            ]
            cells = cells[np.array(confirmed)]
        epoch.report.raced_for(self._memory.name, self._elements(cells, lanes))
        for cell, earlier, later in pairs(rows, cells, log, lanes, ordered):
            same = one_value(rows, cell)
            spot = Spot(self._memory, cell, lanes.block, lanes.grid, same)
            epoch.report.add(race(spot, _side(earlier, lanes), _side(later, lanes), epoch.facts))

    def _between_blocks(self, log: list[Entry], epoch: Epoch) -> None:
        lanes, order, facts = epoch.lanes, epoch.order, epoch.facts
        if epoch.barriers or any(entry.lanes is not None for entry in log):
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
            earlier = Side(facts.sites[number], clash.earlier_kind, *places)
            later = _side(Party(clash.lane, entry.site, entry.time, _code(entry)), lanes)
            spot = Spot(self._memory, clash.cell, lanes.block, lanes.grid)
            epoch.report.add(race(spot, earlier, later, facts))
            epoch.report.raced_for(self._memory.name, np.array([clash.cell]))
        if order is None:
            for cells in self.across.raced_for():
                epoch.report.raced_for(self._memory.name, cells)

    def _elements(self, cells: np.ndarray, lanes: Lanes) -> np.ndarray:
        """Numbers of cells that mean the same in every stretch: those of shared memory over all blocks."""
        if self._memory.space != "shared":
            return cells
        owned = self._memory.per_owner * max(1, len(self._memory.fields))
        row, within = np.divmod(cells, owned)
        return lanes.blocks.take(row) * owned + within

    def fold(self, lanes: Lanes) -> None:
        """Shorten a long log: reads of one line become at most two readers for each cell."""
        by_line: dict[tuple[Site, int], list[Entry]] = {}
        rest: list[Entry] = []
        for entry in self._memory.log:
            if entry.kind == "read":
                by_line.setdefault((entry.site, id(entry.turns)), []).append(entry)
            else:
                rest.append(entry)
        for (site, _kind), entries in by_line.items():
            rows = [expand(entry, lanes) for entry in entries]
            cells, group = np.unique(np.concatenate([each.cells for each in rows]), return_inverse=True)
            readers = np.concatenate([each.lanes for each in rows])
            low = np.full(len(cells), np.iinfo(np.int32).max, np.int32)
            high = np.full(len(cells), -1, np.int32)
            np.minimum.at(low, group, readers)
            np.maximum.at(high, group, readers)
            first = entries[0]
            for who in (low, high):
                rest.append(
                    Entry(
                        "read",
                        site,
                        cells,
                        mask=None,
                        value=None,
                        time=first.time,
                        turns=first.turns,
                        lanes=who,
                    )
                )
        self._memory.log = sorted(rest, key=lambda entry: entry.time)


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


def _side(party: Party, lanes: Lanes) -> Side:
    return Side(party.site, party.kind, lanes.block_of(party.lane), lanes.thread_of(party.lane))


__all__ = ["Kind", "Shadow"]
