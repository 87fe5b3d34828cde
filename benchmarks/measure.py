"""How every benchmark measures: ours and the peer in turn, medians and spread, rows of one table.

Machines are noisy, so we quote only ratios of medians from one run; seconds are printed for orientation.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

ROWS_FILE = "GRAPH_DUET_BENCHMARK_ROWS"  # the file in which `python -m benchmarks` collects rows
OVER = "OVER"  # how the ratio of a figure begins that is over its limit


@dataclass(frozen=True)
class Timing:
    """Seconds of several rounds of one piece of work."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        """The median with the fastest and the slowest round, as "12.3 ms (11.9-13 ms)"."""
        if len(self.seconds) == 1:
            return f"{in_words(self.median)} (once)"
        unit, scale = _unit(self.median)
        low, high = (_digits(scale * each) for each in (min(self.seconds), max(self.seconds)))
        return f"{in_words(self.median)} ({low}-{high} {unit})"


def in_words(seconds: float) -> str:
    """Three digits with a unit: "1.22 ms", "35.1 s"."""
    unit, scale = _unit(seconds)
    return f"{_digits(scale * seconds)} {unit}"


def _unit(seconds: float) -> tuple[str, float]:
    return ("s", 1.0) if seconds >= 1 else ("ms", 1e3)


def _digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` compares ours with `peer`, or with a limit, in words."""

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
    """Time each way `rounds` times, A B A B ..., so that a slower phase of the machine affects all of them."""
    for _ in range(warm_up):
        for way in ways:
            way()
    taken: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for record, way in zip(taken, ways, strict=True):
            record.append(seconds(way))
    return tuple(Timing(tuple(record)) for record in taken)


def of_limit(figure: float, limit: float, limit_in_words: str) -> str:
    """How much of its limit a figure takes, in words: "0.97 of 1,800 MB"."""
    part = f"{figure / limit:.2f} of {limit_in_words}"
    return part if figure < limit else f"{OVER}: {part}"


def ratio(a: Timing, b: Timing) -> float:
    """Median of the pairwise ratios a / b."""
    return statistics.median(x / y for x, y in zip(a.seconds, b.seconds, strict=True))


def compared(ours: Timing, peer: Timing) -> str:
    """How many times faster ours is, in words: "12x faster", or "1.4x slower"."""
    times = peer.median / ours.median
    return f"{_digits(times)}x faster" if times >= 1 else f"{_digits(1 / times)}x slower"


def not_measured(what: str, error: Exception) -> Row:
    """The row of a peer that could not be measured; it gives the reason."""
    reason = (str(error).strip().splitlines() or [""])[0]
    return Row(what, "", "", "", f"not measured: {type(error).__name__}: {reason}")


def publish(title: str, rows: Sequence[Row]) -> None:
    """Print the rows as Markdown, and add them to the report if `python -m benchmarks` makes one."""
    print("\n".join([f"### {title}", "", *markdown(rows), ""]), flush=True)
    collected = os.environ.get(ROWS_FILE)
    if collected:
        table = {"title": title, "rows": [asdict(row) for row in rows]}
        Path(collected).write_text(json.dumps(table), encoding="utf-8")


def markdown(rows: Sequence[Row]) -> list[str]:
    """The lines of a table, without its empty columns."""
    cells = [tuple(asdict(row).values()) for row in rows]
    names = [field.name for field in fields(Row)]
    kept = [place for place in range(len(names)) if place == 0 or any(row[place] for row in cells)]
    table = [names, ["---"] * len(names), *cells]
    return [f"| {' | '.join(line[place] for place in kept)} |" for line in table]
