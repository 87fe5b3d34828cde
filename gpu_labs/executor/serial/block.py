"""One block of the serial engine: its memory, and what its threads did in the current epoch.

Accesses are collected by source line while the threads run, and shown to the same checks as the lock-step
engine's when a barrier ends the epoch, so both engines find the same.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.launch_record import WARP, AccessKind
from gpu_labs.executor.observers.observer import Watch
from gpu_labs.executor.observers.races import Entry
from gpu_labs.executor.runtime.allocator import Allocator
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.windows import Array, Memory, Record
from gpu_labs.executor.serial.memory import SerialArray, SerialRecord

RECORDED = 500  # accesses to unwatched arrays that one block keeps for the launch record


class Group:
    """The accesses of one line to one memory in one epoch."""

    __slots__ = ("cells", "lanes", "memory", "site", "time", "times", "values")

    def __init__(self, memory: Memory, site: Site, time: int) -> None:
        self.memory = memory
        self.site = site
        self.cells: list[int] = []
        self.lanes: list[int] = []
        self.values: list[Any] = []
        self.time = time
        self.times: list[int] = []


class SerialBlock:
    """What the threads of one block share. `turns` counts the warp functions that each warp has passed."""

    def __init__(self, lanes: Lanes, watch: Watch, shared_bytes: int, printed: io.StringIO) -> None:
        self.lanes = lanes
        self.watch = watch
        self.printed = printed
        self.allocator = Allocator(lanes, watch, shared_bytes)
        self.groups: dict[tuple[int, int, AccessKind, int], Group] = {}
        self.turns = np.zeros(-(-lanes.per_block // WARP), np.int64)
        self.records = watch.recorder is not None and watch.recorder.wants
        self.left = RECORDED
        self.arrays: dict[int, SerialArray] = {}

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
        if isinstance(value, Record):
            return SerialRecord(value.memory, int(value.flat))
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
                entry = Entry(
                    kind, site, cells, mask=None, value=None, time=watch.time, turns=None, lanes=who
                )
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
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(memory, site, watch.time)
        group.cells.append(cell)
        group.lanes.append(lane)
        group.times.append(watch.time)
        if kind == "write":
            group.values.append(value)
        elif kind == "atomic" and watch.order is not None:
            lanes, cells = np.array([lane]), np.array([cell])
            watch.order.atomic(watch.time, self.lanes.blocks, lanes, cells, id(memory))

    def show(self) -> None:
        """Hand the epoch's accesses to the checks."""
        watch, lanes = self.watch, self.lanes
        found = sorted(self.groups.items(), key=lambda pair: pair[1].time)
        self.groups = {}
        for (_, _, kind, turn), group in found:
            memory, site = group.memory, group.site
            cells, who = np.array(group.cells, np.int64), np.array(group.lanes, np.int32)
            values = None
            if kind == "write":
                field = memory.buffer.dtype
                values = np.array(group.values, None if field.names else field)
            turns = np.full((1, len(self.turns)), turn) if self.turns.any() else None
            entry = Entry(
                kind,
                site,
                cells,
                mask=None,
                value=values,
                time=group.time,
                turns=turns,
                lanes=who,
                times=np.array(group.times),
            )
            if watch.recorder is not None and watch.recorder.wants:
                watch.recorder.keep(memory, entry, lanes, watch.barriers.epoch)
            if memory.state is not None:
                memory.log.append(entry)
