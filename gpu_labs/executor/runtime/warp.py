"""Warp functions on lanes: shuffles, votes and matches, for warps of 32 consecutive threads.

Values are laid out as (blocks, warps, 32); the last warp of a block is filled up with lanes that do not
exist and take no part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.runtime.lanes import Lanes, Mask

WARP = 32


class Warps:
    """Lays lane values out by warp and back."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.count = -(-lanes.per_block // WARP)
        self.order = np.argsort(lanes.linear.reshape(-1)) if lanes.shuffled else None
        self.back = lanes.linear.reshape(-1) if lanes.shuffled else None

    def out(self, value: Any, fill: Any = 0) -> np.ndarray:
        """`value` as an array (blocks, warps, 32), filled up with `fill`."""
        lanes = self.lanes
        flat = np.broadcast_to(value, lanes.shape).reshape(lanes.count, lanes.per_block)
        if self.order is not None:
            flat = flat[:, self.order]
        missing = self.count * WARP - lanes.per_block
        if missing:
            flat = np.concatenate((flat, np.full((lanes.count, missing), fill, flat.dtype)), axis=1)
        return flat.reshape(lanes.count, self.count, WARP)

    def home(self, value: np.ndarray) -> np.ndarray:
        """The reverse of `out`; a last axis of 1 is given to all 32 lanes."""
        lanes = self.lanes
        value = np.broadcast_to(value, (lanes.count, self.count, WARP))
        flat = value.reshape(lanes.count, -1)[:, : lanes.per_block]
        if self.back is not None:
            flat = flat[:, self.back]
        return flat.reshape(lanes.shape)

    def run(self, name: str, mask: Mask, args: tuple[Any, ...]) -> Any:
        """One warp function. The first argument of all but `activemask` and `lanemask_lt` is the member
        mask; a lane takes part when it runs and the mask names it."""
        active = self.out(self.lanes.full_mask(mask), False)
        if name == "activemask":
            return self.home(_ballot(active)).astype(np.int32)
        if name == "lanemask_lt":
            below = ((np.int64(1) << np.arange(WARP)) - 1).astype(np.uint32).view(np.int32)
            return self.home(below.reshape(1, 1, WARP))
        members = self.out(args[0]).astype(np.int64) & 0xFFFFFFFF
        taking = active & ((members >> np.arange(WARP)) & 1 == 1)
        if name.startswith("shfl"):
            return self._shuffle(name, active, args)
        value = self.out(args[1])
        if name.startswith("match"):
            return self._match(name, taking, value)
        truth = value != 0
        if name == "all_sync":
            return self.home((truth | ~taking).all(-1, keepdims=True))
        if name == "any_sync":
            return self.home((truth & taking).any(-1, keepdims=True))
        if name == "eq_sync":
            return self.home(
                (truth | ~taking).all(-1, keepdims=True) | ~(truth & taking).any(-1, keepdims=True)
            )
        return self.home(_ballot(truth & taking)).astype(np.int32)

    def _shuffle(self, name: str, active: np.ndarray, args: tuple[Any, ...]) -> np.ndarray:
        value = self.out(args[1])
        operand = self.out(args[2]).astype(np.int64)
        lane = np.arange(WARP)
        if name == "shfl_sync":
            source = operand & (WARP - 1)
        elif name == "shfl_up_sync":
            source = lane - operand
        elif name == "shfl_down_sync":
            source = lane + operand
        else:
            source = lane ^ operand
        source = np.where((source < 0) | (source >= WARP), lane, source)
        return self.home(np.take_along_axis(value, source, -1))

    def _match(self, name: str, taking: np.ndarray, value: np.ndarray) -> Any:
        same = (value[..., :, None] == value[..., None, :]) & taking[..., None, :] & taking[..., :, None]
        bits = (same.astype(np.int64) << np.arange(WARP)).sum(-1).astype(np.uint32).view(np.int32)
        if name == "match_any_sync":
            return self.home(bits)
        everyone = _ballot(taking)
        agrees = bits == everyone
        return self.home(np.where(agrees, bits, 0)), self.home(agrees)


def _ballot(truth: np.ndarray) -> np.ndarray:
    bits = (truth.astype(np.int64) << np.arange(WARP)).sum(-1, keepdims=True)
    return bits.astype(np.uint32).view(np.int32)
