"""What is looked for while a kernel runs: one `Watch` for a launch, shown every access and barrier.

At level "off" nothing is reported, at "bounds" only indices outside their arrays, exceptions and what ends a launch,
at "hazards" and "profile" everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Program, Site, Unset
from gpu_labs.executor.launch_options import LaunchOptions
from gpu_labs.executor.launch_record import WARP, Level
from gpu_labs.executor.observers import messages as wording
from gpu_labs.executor.observers.access_log import Recorder
from gpu_labs.executor.observers.barriers import Barriers
from gpu_labs.executor.observers.happens_before import Order
from gpu_labs.executor.observers.livelock import LongLoop, Stuck, explain
from gpu_labs.executor.observers.messages import Report
from gpu_labs.executor.observers.race_message import Facts
from gpu_labs.executor.observers.races import Entry, expand
from gpu_labs.executor.observers.redundant_barriers import Usefulness
from gpu_labs.executor.observers.shadow_memory import Epoch, Shadow
from gpu_labs.executor.observers.taint import Consequences
from gpu_labs.executor.observers.warp_members import missing_lanes
from gpu_labs.executor.runtime.lanes import Lanes, Mask
from gpu_labs.executor.runtime.memory import Seen
from gpu_labs.executor.runtime.warp import Warps
from gpu_labs.executor.runtime.windows import Array, Memory

LOG_BYTES = 64 << 20
_new = tuple.__new__  # half the time of calling a named tuple, and there are many entries


class Watch:
    """The observer of one launch. `begin` and `end` frame each stretch of blocks."""

    def __init__(
        self,
        program: Program,
        facts: Facts,
        options: LaunchOptions,
        one_stretch: bool,
        recorder: Recorder | None,
        useful: Usefulness | None,
    ) -> None:
        self.program = program
        self.level: Level = options.level
        self.step_budget = options.step_budget
        self.hazards = options.level in ("hazards", "profile")
        self.observes = self.hazards
        self.report = Report(facts.locks, facts.releases)
        self.recorder = recorder
        self.useful = useful if self.hazards else None
        self.profile: Any = None
        self.time = 0
        self.one_stretch = one_stretch
        self.order = Order() if facts.fences else None
        self.facts = facts
        self.barriers = Barriers(self.report)
        for site, name in program.uncalled if self.hazards else ():
            self.report.add(wording.not_called(site, name))
        self.consequences = Consequences(program)
        self.lanes: Lanes = None  # type: ignore[assignment]
        self.turns: np.ndarray | None = None
        self.memories: list[Memory] = []
        self.globals: list[Memory] = []
        self._logged = 0
        self.seen: list[Seen] = []
        self._hushed: list[Memory] = []

    # Stretches of blocks

    def begin(self, lanes: Lanes, memories: list[Memory]) -> None:
        """A stretch of blocks starts; `memories` are the global ones that the kernel may write."""
        self.lanes = lanes
        self.turns = None
        self.barriers.begin(lanes)
        if self.order is not None:
            self.order.begin()
        for memory in self._hushed:
            memory.quiet = False
        self._hushed = []
        self.globals = memories
        self.memories = list(memories)
        for memory in memories if self.hazards else ():
            if memory.state is None:
                memory.state = Shadow(memory, self.order is not None, self.facts.updates)

    def end(self) -> None:
        """The stretch is over: look at what is still logged."""
        self.look()
        if self.useful is not None and self.useful.watching:
            self.useful.close(self.memories, self.lanes)
            self.useful.report(self.report)
        self._flush(None)
        self.consequences.forget()
        if self.recorder is not None:
            self.recorder.end(self.barriers)
        for memory in self.globals:
            memory.log = []

    def allocated(self, memory: Memory) -> None:
        """A shared or local array came to life."""
        if self.hazards:
            memory.state = Shadow(memory, False, self.facts.updates)
            if memory.space == "shared":
                self.memories.append(memory)

    def part(self, memory: Memory, whole: Memory) -> None:
        """A window on a part of each element of `whole` came to life: watched where that is."""
        if whole.state is None:
            return
        memory.state = Shadow(memory, self.order is not None, self.facts.updates)
        if whole.space != "local":
            self.memories.append(memory)
        if whole.space == "global":
            self.globals.append(memory)

    # Accesses

    def look(self) -> None:
        """Look at the loads, stores and atomics that the lock-step engine has noted since the last time."""
        if not self.seen:
            return
        seen = self.seen.copy()
        self.seen.clear()
        if self.recorder is not None and self.recorder.wants:
            self.recorder.take(seen, self.time, self.barriers.epoch)
        profile, turns, time = self.profile, self.turns, self.time
        for memory, kind, flat, mask, value, site in seen:
            time += 1
            if profile is not None:
                profile.access(memory, kind, flat, mask, site)
            state = memory.state
            if state is None:
                self._hush(memory)
                continue
            written = value if kind == "write" else None
            entry = _new(Entry, (kind, site, flat, mask, written, time, turns, None, None))
            if memory.space == "local":
                if state.initialised is None:
                    self._hush(memory)
                elif not state.written_before(flat):
                    state.local_access(entry, self.lanes, self.report)
                continue
            if kind == "atomic" and self.order is not None:
                cells, who, _ = expand(entry, self.lanes)
                self.order.atomic(time, self._blocks(mask), who, cells, id(memory))
            memory.log.append(entry)
            self._logged += flat.nbytes
        self.time = time
        if self._logged > LOG_BYTES:
            self._logged = 0
            for each in self.memories:
                each.state.fold(self.lanes)

    def _hush(self, memory: Memory) -> None:
        """Nothing about `memory` has to be checked any more; while it is not recorded either, nobody has to look."""
        if self.profile is None and (self.recorder is None or not self.recorder.wants):
            memory.quiet = True
            self._hushed.append(memory)

    def out_of_bounds(
        self, site: Site, array: Array, index: tuple[Any, ...], axis: int, outside: Any
    ) -> None:
        """Lanes `outside` have an index that `array` does not have along `axis`."""
        self.look()
        if self.level == "off":
            return
        lanes = self.lanes
        where = np.flatnonzero(np.broadcast_to(outside, lanes.shape))
        self._blame(where)
        first = int(where[lanes.first(lanes.flat[where])])
        lane = int(lanes.flat[first])
        at = tuple(int(_lane_value(i, lanes, first)) for i in index)
        shape = tuple(int(_lane_value(n, lanes, first)) for n in array.shape)
        found = wording.out_of_bounds(
            site,
            array.memory,
            at,
            shape,
            axis,
            block=lanes.block_of(lane),
            thread=lanes.thread_of(lane),
            places=len(where),
        )
        self.report.add(found)

    def outside_tuple(self, site: Site, size: int, index: Any, outside: Any) -> None:
        """Lanes `outside` have an index that a tuple of `size` items does not have."""
        self.look()
        lanes = self.lanes
        where = np.flatnonzero(outside) if self.level != "off" else np.empty(0, int)
        if where.size:
            first = int(where[lanes.first(lanes.flat[where])])
            lane = int(lanes.flat[first])
            at = int(_lane_value(index, lanes, first))
            place = {"block": lanes.block_of(lane), "thread": lanes.thread_of(lane), "places": len(where)}
            self.report.add(wording.outside_tuple(site, at, size, **place))

    def undefined(self, site: Site, unset: Unset, mask: Mask, known: Any) -> None:
        """Lanes of `mask` read a variable; those that are not `known` have no value of it."""
        self.look()
        lanes = self.lanes
        where = np.flatnonzero(lanes.full_mask(mask) & ~known) if self.level != "off" else np.empty(0, int)
        if where.size:
            self._blame(where)
            lane = self._first(where)
            at = {"block": lanes.block_of(lane), "thread": lanes.thread_of(lane)}
            who = wording.thread_in_words(lanes.block, lanes.grid, **at)
            self.report.add(wording.undefined(site, unset, who, places=len(where), **at))

    def zero_step(self, site: Site, mask: Mask) -> None:
        """Lanes of `mask` count or slice with a step of 0."""
        self.raised(site, "ValueError('the step must not be zero')", mask)

    def raised(self, site: Site, what: str, mask: Mask) -> None:
        """Lanes of `mask` raise `what`, and end."""
        self.look()
        lanes = self.lanes
        where = np.empty(0, int) if self.level == "off" else np.flatnonzero(lanes.full_mask(mask))
        if where.size:
            self._blame(where)
            lane = self._first(where)
            at = {"block": lanes.block_of(lane), "thread": lanes.thread_of(lane)}
            who = wording.thread_in_words(lanes.block, lanes.grid, **at)
            self.report.add(wording.raised(site, what, who, places=len(where), **at))

    # Threads together

    def barrier(self, site: Site, mask: Mask, counts: bool) -> None:
        """A barrier for the lanes of `mask`."""
        self.look()
        if self.level in ("off", "bounds"):
            return
        passed = self.barriers.passed(site, mask)
        if self.useful is not None and self.useful.watching:
            self.useful.barrier(site, counts or not passed.all(), self.memories, self.lanes)
        self._flush(passed, site)

    def grid_barrier(self, site: Site, mask: Mask) -> None:
        """A barrier of the whole grid."""
        self.look()
        if not self.hazards:
            return
        self.barriers.passed(site, mask, whole_grid=True)
        self._flush(None, site)
        for memory in self.globals:
            if memory.state is not None:
                memory.state.across.forget()

    def warp_members(self, site: Site, name: str, warps: Warps, mask: Mask, members: Any) -> None:
        """A warp function that the lanes of `mask` call with the member masks `members`: do all come?"""
        self.look()
        if self.hazards:
            finding = missing_lanes(site, name, warps, mask, members)
            if finding is not None:
                self.report.add(finding)

    def warp_barrier(self, mask: Mask) -> None:
        """A warp function: orders the memory of the lanes of each warp that runs it."""
        self.look()
        if not self.hazards:
            return
        lanes = self.lanes
        warps = -(-lanes.per_block // WARP)
        if self.turns is None:
            self.turns = np.zeros((lanes.count, warps), np.int64)
        if mask is None:
            self.turns = self.turns + 1
            return
        running = lanes.flat[np.flatnonzero(np.broadcast_to(mask, lanes.shape))]
        turns = self.turns.copy()
        turns.reshape(-1)[
            np.unique(running // lanes.per_block * warps + running % lanes.per_block // WARP)
        ] += 1
        self.turns = turns

    def fence(self, mask: Mask) -> None:
        """A `threadfence`."""
        self.look()
        self.time += 1
        if self.order is not None:
            lanes = self.lanes
            who = lanes.flat[np.flatnonzero(lanes.full_mask(mask))]
            self.order.fence(self.time, self._blocks(mask), who)

    def stuck(self, loop: LongLoop, mask: Mask) -> None:
        """A loop makes no progress or used up its budget: the launch ends here."""
        self.look()
        lanes = self.lanes
        lane = self._first(np.flatnonzero(lanes.full_mask(mask)))
        self.report.add(explain(loop, lanes.block_of(lane), lanes.thread_of(lane), self.step_budget))
        raise Stuck

    def _blame(self, where: np.ndarray) -> None:
        """Remember the lanes at flat places `where` as those that a finding is about."""
        lanes = self.lanes
        rows, threads = np.divmod(lanes.flat[where], lanes.per_block)
        self.report.blame(lanes.blocks[rows], threads)

    def _first(self, where: np.ndarray) -> int:
        """The lane with the lowest block and thread, of those at flat places `where`."""
        lanes = self.lanes.flat[where]
        return int(lanes[self.lanes.first(lanes)])

    # Epochs

    def _blocks(self, mask: Mask) -> np.ndarray:
        lanes = self.lanes
        if mask is None:
            return lanes.blocks
        return lanes.blocks[np.broadcast_to(mask, lanes.shape).reshape(lanes.count, -1).any(1)]

    def _flush(self, passed: np.ndarray | None, site: Site | None = None) -> None:
        """Look at the epoch that ends for the blocks `passed` (None: for all)."""
        if not self.hazards:
            return
        self._logged = 0
        lanes = self.lanes
        barriers = self.barriers.count > 0
        epoch = Epoch(
            lanes,
            self.report,
            self.facts,
            self.consequences,
            self.order,
            self.barriers.parted,
            across=barriers or not self.one_stretch,
            barriers=barriers,
        )
        logs: list[tuple[Memory, list[Entry]]] = []
        for memory in self.memories:
            log = memory.log
            if not log:
                continue
            if passed is None or passed.all():
                memory.log = []
            else:
                rows = passed.reshape(-1, 1, 1, 1)
                memory.log = _only(log, ~rows, lanes)
                log = _only(log, rows, lanes)
            memory.state.close(log, epoch)
            logs.append((memory, log))
        self.consequences.look(logs, lanes, self.report)


def _only(log: list[Entry], rows: np.ndarray, lanes: Lanes) -> list[Entry]:
    """The part of the log that belongs to some blocks."""
    kept = []
    for entry in log:
        if entry.lanes is not None:
            chosen = np.flatnonzero(rows.reshape(-1)[entry.lanes // lanes.per_block])
            if chosen.size:
                columns = {
                    name: None if getattr(entry, name) is None else getattr(entry, name)[chosen]
                    for name in ("flat", "lanes", "value", "times")
                }
                kept.append(entry._replace(**columns))
            continue
        mask = rows if entry.mask is None else entry.mask & rows
        if mask.any():
            kept.append(entry._replace(mask=mask))
    return kept


def _lane_value(value: Any, lanes: Lanes, at: int) -> Any:
    return value if np.ndim(value) == 0 else np.broadcast_to(value, lanes.shape).reshape(-1)[at]
