"""A submission as a teacher reads it: its cells rendered, the answers marked, nothing of it able to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.format import kind

_ANSWERS = ("answer", "kernel", "written")


@dataclass(frozen=True, slots=True)
class ReadCell:
    """One cell: its HTML, whether it is code, and the task that it answers ("" for none); `changed` when the learner
    made or edited a cell that is not an answer."""

    html: Markup
    is_code: bool
    task: str = ""
    changed: bool = False


def read_cells(bundle: Bundle, notebook: Mapping[str, Any]) -> Iterator[ReadCell]:
    """The cells of a stored notebook without hints; answers are those of the bundle's cells, by id."""
    ours = {cell.id: cell for cell in bundle.notebook.cells}
    for cell in notebook["cells"]:
        known = ours.get(cell["id"])
        tags = cell["duet"]
        what = kind(known) if known is not None else tags.get("kind", "")
        if what == "hint":
            continue
        is_code = cell["type"] == "code"
        if what in _ANSWERS:
            task = str(known.metadata.duet.task) if known is not None else tags.get("task", "")
            yield ReadCell(rendered(cell["source"], is_code), is_code, task)
        else:
            same = known is not None and known.source.strip() == cell["source"].strip()
            yield ReadCell(rendered(cell["source"], is_code), is_code, changed=not same)


def rendered(source: str, is_code: bool) -> Markup:
    """HTML of a cell's text. Markdown may hold no HTML of its own; both libraries escape what they are given."""
    if is_code:
        return Markup(highlight(source, PythonLexer(), HtmlFormatter(nowrap=False)))
    return Markup(_markdown().render(source))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("js-default")


@cache
def code_style() -> str:
    """The style sheet for highlighted code, light and dark."""
    light = HtmlFormatter(style="vs").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
