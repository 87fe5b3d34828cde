"""Barriers: who reached them and who did not."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.observers.messages import Report, place, thread_in_words
from gpu_labs.executor.runtime.lanes import Lanes, Mask
from graphviz_tools.language import _


class Barriers:
    """The barriers of a launch; `epoch` counts those that each block of the stretch has passed, and `parted` has
    the rows of blocks that have passed one without some of their living threads."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.count = 0
        self.parted: np.ndarray | None = None  # None: no row
        self.lanes: Lanes = None  # type: ignore[assignment]
        self.epoch: np.ndarray = np.zeros(0, int)

    def begin(self, lanes: Lanes) -> None:
        """A new stretch of blocks."""
        self.lanes = lanes
        self.epoch = np.zeros(lanes.count, int)
        self.parted = None

    def passed(self, site: Site, mask: Mask, whole_grid: bool = False) -> np.ndarray:
        """The blocks that pass a barrier with the lanes of `mask`; reports those that pass incomplete."""
        self.count += 1
        lanes = self.lanes
        if mask is None:
            self.epoch = self.epoch + 1
            return np.ones(lanes.count, bool)
        here = np.broadcast_to(mask, lanes.shape).reshape(lanes.count, -1)
        blocks = np.asarray(here.any(1))
        expected = np.ones(lanes.count, bool) if whole_grid else blocks
        away = ~here & expected[:, None]
        if away.any():
            left = np.broadcast_to(lanes.left, lanes.shape).reshape(lanes.count, -1)
            self._incomplete(site, here, away & ~left, "divergent-barrier", whole_grid)
            self._incomplete(site, here, away & left, "exited-threads-at-barrier", whole_grid)
            parted = np.asarray((away & ~left).any(1))
            if parted.any():
                self.parted = parted if self.parted is None else np.asarray(self.parted | parted)
        self.epoch = self.epoch + blocks  # a new array: what was recorded of an epoch is found by it
        return blocks

    def _incomplete(
        self, site: Site, here: np.ndarray, away: np.ndarray, kind: Any, whole_grid: bool
    ) -> None:
        """Report lanes `away` of blocks of which others are `here`, or of a grid that has to come as a whole."""
        rows = np.flatnonzero(away.any(1) & here.any(1))
        if not rows.size:
            if whole_grid and away.any():
                self._whole_blocks_away(site, here, away, kind)
            return
        lanes = self.lanes
        call = "grid.sync()" if whole_grid else "cuda.syncthreads()"
        row = int(rows[np.argmin(lanes.blocks[rows])])
        threads = lanes.flat.reshape(lanes.count, -1)[row]
        waiting, missing = int(threads[here[row]].min()), int(threads[away[row]].min())
        n, total = int(here[row].sum()), here.shape[1]
        thread, other = lanes.thread_of(waiting), lanes.thread_of(missing)
        dims = lanes.block
        if kind == "divergent-barrier":
            sentence = _(
                "Only {n} of the block's {total} threads reach this barrier: thread {place} waits here "
                "while thread {other} takes another path. On a GPU the block can hang.",
                n=n,
                total=total,
                place=place(thread, dims),
                other=place(other, dims),
            )
            every = "grid" if whole_grid else "block"
            hint = _(
                "move {call} out of the `if` or loop, so that every thread of the {every} reaches it.",
                call=call,
                every=every,
            )
        else:
            sentence = _(
                "Only {n} of the block's {total} threads reach this barrier; the others, such as thread "
                "{place}, have returned. Today's GPUs do not wait for them, but CUDA does not promise it.",
                n=n,
                total=total,
                place=place(other, dims),
            )
            hint = _(
                "replace the early `return` by an `if` around the work, so that all threads reach the barrier."
            )
        self.report.add(
            Finding(
                kind,
                sentence,
                hint,
                site.line,
                site.text,
                block=lanes.block_of(waiting),
                thread=thread,
                other_block=lanes.block_of(missing),
                other_thread=other,
                places=len(rows),
            )
        )

    def _whole_blocks_away(self, site: Site, here: np.ndarray, away: np.ndarray, kind: Any) -> None:
        """At a barrier of the grid whole blocks are missing."""
        lanes = self.lanes
        numbers = lanes.flat.reshape(lanes.count, -1)
        waiting, missing = (int(lane[lanes.first(lane)]) for lane in (numbers[here], numbers[away]))
        who = thread_in_words(lanes.block, lanes.grid, lanes.block_of(waiting), lanes.thread_of(waiting))
        other = thread_in_words(lanes.block, lanes.grid, lanes.block_of(missing), lanes.thread_of(missing))
        gone = kind == "exited-threads-at-barrier"
        self.report.add(
            Finding(
                kind,
                _(
                    "{who} waits here for the whole grid, and {other} {fate}. On a GPU the grid can hang.",
                    who=who,
                    other=other[0].lower() + other[1:],
                    fate=_("has returned") if gone else _("takes another path"),
                ),
                _(
                    "let every thread of the grid reach grid.sync(): put the `if` around the work, "
                    "not around the barrier."
                ),
                site.line,
                site.text,
                block=lanes.block_of(waiting),
                thread=lanes.thread_of(waiting),
                other_block=lanes.block_of(missing),
                other_thread=lanes.thread_of(missing),
                places=int(away.any(1).sum()),
            )
        )
