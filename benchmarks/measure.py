"""How every benchmark here measures: ours and the peer in turn, medians and spread, one Markdown table.

Machines are noisy, so a figure that is quoted is a ratio of medians from one run; seconds are printed for
orientation only.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds of several rounds of one way of doing the work."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> str:
        """Fastest to slowest round, in milliseconds."""
        return f"{min(self.seconds) * 1e3:.3g}-{max(self.seconds) * 1e3:.3g} ms"


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` says how ours compares with `peer`, as text with its direction."""

    what: str
    ours: str
    peer: str
    ratio: str
    note: str = ""


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call, with the garbage of earlier rounds collected before."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(*ways: Callable[[], object], rounds: int = 7, warm_up: int = 1) -> tuple[Timing, ...]:
    """Time each way `rounds` times, A B A B ..., so that a machine that drifts slows all of them alike."""
    for _ in range(warm_up):
        for way in ways:
            way()
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for record, way in zip(taken, ways, strict=True):
            record.append(seconds(way))
    return tuple(Timing(tuple(record)) for record in taken)


def ratio(a: Timing, b: Timing) -> float:
    """Median of the pairwise ratios a / b."""
    return statistics.median(x / y for x, y in zip(a.seconds, b.seconds, strict=True))


def table(title: str, rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [f"### {title}", "", "| what | ours | peer | ratio | note |", "|---|---|---|---|---|"]
    lines += [f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} | {row.note} |" for row in rows]
    return "\n".join([*lines, ""])
