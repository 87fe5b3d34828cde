"""Lanes: all threads of a stretch of blocks as NumPy arrays, and the masks that say who takes part.

A value of the kernel is an array that broadcasts to (blocks, z, y, x): what depends on `threadIdx.x` alone
has shape (1, 1, 1, x), what is equal for all threads is a NumPy scalar. So a tile row that 16 threads read
is loaded once and not 16 times, and that is where most of the speed comes from.

A mask is None for all lanes or a Boolean array that broadcasts in the same way. Arrays are never written
in place, so they can be kept and compared by identity.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.findings import Dim3

Mask = Any  # None, or a Boolean array
Pending = dict[int, Mask]
NOBODY = False  # what `split` returns for a side that no lane takes
TRUE, FALSE = np.bool_(True), np.bool_(False)
KEPT = 1 << 15  # lanes of a numbering that is kept for the next launch
_NONE_LEFT = np.zeros((1, 1, 1, 1), bool)


class Lanes:
    """The lanes of blocks `first` to `first + count - 1` of a launch, in the order that `seed` gives."""

    def __init__(self, grid: Dim3, block: Dim3, blocks: np.ndarray, seed: int | None) -> None:
        self.grid, self.block = grid, block
        self.blocks = blocks
        self.count = len(blocks)
        bx, by, bz = block
        self.per_block = bx * by * bz
        self.shape = (self.count, bz, by, bx)
        self.shuffled = seed is not None
        if seed is None:  # the blocks are then in their order
            numbered = _in_order if self.count * self.per_block <= KEPT else _in_order.__wrapped__
            numbering = numbered(grid, block, int(blocks[0]), self.count)
        else:
            random = np.random.default_rng(seed)
            x, y, z = (random.permutation(n) for n in block)
            numbering = _number(grid, block, blocks, (x, y, z))
        self.linear, self.lane, self.flat, self.row, self.special = numbering
        self.left: Mask = _NONE_LEFT
        self.ended: Mask = NOBODY
        self.ascending: dict[tuple[int, int], tuple[Any, Any, bool]] = {}
        self._joins: dict[tuple[int, int], tuple[Any, Any, Any]] = {}
        self._active: dict[tuple[int, tuple[int, ...]], tuple[Any, np.ndarray]] = {}

    # Masks

    def split(self, mask: Mask, condition: Any) -> tuple[Mask, Mask]:
        """The lanes of `mask` for which the condition holds, and the others; NOBODY for an empty side."""
        if condition.ndim == 0:
            return (mask, NOBODY) if condition else (NOBODY, mask)
        if mask is None:
            if condition.all():
                return None, NOBODY
            if not condition.any():
                return NOBODY, None
            yes, no = condition, ~condition
        else:
            yes = mask & condition
            if not yes.any():
                return NOBODY, mask
            no = mask & ~condition
            if not no.any():
                return mask, NOBODY
        if len(self._joins) > 256:
            self._joins.clear()
        self._joins[id(yes), id(no)] = self._joins[id(no), id(yes)] = (yes, no, mask)
        return yes, no

    def join(self, a: Mask, b: Mask) -> Mask:
        """The lanes of either mask."""
        if a is None or b is None:
            return None
        kept = self._joins.get((id(a), id(b)))
        if kept is not None:
            _a, _b, joined = kept
            return joined
        both: Any = a | b
        return None if both.all() else both

    def arrive(self, pending: Pending, label: int, mask: Mask) -> None:
        """Let `mask` wait at block `label`."""
        pending[label] = self.join(pending[label], mask) if label in pending else mask

    def go(self, pending: Pending, label: int, mask: Mask) -> tuple[int, Mask]:
        """Let `mask` wait at `label`, and run the lanes that wait at the first block."""
        self.arrive(pending, label, mask)
        first = min(pending)
        return first, pending.pop(first)

    def resume(self, pending: Pending) -> tuple[int, Mask]:
        """Run the lanes that wait at the first block."""
        first = min(pending)
        return first, pending.pop(first)

    def leave(self, mask: Mask) -> None:
        """The lanes of `mask` returned from the kernel."""
        self.left = np.ones((1, 1, 1, 1), bool) if mask is None else self.left | mask

    def end(self, mask: Mask) -> None:
        """The lanes of `mask` raised in a device function, and so left the kernel."""
        self.leave(mask)
        self.ended = self.left  # who has returned is in no mask any more

    def living(self, mask: Mask) -> Mask:
        """The lanes of `mask` that came back from a device function; NOBODY where all of them raised."""
        if self.ended is NOBODY:
            return mask
        if mask is None:
            living = ~self.ended
        elif (mask & self.ended).any():
            living = mask & ~self.ended
        else:
            return mask
        return living if living.any() else NOBODY

    def active(self, mask: Mask, shape: tuple[int, ...]) -> np.ndarray:
        """Flat places, in an array of `shape`, of the lanes of `mask`."""
        key = (id(mask), shape)
        kept = self._active.get(key)
        if kept is None:
            if len(self._active) > 64:
                self._active.clear()
            kept = (mask, np.flatnonzero(np.broadcast_to(mask, shape)))
            self._active[key] = kept
        _mask, places = kept
        return places

    def full_mask(self, mask: Mask) -> np.ndarray:
        """`mask` as a Boolean array of the lanes' full shape."""
        return np.ones(self.shape, bool) if mask is None else np.broadcast_to(mask, self.shape)

    def choose(self, mask: Mask, new: Any, old: Any) -> Any:
        """`new` for the lanes of `mask`, `old` for the others; any kind of value."""
        if mask is None or new is old or old is None:
            return new
        if isinstance(new, tuple):
            return tuple(self.choose(mask, n, o) for n, o in zip(new, old, strict=True))
        if isinstance(new, (np.ndarray, np.generic)):
            return np.where(mask, new, old)
        merge = getattr(new, "merge", None)
        return merge(mask, old) if merge is not None else new

    # Naming a lane

    def first(self, lanes: np.ndarray) -> int:
        """The place, in `lanes`, of the one whose block and thread have the lowest numbers."""
        blocks = self.blocks.take(lanes // self.per_block)
        return int(np.lexsort((lanes % self.per_block, blocks))[0])

    def block_of(self, lane: int) -> Dim3:
        """blockIdx of lane number `lane` of this stretch."""
        return unravel(int(self.blocks[lane // self.per_block]), self.grid)

    def block_of_number(self, number: int) -> Dim3:
        """blockIdx of block number `number` of the grid."""
        return unravel(number, self.grid)

    def thread_of(self, lane: int) -> Dim3:
        """threadIdx of lane number `lane`."""
        return unravel(lane % self.per_block, self.block)


def unravel(linear: int, dims: Dim3) -> Dim3:
    """(x, y, z) of place number `linear`, x fastest."""
    x, y, _ = dims
    return linear % x, linear // x % y, linear // (x * y)


class _Numbering(NamedTuple):
    """The numbers of the lanes of some blocks: in their block, in the stretch, the same flat, the row of each block,
    and what kernels ask for by name."""

    linear: np.ndarray
    lane: np.ndarray
    flat: np.ndarray
    row: np.ndarray
    special: dict[str, Any]


@lru_cache(maxsize=8)
def _in_order(grid: Dim3, block: Dim3, first: int, count: int) -> _Numbering:
    """The numbering of blocks from `first` on; kept, for a kernel is often launched in one shape many times."""
    x, y, z = map(np.arange, block)
    return _number(grid, block, np.arange(first, first + count, dtype=np.int64), (x, y, z))


def _number(
    grid: Dim3, block: Dim3, blocks: np.ndarray, threads: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> _Numbering:
    """The numbering of `blocks` whose threads run in the order of `threads`, given by dimension."""
    bx, by, bz = block
    x, y, z = threads
    linear = (x + bx * (y[:, None] + by * z[:, None, None]))[None].astype(np.int32)
    first = np.arange(len(blocks), dtype=np.int32).reshape(-1, 1, 1, 1) * np.int32(bx * by * bz)
    lane = first + linear
    special = _special(grid, block, blocks, threads)
    special["laneid"] = linear % np.int32(32) if bx * by * bz > 1 else np.int32(0)
    return _Numbering(linear, lane, lane.reshape(-1), np.arange(len(blocks)).reshape(-1, 1, 1, 1), special)


def _special(
    grid: Dim3, block: Dim3, blocks: np.ndarray, threads: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> dict[str, Any]:
    """threadIdx, blockIdx and other built-in numbers; int32, or int64 where `grid` and `gridsize` make it so."""
    gx, gy, _ = grid
    bx, by, bz = block
    x, y, z = threads
    one = np.int32
    tid = {
        "x": x.astype(one).reshape(1, 1, 1, -1) if bx > 1 else one(0),
        "y": y.astype(one).reshape(1, 1, -1, 1) if by > 1 else one(0),
        "z": z.astype(one).reshape(1, -1, 1, 1) if bz > 1 else one(0),
    }
    place = {"x": blocks % gx, "y": blocks // gx % gy, "z": blocks // (gx * gy)}
    bid = {d: v.astype(one).reshape(-1, 1, 1, 1) if len(blocks) > 1 else one(v[0]) for d, v in place.items()}
    size, groups = dict(zip("xyz", block, strict=True)), dict(zip("xyz", grid, strict=True))
    where = [np.int64(size[d]) * bid[d] + tid[d] for d in "xyz"]
    whole = [np.int64(size[d]) * np.int64(groups[d]) for d in "xyz"]
    names = {f"tid.{d}": tid[d] for d in "xyz"} | {f"bid.{d}": bid[d] for d in "xyz"}
    names |= {f"bdim.{d}": one(size[d]) for d in "xyz"} | {f"gdim.{d}": one(groups[d]) for d in "xyz"}
    names |= {"grid.1": where[0], "grid.2": tuple(where[:2]), "grid.3": tuple(where)}
    names |= {"gridsize.1": whole[0], "gridsize.2": tuple(whole[:2]), "gridsize.3": tuple(whole)}
    return {**names, "warpsize": one(32), "group": None}
