"""A widget as one HTML file that steps with no kernel and no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from widgets.bundle import script, style

Json = dict[str, Any]


def page_text(data: Json, entry: str = "app.js", sheets: Sequence[str] = ()) -> str:
    """The page for a view's `data`: style, modules and recording inline. `entry` exports `page`, and `sheets`
    are style sheets beside the common one."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    inline = text.replace("<", "\\u003c")  # a "</script>" of the user's would end the script
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(data['name'])} · {escape(data['title'])}</title>\n"
        f"<style>html{{color-scheme:light dark}}body{{margin:16px}}\n{style(*sheets)}</style>\n"
        "</head>\n<body>\n"
        f'<main id="widget"></main>\n<script type="application/json" id="data">{inline}</script>\n'
        f'<script type="module">\n{script(entry)}\n'
        'page(document.getElementById("widget"), JSON.parse(document.getElementById("data").textContent));\n'
        "</script>\n</body>\n</html>\n"
    )


def write_page(data: Json, path: str | Path, entry: str = "app.js", sheets: Sequence[str] = ()) -> Path:
    """Write the page to `path`, which ends in .html (added where it has no ending), and return it."""
    return _write(page_text(data, entry, sheets), path, ".html")


def write_svg(svg: str, path: str | Path) -> Path:
    """Write `svg` to `path`, which ends in .svg (added where it has no ending), and return it."""
    return _write(svg, path, ".svg")


def _write(text: str, path: str | Path, suffix: str) -> Path:
    place = Path(path)
    if not place.suffix:
        place = place.with_suffix(suffix)
    if place.suffix != suffix:
        raise ValueError(f"{place.name} should end in {suffix}")
    if not place.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(place.parent)!r}: create it first")
    place.write_text(text, "utf-8")
    return place
