"""Saved outputs hold nothing that changes from run to run or from machine to machine, and nothing on stderr."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _

_UNSTABLE = {
    "an address": re.compile(r"\b0x[0-9a-f]{6,}"),
    "a path of this machine": re.compile(r"(?:^|[\s\"'(])/(?:tmp|home|root|Users|usr|opt)/\S+"),
    "a time": re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|µs|us|ns|secs?|seconds)\b|\b\d\d:\d\d:\d\d\b"),
    "a temporary file": re.compile(r"ipykernel_\d+|\btmp[a-z0-9_]{6,}"),
}


def check(page: Page) -> Iterator[Problem]:
    built = page.source.path.with_suffix(".ipynb")
    if not built.is_file():
        yield page.problem(
            1,
            _(
                "{built} is not built yet: run `duet build {parent}`",
                built=built.name,
                parent=built.parent.name,
            ),
        )
        return
    lines = dict(zip(page.ids, (cell.line for cell in page.source.cells), strict=True))
    cells = nbformat.read(built, as_version=4).cells
    for cell in cells:
        for output in cell.get("outputs", []):
            for what in _wrong_with(output):
                yield page.problem(
                    lines.get(cell.id, 1), _("the output of cell {id} has {what}", id=cell.id, what=what)
                )
    yield from _beliefs(page, {cell.id: _printed(cell) for cell in cells})


def _beliefs(page: Page, printed: Mapping[str, str]) -> Iterator[Problem]:
    """What a believer predicts is in the cell, its output or the text above it; what is seen is in the output."""
    above = ""
    for id, cell in zip(page.ids, page.source.cells, strict=True):
        if cell.type == "markdown":
            above = cell.text
        if "belief" not in cell.options or id not in printed:
            continue
        predicted, seen = str(cell.options.get("predicted", "")), str(cell.options.get("seen", ""))
        if predicted not in above + cell.text + printed[id]:
            sentence = _(
                ":predicted: {text!r} is not in the cell, its output or the text above", text=predicted
            )
            yield page.problem(cell.line, sentence)
        if seen not in printed[id]:
            yield page.problem(cell.line, _(":seen: {text!r} is not in the output of the cell", text=seen))


def _printed(cell: NotebookNode) -> str:
    return "".join(_text(output) for output in cell.get("outputs", []))


def _text(output: NotebookNode) -> str:
    return str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))


def _wrong_with(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream" and output.name == "stderr":
        yield _("something on stderr: {text}", text=output.text.strip()[:80])
    text = _text(output)
    for what, pattern in _UNSTABLE.items():
        found = pattern.search(text)
        if found:
            yield _(
                "{what}, which is another in the next run: {found}", what=what, found=found[0].strip()[:60]
            )
