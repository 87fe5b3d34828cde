"""The colours of what is drawn can be seen, in both themes."""

from __future__ import annotations

import pytest

from graphviz_tools.drawing.palette import PALETTE, Theme


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_arrows_and_outlines_to_come_are_seen_and_paler_than_those_that_are_there(
    theme: Theme, ground: str
) -> None:
    paint = PALETTE[theme]
    to_come = contrast(paint["ghost-line"], paint[ground])
    assert 2.5 <= to_come <= 3
    assert contrast(paint["edge"], paint[ground]) >= 1.6 * to_come
