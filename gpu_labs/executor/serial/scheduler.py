"""The serial engine: one thread after the other, each up to its next barrier.

This is the scheduler: which threads of a block may go on. What they share is in `serial_block.py`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from gpu_labs.executor.ir.program import SHUFFLES, Site
from gpu_labs.executor.launch_record import WARP
from gpu_labs.executor.observers.observer import Watch
from gpu_labs.executor.runtime.lanes import Lanes
from gpu_labs.executor.runtime.warp import Warps
from gpu_labs.executor.serial.block import SerialBlock
from gpu_labs.executor.serial.thread import EndedError, Thread


class Request(NamedTuple):
    """What a thread waits for, as generated code yields it: a "barrier" or "warp" function, or the "grid" barrier.

    `given` is the predicate of a barrier (None: it has none) or a warp function's operands, of `dtypes`; `wanted` is
    the dtype of its result, and `rank` its place in the source.
    """

    kind: Literal["barrier", "warp", "grid"]
    site: Site
    name: str
    given: Any
    dtypes: tuple[Any, ...] = ()
    wanted: Any = None
    rank: float = 0


class Running(NamedTuple):
    """A thread of the block: its lane and its generator, which yields the fields of a `Request`."""

    lane: int
    thread: Thread
    generator: Generator[tuple[Any, ...], Any, None]


class BlockRun:
    """One block: its threads' generators, and who waits for what."""

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
        self.block = SerialBlock(lanes, watch, shared_bytes, printed)
        self.alive = np.ones(lanes.per_block, bool)
        self.warps: Warps | None = None
        bound = [self.block.wrap(a) for a in arguments]
        self.threads: list[Running] = []
        for at, lane in enumerate(lanes.flat.tolist()):
            thread = Thread(self.block, lane, at)
            self.threads.append(Running(lane, thread, code(thread, *bound)))

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
            if all(request.kind == "grid" for request in waiting.values()):
                self.block.show()
                yield next(iter(waiting.values())).site
                ready = [(at, None) for at in sorted(waiting)]
                waiting.clear()
            else:
                ready = self._barrier(waiting)
        self.block.show()

    def _advance(self, at: int, answer: Any, waiting: dict[int, Request]) -> None:
        lane, thread, generator = self.threads[at]
        try:
            waiting[at] = Request(*generator.send(answer))
        except StopIteration:
            self.alive[lane] = False
        except EndedError:
            self.alive[lane] = False
            thread.rank -= 0.5  # it ended before whatever comes next in that block of the source

    def _mask(self, places: list[int]) -> np.ndarray | None:
        """A lane mask for the threads at these places; None for all threads."""
        if len(places) == self.lanes.per_block:
            return None
        mask = np.zeros(self.lanes.per_block, bool)
        mask[places] = True
        return mask.reshape(self.lanes.shape)

    def _left(self, rank: float) -> None:
        """Who returned before the place numbered `rank`; who ended beyond it went another way."""
        gone = [not self.alive[lane] and thread.rank < rank for lane, thread, _ in self.threads]
        self.lanes.left = np.array(gone).reshape(self.lanes.shape)

    def _barrier(self, waiting: dict[int, Request]) -> list[tuple[int, Any]]:
        """All threads wait or are done: the first barrier of the source lets its threads pass."""
        self.block.show()
        barriers = [request for request in waiting.values() if request.kind == "barrier"]
        first = min(barriers, key=lambda request: request.site.id).site if barriers else None
        places = [
            at for at, request in waiting.items() if request.kind == "barrier" and request.site is first
        ]
        if first is None:
            places = list(waiting)
            first = waiting[places[0]].site
        request = waiting[places[0]]
        values = [waiting[at].given for at in places]
        self._left(self.threads[places[0]].thread.rank)
        self.watch.barrier(request.site, self._mask(places), counts=request.given is not None)
        answer: Any = None
        if request.name == "syncthreads_count":
            answer = sum(1 for v in values if v)
        elif request.name in ("syncthreads_and", "syncthreads_or"):
            answer = int(all(values) if request.name == "syncthreads_and" else any(values))
        for at in places:
            del waiting[at]
        return [(at, answer) for at in places]

    def _warps_that_are_ready(self, waiting: dict[int, Request]) -> list[tuple[int, Any]]:
        """Warp functions whose warp has no thread on the way: the first of the source is answered."""
        by_warp: dict[int, list[int]] = {}
        for at, request in waiting.items():
            if request.kind == "warp":
                by_warp.setdefault(self.threads[at].lane // WARP, []).append(at)
        ready: list[tuple[int, Any]] = []
        for places in by_warp.values():
            first = min(
                places, key=lambda at: (self.threads[at].thread.rank, waiting[at].rank, waiting[at].site.id)
            )
            site = waiting[first].site
            chosen = [at for at in places if waiting[at].site is site]
            ready += self._warp(chosen, waiting)
        return ready

    def _warp(self, places: list[int], waiting: dict[int, Request]) -> list[tuple[int, Any]]:
        request = waiting[places[0]]
        site, name, wanted = request.site, request.name, request.wanted
        mask = self._mask(places)
        if self.warps is None:
            self.warps = Warps(self.lanes)
        columns = []
        for column, dtype in enumerate(request.dtypes):
            lanes = np.zeros(self.lanes.per_block, dtype)
            lanes[places] = [waiting[at].given[column] for at in places]
            columns.append(lanes.reshape(self.lanes.shape))
        if name not in ("activemask", "lanemask_lt"):
            self.block.turns[self.threads[places[0]].lane // WARP] += 1
            self._left(self.threads[places[0]].thread.rank)
            self.watch.warp_members(site, name, self.warps, mask, columns[0] if columns else None)
        answers: list[Any] = [None] * len(places)
        if name in SHUFFLES:
            got, known = self.warps.shuffle(name, mask, tuple(columns))
            answers = list(zip(_answers(got, places, wanted), _answers(known, places, None), strict=True))
        elif name != "syncwarp":
            answers = _answers(self.warps.run(name, mask, tuple(columns)), places, wanted)
        for at in places:
            del waiting[at]
        return list(zip(places, answers, strict=True))


def _answers(got: Any, places: list[int], wanted: Any) -> list[Any]:
    if isinstance(got, tuple):
        return list(zip(*(_answers(g, places, None) for g in got), strict=True))
    flat = np.broadcast_to(got, got.shape if got.ndim else (max(places) + 1,)).reshape(-1)[places]
    if wanted is not None:
        flat = flat.astype(wanted)
    return flat.tolist() if flat.dtype.kind in "iub" or flat.dtype == np.float64 else list(flat)
