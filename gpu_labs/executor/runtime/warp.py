"""Warp functions on lanes: shuffles, votes and matches, for warps of 32 consecutive threads.

Values are laid out as (blocks, warps, 32); the last warp of a block is filled up with lanes that do not
exist and take no part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.launch_record import WARP
from gpu_labs.executor.runtime.lanes import Lanes, Mask
from gpu_labs.executor.runtime.memory import garbage


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
            return self.home(ballot(active)).astype(np.int32)
        if name == "lanemask_lt":
            below = ((np.int64(1) << np.arange(WARP)) - 1).astype(np.uint32).view(np.int32)
            return self.home(below.reshape(1, 1, WARP))
        members = self.out(args[0]).astype(np.int64) & 0xFFFFFFFF & _unsigned(ballot(active))
        value = self.out(args[1])
        if name.startswith("match"):
            return self._match(name, active, members, value)
        yes = _unsigned(ballot((value != 0) & active)) & members  # what each lane's group of lanes votes
        if name == "all_sync":
            return self.home(yes == members)
        if name == "any_sync":
            return self.home(yes != 0)
        if name == "eq_sync":
            return self.home((yes == members) | (yes == 0))
        return self.home(yes.astype(np.uint32).view(np.int32))

    def shuffle(self, name: str, mask: Mask, args: tuple[Any, ...]) -> tuple[np.ndarray, Any]:
        """What each lane takes from another, and for which lanes that other takes part: from one that does not
        comes the mark of memory that nobody has written."""
        active = self.out(self.lanes.full_mask(mask), False)
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
        if active.all():
            return self.home(np.take_along_axis(value, source, -1)), np.True_
        value = np.where(active, value, garbage(1, value.dtype)[0])
        known = np.take_along_axis(active, source, -1)
        return self.home(np.take_along_axis(value, source, -1)), self.home(known)

    def _match(self, name: str, active: np.ndarray, members: np.ndarray, value: np.ndarray) -> Any:
        same = (value[..., :, None] == value[..., None, :]) & active[..., None, :]
        bits = (same.astype(np.int64) << np.arange(WARP)).sum(-1) & members
        if name == "match_any_sync":
            return self.home(bits.astype(np.uint32).view(np.int32))
        agrees = bits == members
        return self.home(np.where(agrees, bits, 0).astype(np.uint32).view(np.int32)), self.home(agrees)


def _unsigned(bits: np.ndarray) -> np.ndarray:
    """Bits of int32 as numbers from 0."""
    return bits.astype(np.int64) & 0xFFFFFFFF


def ballot(truth: np.ndarray) -> np.ndarray:
    """One number for each warp, with a bit for each lane where `truth` holds; (blocks, warps, 1), int32."""
    bits = (truth.astype(np.int64) << np.arange(WARP)).sum(-1, keepdims=True)
    return bits.astype(np.uint32).view(np.int32)
