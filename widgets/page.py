"""A widget as one HTML file that steps without a notebook kernel or network."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from graphviz_tools.arguments import file_to_write
from graphviz_tools.language import _
from widgets.front_end import script, style

Json = dict[str, Any]

_TOO_OLD = _("This page needs JavaScript, in a browser of 2023 or later.")
_UNPACK = """\
const packed = Uint8Array.from(atob(document.getElementById("data").textContent), (c) => c.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
const data = await new Response(stream).json();
document.getElementById("widget").textContent = "";
page(document.getElementById("widget"), data);
"""


def page_text(data: Json, entry: str = "app.js", sheets: Sequence[str] = ()) -> str:
    """The page for a view's `data`: style and modules inline, and the data, compressed. `entry` exports `page`,
    and `sheets` are style sheets beside the common one."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(data['name'])} · {escape(data['title'])}</title>\n"
        f"<style>html{{color-scheme:light dark}}body{{margin:16px}}\n{style(*sheets)}</style>\n"
        "</head>\n<body>\n"
        f'<main id="widget">{_TOO_OLD}</main>\n'
        f'<script type="application/gzip" id="data">{packed(data)}</script>\n'
        f'<script type="module">\n{script(entry)}\n{_UNPACK}</script>\n</body>\n</html>\n'
    )


def packed(data: Json) -> str:
    """`data` as JSON, compressed, in letters that HTML leaves as they are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def write_page(data: Json, path: str | Path, entry: str = "app.js", sheets: Sequence[str] = ()) -> Path:
    """Write the page to `path`, which ends in .html (added where it has no ending), and return it."""
    return _write(page_text(data, entry, sheets), path, ".html")


def write_svg(svg: str, path: str | Path) -> Path:
    """Write `svg` to `path`, which ends in .svg (added where it has no ending), and return it."""
    return _write(svg, path, ".svg")


def _write(text: str, path: str | Path, suffix: str) -> Path:
    place = file_to_write(path, suffix)
    place.write_text(text, "utf-8")
    return place
