"""What orders memory within one launch beside barriers: fences with atomics.

A thread *releases* what it wrote when it passes a `threadfence` and then an atomic; a thread *acquires* when
it passes an atomic. Between blocks, what comes before a release of the one is ordered before what comes after a
later acquire of the other, whichever of their threads do it (NVIDIA's sample threadFenceReduction); the cell of
the atomic is not looked at. Between threads of one block it must be the same cell: that is how a lock works.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class _Atomic(NamedTuple):
    """One atomic of the current stretch as the engine ran it: lanes, and the cell of each."""

    time: int
    lanes: np.ndarray
    cells: np.ndarray
    memory: int


class Order:
    """The fences and atomics of a launch."""

    def __init__(self) -> None:
        self._fences: dict[int, list[int]] = {}  # times by block, ascending
        self._passed: dict[int, list[int]] = {}  # the same of atomics
        self._atomics: list[_Atomic] = []
        self._lane_fences: dict[int, list[int]] = {}
        self._lane_atomics: dict[int, list[tuple[int, tuple[int, int]]]] = {}
        self._indexed = 0

    def begin(self) -> None:
        """A new stretch of blocks: lanes have other numbers from now on."""
        self._lane_fences, self._lane_atomics = {}, {}
        self._atomics = []
        self._indexed = 0

    def fence(self, time: int, blocks: np.ndarray, lanes: np.ndarray) -> None:
        """These lanes passed a fence."""
        for block in blocks.tolist():
            self._fences.setdefault(block, []).append(time)
        for lane in lanes.tolist():
            self._lane_fences.setdefault(lane, []).append(time)

    def atomic(
        self, time: int, blocks: np.ndarray, lanes: np.ndarray, cells: np.ndarray, memory: int
    ) -> None:
        """These lanes passed an atomic on these cells."""
        for block in blocks.tolist():
            self._passed.setdefault(block, []).append(time)
        self._atomics.append(_Atomic(time, lanes, cells, memory))

    def ordered(self, block: int, time: int, other: int, other_time: int) -> bool:
        """True when what `block` did at `time` comes before what `other` did at `other_time`."""
        fence = _first_from(self._fences.get(block, ()), time + 1)
        release = None if fence is None else _first_from(self._passed.get(block, ()), fence + 1)
        acquired = None if release is None else _first_from(self._passed.get(other, ()), release)
        return acquired is not None and acquired < other_time

    def ordered_lanes(self, lane: int, time: int, other: int, other_time: int) -> bool:
        """The same for two lanes of one block: what the first released at a cell, the other acquired there."""
        self._index()
        fence = _first_from(self._lane_fences.get(lane, ()), time + 1)
        if fence is None:
            return False
        released: dict[tuple[int, int], int] = {}
        for t, cell in self._lane_atomics.get(lane, ()):
            if t > fence:
                released.setdefault(cell, t)
        acquired = self._lane_atomics.get(other, ())
        return any(released.get(cell, other_time) < t < other_time for t, cell in acquired)

    def _index(self) -> None:
        for each in self._atomics[self._indexed :]:
            for lane, cell in zip(each.lanes.tolist(), each.cells.tolist(), strict=True):
                self._lane_atomics.setdefault(lane, []).append((each.time, (each.memory, cell)))
        self._indexed = len(self._atomics)


def _first_from(times: Sequence[int], start: int) -> int | None:
    """The first of ascending times that is not before `start`."""
    at = bisect_left(times, start)
    return times[at] if at < len(times) else None
