"""The static picture of two sides: both in one SVG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from graphviz_tools.drawing.palette import Theme, colours
from graphviz_tools.drawing.scene import Scene
from graphviz_tools.drawing.svg import MARGIN, SANS, svg_text
from graphviz_tools.language import _
from widgets.front_end_data import heading

HEAD, GAP = 34, 12


def side_by_side(scenes: Sequence[Scene], steps: Sequence[int], theme: Theme = "light") -> str:
    """SVG with each scene after its step, under its heading."""
    paint = colours(theme)
    parts, left, height = [], 0.0, 0.0
    for scene, step in zip(scenes, steps, strict=True):
        inner = re.sub(r"^<svg ", f'<svg x="{left:.0f}" y="{HEAD}" ', svg_text(scene, step, theme))
        width = max(scene.layout.width + 2 * MARGIN, 220)
        parts.append(
            f'<text x="{left + MARGIN:.0f}" y="22" font-size="13" font-weight="700" fill="{paint["ink"]}">'
            f"{escape(heading(scene.recording))}</text>{inner}"
        )
        left += width + GAP
        height = max(height, scene.layout.height + 2 * MARGIN)
    said = _(" Beside it: ").join(scene.sentence(step) for scene, step in zip(scenes, steps, strict=True))
    size = f"{left - GAP:.0f} {height + HEAD:.0f}"
    width, height_text = size.split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(said)}" width="{width}" '
        f'height="{height_text}" viewBox="0 0 {size}" font-family="{SANS}">'
        f'<rect width="100%" height="100%" rx="8" fill="{paint["paper"]}"/>{"".join(parts)}</svg>'
    )
