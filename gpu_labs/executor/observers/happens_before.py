"""What orders memory within one launch beside barriers: fences with atomics.

A thread *releases* what it wrote when it passes a `threadfence` and then an atomic; a thread *acquires* when
it passes an atomic. Between blocks, what lies before a release of the one is ordered before what lies after a
later acquire of the other, whichever of their threads do it (NVIDIA's sample threadFenceReduction); the cell of
the atomic is not looked at. Between threads of one block it must be the same cell: that is how a lock works.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class _Atomic(NamedTuple):
    """One atomic as the engine ran it: time, the blocks, and of the current stretch lanes and cells."""

    time: int
    blocks: np.ndarray
    lanes: np.ndarray
    cells: np.ndarray
    memory: int


class Order:
    """The fences and atomics of a launch."""

    def __init__(self) -> None:
        self._fences: list[tuple[int, np.ndarray]] = []
        self._atomics: list[_Atomic] = []
        self._lane_fences: dict[int, list[int]] = {}
        self._lane_atomics: dict[int, list[tuple[int, tuple[int, int]]]] = {}
        self._indexed = 0
        self._since = 0

    def begin(self) -> None:
        """A new stretch of blocks: lanes have other numbers from now on."""
        self._lane_fences, self._lane_atomics = {}, {}
        self._indexed = self._since = len(self._atomics)

    def fence(self, time: int, blocks: np.ndarray, lanes: np.ndarray) -> None:
        """These lanes passed a fence."""
        self._fences.append((time, blocks))
        for lane in lanes.tolist():
            self._lane_fences.setdefault(lane, []).append(time)

    def atomic(
        self, time: int, blocks: np.ndarray, lanes: np.ndarray, cells: np.ndarray, memory: int
    ) -> None:
        """These lanes passed an atomic on these cells."""
        self._atomics.append(_Atomic(time, blocks, lanes, cells, memory))

    def ordered(self, block: int, time: int, other: int, other_time: int) -> bool:
        """True when what `block` did at `time` comes before what `other` did at `other_time`."""
        fence = next((t for t, blocks in self._fences if t > time and block in blocks), None)
        if fence is None:
            return False
        release = next((a.time for a in self._atomics if a.time > fence and block in a.blocks), None)
        if release is None:
            return False
        return any(release <= a.time < other_time and other in a.blocks for a in self._atomics)

    def ordered_lanes(self, lane: int, time: int, other: int, other_time: int) -> bool:
        """The same for two lanes of one block: what the first released at a cell, the other acquired there."""
        self._index()
        fence = next((t for t in self._lane_fences.get(lane, ()) if t > time), None)
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
