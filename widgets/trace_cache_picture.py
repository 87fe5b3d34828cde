"""A trace cache's history as one still SVG table."""

from __future__ import annotations

from typing import Any

from graphviz_tools.drawing.appearance import CACHE_SIGNS
from graphviz_tools.drawing.palette import Theme
from graphviz_tools.language import _, _n
from widgets.svg_table import CHAR, MARGIN, Sheet

LINE = 20
_COLOURS = {"traced": "gradient", "reused": "good", "raised": "bad"}
LONGEST = 60  # characters of a cell; the live table shows all


def trace_cache_svg(history: dict[str, Any], theme: Theme = "light") -> str:
    """The SVG of a history given as `history_json` makes it. Raises UserError for an unknown theme."""
    sheet = Sheet(theme)
    calls = history["calls"]
    traced = sum(call["traced"] for call in calls)
    counted = (
        _n("{number} call", "{number} calls", len(calls)),
        _n("{number} trace", "{number} traces", traced),
        _n("{number} graph", "{number} graphs", len(history["entries"])),
    )
    title = f"{history['function']}: {', '.join(counted)}"
    sheet.text(MARGIN, MARGIN + LINE, title, "ink", "bold")
    rows = [row(call) for call in calls]
    widths = [max((len(each[column]) for each in rows), default=0) for column in range(4)]
    y = MARGIN + 2.5 * LINE
    for call, cells in zip(calls, rows, strict=True):
        x = float(MARGIN)
        for column, cell in enumerate(cells):
            colour = _COLOURS[call["verb"]] if column == 2 else "ink"
            sheet.text(x, y, cell, colour)
            x += (widths[column] + 3) * CHAR
        y += LINE
    for entry in history["entries"]:
        y += LINE
        keys = shorter(", ".join(entry["keys"]))
        sheet.text(MARGIN, y, _("graph #{number}: {keys}", number=entry["index"], keys=keys), "muted")
    return sheet.svg(title)


def row(call: dict[str, Any]) -> tuple[str, str, str, str]:
    graphs = ", ".join(f"#{entry}" for entry in call["entries"])
    return (
        str(call["index"] + 1),
        shorter(call["arguments"]),
        f"{CACHE_SIGNS[call['verb']]} {call['verb']} {graphs}".rstrip(),
        shorter("; ".join(call["reasons"])),
    )


def shorter(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
