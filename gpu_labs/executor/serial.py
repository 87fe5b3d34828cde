"""The serial engine: one thread after the other, each up to its next barrier.

Accesses are collected by source line while the threads of a block run, and shown to the same checks as the
lock-step engine's when a barrier ends the epoch, so both engines find the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np

from gpu_labs.executor.lanes import Lanes
from gpu_labs.executor.launch import AccessKind
from gpu_labs.executor.lockstep import Run
from gpu_labs.executor.memory import Array, Memory
from gpu_labs.executor.program import Site
from gpu_labs.executor.races import WARP, Entry
from gpu_labs.executor.serial_thread import SerialArray, Thread
from gpu_labs.executor.warp import Warps
from gpu_labs.executor.watch import Watch

RECORDED = 500  # accesses to unwatched arrays that one block keeps for the launch record

Request = tuple[Any, ...]


class Group:
    """The accesses of one line to one memory in one epoch."""

    __slots__ = ("cells", "lanes", "time", "values")

    def __init__(self, time: int) -> None:
        self.cells: list[int] = []
        self.lanes: list[int] = []
        self.values: list[Any] = []
        self.time = time


class BlockRun:
    """One block: its threads' generators, its memory, and who waits for what."""

    def __init__(
        self,
        code: Callable[..., Any],
        lanes: Lanes,
        watch: Watch,
        shared_bytes: int,
        printed: io.StringIO,
        arguments: list[Any],
    ) -> None:
        self.lanes = lanes
        self.watch = watch
        self.printed = printed
        self.run = Run(lanes, watch, shared_bytes, printed, None)  # makes shared and constant arrays
        self.groups: dict[tuple[int, int, AccessKind, int], tuple[Memory, Site, Group]] = {}
        self.turns = np.zeros(-(-lanes.per_block // WARP), np.int64)
        self.alive = np.ones(lanes.per_block, bool)
        self.warps: Warps | None = None
        self.records = watch.recorder is not None and watch.recorder.wants
        self.left = RECORDED
        self.arrays: dict[int, SerialArray] = {}
        bound = [self.wrap(a) for a in arguments]
        order = lanes.flat.tolist()
        self.threads: list[tuple[int, Thread, Generator[Request, Any, None]]] = []
        for at, lane in enumerate(order):
            thread = Thread(self, lane, at)
            self.threads.append((lane, thread, code(thread, *bound)))

    def wrap(self, value: Any) -> Any:
        """An argument as this engine uses it."""
        if isinstance(value, Array):
            watched = value.memory.state is not None or self.records
            made = SerialArray(
                value.memory,
                int(value.base),
                tuple(map(int, value.shape)),
                tuple(map(int, value.strides)),
                watched,
            )
            self.arrays[id(made)] = made
            return made
        if isinstance(value, tuple):
            return tuple(map(self.wrap, value))
        if isinstance(value, np.generic) and (value.dtype.kind in "iub" or value.dtype == np.float64):
            return value.item()
        return value

    # Accesses

    def note(self, memory: Memory, kind: AccessKind, cell: int, lane: int, value: Any, site: Site) -> None:
        """One access of one thread."""
        watch = self.watch
        watch.time += 1
        state = memory.state
        if memory.space == "local":
            if state is not None:
                cells, who = np.array([cell]), np.array([lane])
                entry = Entry(kind, site, cells, None, None, watch.time, None, who)
                state.local_access(entry, self.lanes, watch.report)
            return
        if state is None:
            if not self.records:
                return
            self.left -= 1
            if self.left < 0:
                self.records = False
                for array in self.arrays.values():
                    if array.memory.state is None:
                        array.hurry()
                return
        turn = int(self.turns[lane // WARP])
        key = (id(memory), site.id, kind, turn)
        got = self.groups.get(key)
        if got is None:
            got = self.groups[key] = (memory, site, Group(watch.time))
        group = got[2]
        group.cells.append(cell)
        group.lanes.append(lane)
        if kind == "write":
            group.values.append(value)
        elif kind == "atomic" and watch.order is not None:
            watch.order.atomic(watch.time, self.lanes.blocks)

    def show(self) -> None:
        """Hand the epoch's accesses to the checks."""
        watch, lanes = self.watch, self.lanes
        found = sorted(self.groups.items(), key=lambda pair: pair[1][2].time)
        self.groups = {}
        for (_, _, kind, turn), (memory, site, group) in found:
            cells, who = np.array(group.cells, np.int64), np.array(group.lanes, np.int32)
            if watch.recorder is not None and watch.recorder.wants:
                watch.recorder.keep(memory, kind, site, group.time, lanes, watch.barriers, who, cells)
            if memory.state is None:
                continue
            values = None
            if kind == "write":
                field = memory.buffer.dtype
                values = np.array(group.values, None if field.names else field)
            turns = np.full((1, len(self.turns)), turn) if self.turns.any() else None
            memory.log.append(Entry(kind, site, cells, None, values, group.time, turns, who))

    # Running

    def go(self) -> Iterator[Site]:
        """Run the block; yields where its threads wait for the other blocks of the grid."""
        waiting: dict[int, Request] = {}
        ready: list[tuple[int, Any]] = [(at, None) for at in range(len(self.threads))]
        while True:
            for at, answer in ready:
                self._advance(at, answer, waiting)
            ready = self._warps_that_are_ready(waiting)
            if ready:
                continue
            if not waiting:
                break
            if all(request[0] == "grid" for request in waiting.values()):
                self.show()
                yield next(iter(waiting.values()))[1]
                ready = [(at, None) for at in sorted(waiting)]
                waiting.clear()
            else:
                ready = self._barrier(waiting)
        self.show()

    def _advance(self, at: int, answer: Any, waiting: dict[int, Request]) -> None:
        lane, _, generator = self.threads[at]
        try:
            waiting[at] = generator.send(answer)
        except StopIteration:
            self.alive[lane] = False

    def _mask(self, places: list[int]) -> np.ndarray | None:
        """A lane mask for the threads at these places; None for all threads."""
        if len(places) == self.lanes.per_block:
            return None
        mask = np.zeros(self.lanes.per_block, bool)
        mask[places] = True
        return mask.reshape(self.lanes.shape)

    def _left(self) -> None:
        gone = ~self.alive[self.lanes.flat]
        self.lanes.left = gone.reshape(self.lanes.shape)

    def _barrier(self, waiting: dict[int, Request]) -> list[tuple[int, Any]]:
        """All threads wait or are done: the first barrier of the source lets its threads pass."""
        self.show()
        self._left()
        barriers = [request for request in waiting.values() if request[0] == "barrier"]
        first = min(barriers, key=lambda request: request[1].id)[1] if barriers else None
        places = [at for at, request in waiting.items() if request[0] == "barrier" and request[1] is first]
        if first is None:
            places = list(waiting)
            first = waiting[places[0]][1]
        _, site, name, predicate = waiting[places[0]][:4]
        values = [waiting[at][3] for at in places]
        self.watch.barrier(site, self._mask(places), counts=predicate is not None)
        answer: Any = None
        if name == "syncthreads_count":
            answer = sum(1 for v in values if v)
        elif name in ("syncthreads_and", "syncthreads_or"):
            answer = int(all(values) if name == "syncthreads_and" else any(values))
        for at in places:
            del waiting[at]
        return [(at, answer) for at in places]

    def _warps_that_are_ready(self, waiting: dict[int, Request]) -> list[tuple[int, Any]]:
        """Warp functions whose warp has no thread on the way: the first of the source is answered."""
        by_warp: dict[int, list[int]] = {}
        for at, request in waiting.items():
            if request[0] == "warp":
                by_warp.setdefault(self.threads[at][0] // WARP, []).append(at)
        ready: list[tuple[int, Any]] = []
        for places in by_warp.values():
            rank = min(waiting[at][6] for at in places)
            site = min((waiting[at][1] for at in places if waiting[at][6] == rank), key=lambda s: s.id)
            chosen = [at for at in places if waiting[at][1] is site]
            ready += self._warp(chosen, waiting)
        return ready

    def _warp(self, places: list[int], waiting: dict[int, Request]) -> list[tuple[int, Any]]:
        _, _, name, values, dtypes, wanted, _ = waiting[places[0]]
        mask = self._mask(places)
        if name not in ("activemask", "lanemask_lt"):
            self.turns[self.threads[places[0]][0] // WARP] += 1
        answers: list[Any] = [None] * len(places)
        if name != "syncwarp":
            if self.warps is None:
                self.warps = Warps(self.lanes)
            columns = []
            for column, dtype in enumerate(dtypes):
                lanes = np.zeros(self.lanes.per_block, dtype)
                lanes[places] = [waiting[at][3][column] for at in places]
                columns.append(lanes.reshape(self.lanes.shape))
            got = self.warps.run(name, mask, tuple(columns))
            answers = _answers(got, places, wanted)
        del values
        for at in places:
            del waiting[at]
        return list(zip(places, answers, strict=True))


def _answers(got: Any, places: list[int], wanted: Any) -> list[Any]:
    if isinstance(got, tuple):
        return list(zip(*(_answers(g, places, None) for g in got), strict=True))
    flat = got.reshape(-1)[places]
    if wanted is not None:
        flat = flat.astype(wanted)
    return flat.tolist() if flat.dtype.kind in "iub" or flat.dtype == np.float64 else list(flat)
