"""The "profile" level: what a kernel's accesses would cost on a GPU, counted and not timed.

Global memory is counted in 32-byte sectors for each warp-wide request, shared memory in passes over 32
banks of four bytes (CUDA C++ Best Practices Guide, "Coalesced Access to Global Memory" and "Shared Memory
and Memory Banks"). A request for elements of eight bytes and more is answered in two halves.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.launch_record import (
    BANK_BYTES,
    BANKS,
    SECTOR_BYTES,
    WARP,
    AccessKind,
    BranchProfile,
    HeatMap,
    LineProfile,
    Profile,
)
from gpu_labs.executor.runtime.lanes import NOBODY, Lanes, Mask
from gpu_labs.executor.runtime.warp import Warps
from gpu_labs.executor.runtime.windows import Memory

MAX_BINS = 64


class Profiler:
    """Counts the accesses and branches of one stretch of blocks."""

    def __init__(self, lanes: Lanes) -> None:
        self.lanes = lanes
        self.warps = Warps(lanes)
        self._texts: dict[tuple[Any, ...], str] = {}
        self._lines: dict[tuple[Any, ...], Counter[str]] = {}
        self._branches: dict[int, tuple[Site, Counter[str]]] = {}
        self._heat: dict[int, tuple[Memory, np.ndarray, np.ndarray]] = {}
        self.flops_done = 0

    def flops(self, mask: Mask, count: int) -> None:
        """Each lane of the mask does `count` floating-point operations."""
        lanes = self.lanes.lane.size if mask is None else int(self.lanes.full_mask(mask).sum())
        self.flops_done += count * lanes

    def branch(self, site: Site, mask: Mask, yes: Mask, no: Mask) -> None:
        """The lanes of `mask` part into `yes` and `no`."""
        _site, counts = self._branches.setdefault(site.id, (site, Counter()))
        counts["warps"] += int(self._out(mask).any(-1).sum())
        if yes is not NOBODY and no is not NOBODY:
            counts["divergent"] += int((self._out(yes).any(-1) & self._out(no).any(-1)).sum())

    def _out(self, mask: Mask) -> np.ndarray:
        return self.warps.out(self.lanes.full_mask(mask), False)

    def access(self, memory: Memory, kind: AccessKind, flat: Any, mask: Mask, site: Site) -> None:
        """One load, store or atomic."""
        cells, active = self.warps.out(flat, 0), self._out(mask)
        size = max(1, memory.buffer.itemsize // max(1, len(memory.fields)))
        requests = int(active.any(-1).sum())
        if size >= 8:
            cells, active = (a.reshape(a.shape[0], -1, WARP // 2) for a in (cells, active))
        key = (site.line, memory.name, kind, memory.space)
        counts = self._lines.setdefault(key, Counter())
        self._texts[key] = site.text
        counts["requests"] += requests
        counts["lanes"] += int(active.sum())
        if memory.space in ("global", "constant"):
            counts["sectors"] += int(_distinct(cells * size // SECTOR_BYTES, active).sum())
            counts["ideal"] += int((-(-_distinct(cells, active) * size // SECTOR_BYTES)).sum())
        elif memory.space == "shared":
            words = cells % max(1, memory.per_owner) * size // BANK_BYTES
            counts["passes"] += int(_passes(words, active).sum())
            width = max(1, size // BANK_BYTES)  # words of one element
            counts["fewest"] += int((-(-_distinct(words, active) * width // BANKS)).sum())
        if memory.space != "local":
            self._count(memory, kind, cells[active])

    def _count(self, memory: Memory, kind: AccessKind, cells: np.ndarray) -> None:
        shape, (rows, columns) = _bins(memory)
        size = rows * columns
        if id(memory) not in self._heat:
            self._heat[id(memory)] = (memory, np.zeros(size, np.int64), np.zeros(size, np.int64))
        _, reads, writes = self._heat[id(memory)]
        cells = cells // max(1, len(memory.fields)) % max(1, memory.per_owner)
        row, column = cells // shape[1], cells % shape[1]
        places = row * rows // max(1, shape[0]) * columns + column * columns // max(1, shape[1])
        counted = np.bincount(places, minlength=size)
        if kind != "write":
            reads += counted
        if kind != "read":
            writes += counted

    def result(self, blocks: int) -> Profile:
        """The profile of the stretch, scaled to a grid of `blocks` blocks."""
        lines = [
            LineProfile(
                line=line,
                text=self._texts[line, name, kind, space],
                array=name,
                kind=kind,
                space=space,
                requests=counts["requests"],
                lanes=counts["lanes"],
                sectors=counts["sectors"],
                ideal_sectors=counts["ideal"],
                bank_passes=counts["passes"],
                fewest_passes=counts["fewest"],
            )
            for (line, name, kind, space), counts in sorted(self._lines.items(), key=lambda item: item[0][:3])
        ]
        branches = [
            BranchProfile(site.line, site.text, counts["warps"], counts["divergent"])
            for site, counts in self._branches.values()
        ]
        moved = sum(each.sectors for each in lines) * SECTOR_BYTES
        heat = tuple(_heat_map(*each) for each in self._heat.values())
        return Profile(
            blocks=blocks,
            blocks_sampled=self.lanes.count,
            lines=tuple(lines),
            branches=tuple(branches),
            heat=heat,
            flops=self.flops_done,
            bytes_moved=moved,
        )


def _distinct(values: np.ndarray, active: np.ndarray) -> np.ndarray:
    """How many different values the active lanes of each warp have."""
    ordered = np.sort(np.where(active, values, -1), axis=-1)
    first = np.concatenate((ordered[..., :1] >= 0, (np.diff(ordered, axis=-1) != 0)), axis=-1)
    return (first & (ordered >= 0)).sum(-1)


def _passes(words: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Passes that each request takes: the most different words that one bank has to deliver."""
    ordered = np.sort(np.where(active, words, -1), axis=-1)
    first = np.concatenate((ordered[..., :1] >= 0, (np.diff(ordered, axis=-1) != 0)), axis=-1) & (
        ordered >= 0
    )
    rows = np.broadcast_to(
        np.arange(int(np.prod(ordered.shape[:-1]))).reshape(*ordered.shape[:-1], 1), ordered.shape
    )
    counted = np.bincount(
        (rows * BANKS + ordered % BANKS)[first], minlength=rows.shape[0] * rows.shape[1] * BANKS
    )
    return counted.reshape(*ordered.shape[:-1], BANKS).max(-1)


def _bins(memory: Memory) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shape of an array as rows and columns, and how many bins it has along each."""
    two = len(memory.shape) == 2
    shape = (int(memory.shape[0]), int(memory.shape[1])) if two else (1, max(1, memory.per_owner))
    most = MAX_BINS if two else MAX_BINS * 4
    return shape, (min(shape[0], most), min(shape[1], most))


def _heat_map(memory: Memory, reads: np.ndarray, writes: np.ndarray) -> HeatMap:
    _, (rows, columns) = _bins(memory)
    return HeatMap(memory.name, rows, columns, tuple(reads.tolist()), tuple(writes.tolist()))
