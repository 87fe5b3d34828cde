"""What orders the memory of different blocks within one launch: fences with atomics.

A block *releases* what it wrote when it passes a `threadfence` and then an atomic; a block *acquires* when
it passes an atomic. What lies before a release is ordered before what lies after a later acquire; this is
how "the last block sums up" works (NVIDIA's sample threadFenceReduction). The address of the atomic is not
looked at.
"""

from __future__ import annotations

import numpy as np


class Order:
    """The fences and atomics of a launch, by block and time."""

    def __init__(self) -> None:
        self._fences: list[tuple[int, np.ndarray]] = []
        self._atomics: list[tuple[int, np.ndarray]] = []

    def fence(self, time: int, blocks: np.ndarray) -> None:
        """These blocks passed a fence."""
        self._fences.append((time, blocks))

    def atomic(self, time: int, blocks: np.ndarray) -> None:
        """These blocks passed an atomic; of interest only after some fence."""
        if self._fences:
            self._atomics.append((time, blocks))

    def ordered(self, block: int, time: int, other: int, other_time: int) -> bool:
        """True when what `block` did at `time` comes before what `other` did at `other_time`."""
        fence = next((t for t, blocks in self._fences if t > time and block in blocks), None)
        if fence is None:
            return False
        release = next((t for t, blocks in self._atomics if t > fence and block in blocks), None)
        if release is None:
            return False
        return any(release <= t < other_time and other in blocks for t, blocks in self._atomics)
