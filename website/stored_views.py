"""A widget's saved output as a page shows it: its picture, until the front end draws over it."""

from __future__ import annotations

from html import escape
from typing import Any

from nbformat import NotebookNode

from graphviz_tools.drawing.appearance import STORED_TYPE

SVG = "image/svg+xml"
_FRONT_END_ONLY = (STORED_TYPE, "application/vnd.jupyter.widget-view+json")


def with_page_views(notebook: NotebookNode) -> NotebookNode:
    """`notebook`, changed in place: each saved widget is HTML that static/site.js brings to life."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if STORED_TYPE in data:
                data["text/html"] = _html(data[STORED_TYPE], _text(data.get(SVG, "")))
                data.pop(SVG, None)
            for name in _FRONT_END_ONLY:
                data.pop(name, None)
    return notebook


def _html(stored: dict[str, Any], picture: str) -> str:
    entry, sheets = escape(stored["entry"]), escape(" ".join(stored["sheets"]))
    return (
        f'<div class="duet-view" data-entry="{entry}" data-sheets="{sheets}" data-view="{stored["data"]}">'
        f"{picture}</div>"
    )


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
