"""The way back from a launch that has begun on the wrong engine: what its arrays held before."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.runtime.lanes import Mask

MOST_BYTES = 16 << 20
FEW = 48  # lanes below which Python numbers beat arrays
LONELY = 200  # turns with so few lanes that have to be seen
LANE_TURNS = 20  # turns of one lane that the serial engine does while lanes do one, roughly


class FewLanesError(Exception):
    """Ends a launch that the serial engine will do again, faster; memory is as it was."""


class Loneliness:
    """Counts the turns of loops by the lanes that take part. When nearly all the work is done by a few, the
    launch is undone and raises FewLanesError.

    It gives up when more was written than is kept: then the engine goes on as it is."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.lane_turns = 0
        self.lonely = 0
        self._before: list[tuple[np.ndarray, Any, np.ndarray]] | None = []
        self._bytes = 0

    def turn(self, mask: Mask, lanes: int) -> None:
        """One turn of a loop by the lanes of `mask`, of `lanes` in all."""
        if self._before is None:
            return
        active = lanes if mask is None else np.count_nonzero(mask) * lanes // mask.size
        self.lane_turns += active
        if active > FEW:
            return
        self.lonely += 1
        if self.lonely >= LONELY and self.lane_turns + self.lanes <= LANE_TURNS * self.lonely:
            self._undo()
            raise FewLanesError

    def writes(self, buffer: np.ndarray, flat: Any) -> None:
        """These cells are about to be written."""
        if self._before is not None:
            self._before.append((buffer, flat, buffer[flat]))
            self._bytes += 2 * flat.nbytes
            if self._bytes > MOST_BYTES:
                self._before = None

    def _undo(self) -> None:
        for buffer, flat, values in reversed(self._before or ()):
            buffer[flat] = values
