"""A still picture made of rows of text and boxes, as SVG."""

from __future__ import annotations

import math
from html import escape

from graphviz_tools.drawing.palette import Theme, colours

CHAR = 7.3  # pixels that a monospace character of 12 px takes
MARGIN = 16
NBSP = "\N{NO-BREAK SPACE}"


class Sheet:
    """An SVG under construction: elements, and how far they reach."""

    def __init__(self, theme: Theme) -> None:
        self.colours = colours(theme)
        self.parts: list[str] = []
        self.width = self.height = 0.0

    def reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)

    def text(self, x: float, y: float, words: str, colour: str = "ink", weight: str = "normal") -> None:
        fill = self.colours[colour]
        kept = escape(words).replace(
            " ", NBSP
        )  # an SVG reader folds ordinary spaces, and an indent with them
        self.parts.append(f'<text x="{x:g}" y="{y:g}" fill="{fill}" font-weight="{weight}">{kept}</text>')
        self.reach(x + CHAR * len(words), y + 4)

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: str,
        line: str,
        title: str = "",
        width: float = 1,
    ) -> None:
        tip = f"<title>{escape(title)}</title>" if title else ""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="2" fill="{fill}" '
            f'stroke="{self.colours[line]}" stroke-width="{width:g}">{tip}</rect>'
        )
        self.reach(x + w, y + h)

    def svg(self, title: str) -> str:
        w, h = math.ceil(self.width + MARGIN), math.ceil(self.height + MARGIN)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" role="img" '
            f'aria-label="{escape(title, quote=True)}" font-size="12" '
            f'font-family="ui-monospace, Menlo, Consolas, monospace"><title>{escape(title)}</title>'
            f'<rect width="{w}" height="{h}" fill="{self.colours["paper"]}"/>'
            + "".join(self.parts)
            + "</svg>"
        )
