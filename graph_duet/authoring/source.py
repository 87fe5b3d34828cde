"""Reading a `lesson.md` or `exercise.md`: front matter and cells, each with its line in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph_duet.authoring.blocks import check_blocks
from graph_duet.authoring.cell_options import check_metadata
from graph_duet.authoring.front_matter import read_front_matter
from graph_duet.authoring.source_error import SourceError
from graphviz_tools.errors import NotInstalledError, UserError
from graphviz_tools.language import _

_BOX_OPENS = re.compile(r"^:::+\s*\{(hint|written)\}\s*$")
_BOX_CLOSES = re.compile(r"^:::+\s*$")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")
_OPTION = re.compile(r"^:(?P<name>\w+):\s*(?P<value>.*)$")
_RUBRIC = re.compile(r"(?P<points>-?\d+(?:\.\d+)?)\s+(?P<text>.+)")


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell as its author wrote it. `line` is where its text begins, counted from 1."""

    type: str  # "code" or "markdown"
    text: str
    line: int
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def kind(self) -> str:
        """What the cell is in an exercise; "given" when it does not say."""
        return str(self.options.get("kind", "given"))


@dataclass(frozen=True, slots=True)
class Source:
    """A whole file: `front` is its front matter, without the fields that only Jupytext reads; `lines` says on which
    line each field stands."""

    path: Path
    front: Mapping[str, Any]
    lines: Mapping[str, int]
    cells: tuple[SourceCell, ...]

    @property
    def is_exercise(self) -> bool:
        return "exercise" in self.front


def read_source(path: Path) -> Source:
    """Read a MyST Markdown notebook.

    Raises UserError when there is no such file, and SourceError, with the line, for what cannot be read: bytes that
    are not UTF-8, front matter, a block that is not closed, an option.
    """
    if not path.is_file():
        raise UserError(_("there is no file {path}", path=path))
    try:
        text = path.read_text(encoding="utf-8-sig")  # without the mark that some editors put first
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SourceError(path, line, _("not UTF-8 text: save the file as UTF-8")) from None
    if unseen := _UNSEEN.search(text):
        line = text[: unseen.start()].count("\n") + 1
        raise SourceError(
            path, line, _("a character that no editor shows ({code!r}): delete it", code=unseen[0])
        )
    return parse_source(text, path)


def parse_source(text: str, path: Path) -> Source:
    """Like `read_source`, for text that is already in memory; `path` is named in errors."""
    try:
        from jupytext.myst import MystMetadataParsingError, myst_to_notebook
    except ModuleNotFoundError:
        raise NotInstalledError(_("lessons as text need Jupytext: pip install 'graph-duet[teach]'")) from None

    front = read_front_matter(text, path)
    check_blocks(text, path)
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except MystMetadataParsingError as error:  # the metadata of a text cell; the rest is checked above
        raise SourceError(path, _line_in(str(error)), " ".join(str(error).split())) from None
    lines = text.splitlines()
    cells: list[SourceCell] = []
    for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        first = _first_line(lines, start, cell.source)
        options = dict(cell.metadata)
        if cell.cell_type == "code":
            cells.append(SourceCell("code", cell.source, first, options))
        else:
            check_metadata(options, path, start)
            whole = SourceCell("markdown", cell.source, first, options)
            for part in [whole] if cells else _split_preface(whole):
                cells += _split_boxes(part, path)
    values = {name: field.value for name, field in front.items()}
    return Source(path, values, {name: field.line for name, field in front.items()}, tuple(cells))


def _first_line(lines: list[str], start: int, source: str) -> int:
    """The line, counted from 1, on which the text of a cell begins: options and blank lines are skipped."""
    wanted = source.split("\n", 1)[0]
    for at in range(start, len(lines)):
        if lines[at].rstrip() == wanted.rstrip() and lines[at].strip():
            return at + 1
    return start + 1


def _split_preface(cell: SourceCell) -> Iterator[SourceCell]:
    """The first cell, cut before its first `## ` heading: what is above that belongs to the title."""
    lines = cell.text.split("\n")
    cut = next((at for at, line in enumerate(lines) if line.startswith("## ")), 0)
    if cut:
        yield SourceCell("markdown", "\n".join(lines[:cut]).rstrip(), cell.line, cell.options)
    yield SourceCell("markdown", "\n".join(lines[cut:]), cell.line + cut, {} if cut else cell.options)


def _split_boxes(cell: SourceCell, path: Path) -> Iterator[SourceCell]:
    """A Markdown cell, with each `:::{hint}` and `:::{written}` in it as a cell of its own."""
    plain: list[str] = []
    plain_line = cell.line
    box_line: int | None = None
    what = ""
    box: list[str] = []

    def flush() -> Iterator[SourceCell]:
        text = "\n".join(plain).strip("\n")
        if text.strip():
            skipped = next(i for i, line in enumerate(plain) if line.strip())
            yield SourceCell("markdown", text.rstrip(), plain_line + skipped, cell.options)

    for number, line in enumerate(cell.text.split("\n"), start=cell.line):
        opening = _BOX_OPENS.match(line)
        if box_line is None and opening:
            yield from flush()
            plain, box_line, what, box = [], number, opening[1], []
        elif box_line is not None and _BOX_CLOSES.match(line):
            yield _box(what, box, box_line + 1, path)
            box_line, plain_line = None, number + 1
        elif box_line is not None:
            box.append(line)
        else:
            plain.append(line)
    yield from flush()


def _box(what: str, lines: list[str], line: int, path: Path) -> SourceCell:
    """A hint, or a written cell with its options: `:points: 4`, `:title: ...`, a `:rubric: 2 names it` an item."""
    if what == "hint":
        return SourceCell("markdown", "\n".join(lines).strip(), line, {"kind": "hint"})
    options: dict[str, Any] = {"kind": what, "rubric": []}
    while lines and (option := _OPTION.match(lines[0])):
        name, value = option["name"], option["value"].strip()
        item = _RUBRIC.fullmatch(value)
        if name == "rubric" and not item:
            raise SourceError(path, line, _("a rubric item is points and a text, not {value!r}", value=value))
        if name == "rubric" and item:
            options["rubric"].append({"points": float(item["points"]), "text": item["text"]})
        else:
            options[name] = _number(value) if name == "points" else value
        lines, line = lines[1:], line + 1
    if not options["rubric"]:
        del options["rubric"]
    return SourceCell("markdown", "\n".join(lines).strip(), line, options)


def _number(text: str) -> float | str:
    """The number, or the text, which the exercise format then reports."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _line_in(message: str) -> int:
    """The line that Jupytext names."""
    number = re.search(r"\bline (\d+)", message)
    return int(number[1]) if number else 1
