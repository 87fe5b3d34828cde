"""How every benchmark here measures: ours and the peer in turn, medians and spread, rows of one table.

Machines are noisy, so a figure that is quoted is a ratio of medians from one run; seconds are printed for
orientation only.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROWS_FILE = "GRAPH_DUET_BENCHMARK_ROWS"  # where `python -m benchmarks` collects every benchmark's rows


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


def not_measured(what: str, error: Exception) -> Row:
    """The row of a peer that could not be measured: it says why, and the other rows are measured all the same."""
    reason = (str(error).strip().splitlines() or [""])[0]
    return Row(what, "", "", "", f"not measured: {type(error).__name__}: {reason}")


def publish(title: str, rows: Sequence[Row]) -> None:
    """Print the rows as Markdown, and hand them to the report where one is being made."""
    print("\n".join([f"### {title}", "", *markdown(rows), ""]), flush=True)
    collected = os.environ.get(ROWS_FILE)
    if collected:
        with Path(collected).open("a") as file:
            file.write(json.dumps({"title": title, "rows": [asdict(row) for row in rows]}) + "\n")


def markdown(rows: Sequence[Row]) -> list[str]:
    """The lines of a table."""
    lines = ["| what | ours | peer | ratio | note |", "|---|---|---|---|---|"]
    return lines + [f"| {row.what} | {row.ours} | {row.peer} | {row.ratio} | {row.note} |" for row in rows]
