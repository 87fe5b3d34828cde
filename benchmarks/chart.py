"""A chart of a table: one bar a row, as long as the number in the row's ratio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
LOGARITHMIC = 30  # longest over shortest bar, from which a linear axis hides the short ones


def draw(title: str, rows: Sequence[Row], path: Path) -> bool:
    """Write the chart as SVG to `path`; False, and no file, where fewer than two rows have a ratio."""
    bars = [(row.what, number, row.ratio) for row in rows if (number := ratio_of(row)) is not None]
    if len(bars) < 2:
        return False
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # text that can be read and searched
    matplotlib.rcParams["svg.hashsalt"] = "graph-duet"  # the same picture from the same numbers
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 0.9 + 0.32 * len(bars)))
    labels, lengths, texts = zip(*reversed(bars), strict=True)
    drawn = axes.barh(range(len(bars)), lengths, color="#3a6ea5")
    axes.set_yticks(range(len(bars)), labels)
    axes.bar_label(drawn, texts, padding=4, fontsize=8)
    if max(lengths) > LOGARITHMIC * max(min(lengths), 1e-9):
        axes.set_xscale("log")
    axes.set_title(title, loc="left")
    axes.margins(x=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return True


def ratio_of(row: Row) -> float | None:
    """The first number of the ratio, "1,234x faster" as 1234; None where there is none above zero."""
    found = _NUMBER.search(row.ratio)
    number = float(found.group().replace(",", "")) if found else 0.0
    return number or None
