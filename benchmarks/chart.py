"""A chart of a table: how many times faster than its peer ours is, or what share of a limit it uses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row

_COMPARISON = re.compile(r"([\d.,]+)x (faster|slower)$")
_SHARE = re.compile(r"(?:OVER: )?([\d.,]+) of ")
LOGARITHMIC = 30  # above this ratio of longest to shortest bar, a linear axis would hide the short ones


def draw(title: str, rows: Sequence[Row], path: Path) -> bool:
    """Write the chart as SVG to `path`; with fewer than two bars, write nothing and return False.

    Bars of a comparison start at 1: to the right ours is faster, to the left the peer.
    """
    compared = any(_COMPARISON.search(row.ratio) for row in rows)
    start, length = (1.0, times_faster) if compared else (0.0, share)
    bars = [(row.what, number, row.ratio) for row in rows if (number := length(row)) is not None]
    if len(bars) < 2:
        return False
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # text that can be read and searched
    matplotlib.rcParams["svg.hashsalt"] = "graph-duet"  # the same picture from the same numbers
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 0.9 + 0.32 * len(bars)))
    labels, ends, texts = zip(*reversed(bars), strict=True)
    colours = ["#3a6ea5" if end >= start else "#b5592f" for end in ends]
    drawn = axes.barh(range(len(bars)), [end - start for end in ends], left=start, color=colours)
    axes.set_yticks(range(len(bars)), labels)
    axes.bar_label(drawn, texts, padding=4, fontsize=8)
    if start and max(ends) > LOGARITHMIC * min(ends):
        axes.set_xscale("log")
    axes.axvline(start, color="black", linewidth=0.8)
    axes.set_title(title, loc="left")
    axes.margins(x=0.25)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return True


def times_faster(row: Row) -> float | None:
    """1234 for "1,234x faster", 0.5 for "2x slower"; None for any other ratio."""
    found = _COMPARISON.search(row.ratio)
    if not found:
        return None
    times = float(found[1].replace(",", ""))
    return times if found[2] == "faster" else 1 / times


def share(row: Row) -> float | None:
    """0.56 for "0.56 of 1,800 MB"; None for any other ratio."""
    found = _SHARE.match(row.ratio)
    return float(found[1]) if found else None
