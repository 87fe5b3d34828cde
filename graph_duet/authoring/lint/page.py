"""A text as the rules read it: its cells with their ids, tasks and sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from graph_duet.authoring.cell_ids import cell_ids, tasks_of
from graph_duet.authoring.source import Source, SourceCell

_HEADING = re.compile(r"## (.+)$")
_FENCE = re.compile(r"\s*(```+|~~~+)")


class Problem(NamedTuple):
    """Something to correct, and where."""

    path: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


class Section(NamedTuple):
    """A `## ` heading and the cells below it; `line` is the heading's."""

    title: str
    line: int
    cells: tuple[SourceCell, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """`ids` and `tasks` are those of `source.cells`, in order."""

    source: Source
    ids: list[str]
    tasks: list[str]
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, source: Source) -> Page:
        """Raises SourceError where ids cannot be made."""
        return cls(source, cell_ids(source), tasks_of(source), tuple(_sections(source)))

    @property
    def is_lesson(self) -> bool:
        return not self.source.is_exercise

    @property
    def is_lab(self) -> bool:
        return self.source.is_exercise and not (self.source.path.parent / "lesson.md").is_file()

    def problem(self, line: int, sentence: str) -> Problem:
        return Problem(self.source.path, line, sentence)

    def section(self, title: str) -> Section | None:
        return next((section for section in self.sections if section.title == title), None)

    def code(self) -> Iterator[SourceCell]:
        return (cell for cell in self.source.cells if cell.type == "code")

    def prose_lines(self) -> Iterator[tuple[int, str]]:
        """(line number, text) of every line of prose: not of code blocks, and not of front matter."""
        for cell in self.source.cells:
            if cell.type == "markdown":
                yield from outside_fences(cell)


def outside_fences(cell: SourceCell) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, line in enumerate(cell.text.split("\n"), start=cell.line):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence:
            yield number, line


def _sections(source: Source) -> Iterator[Section]:
    title, line, cells = "", 1, list[SourceCell]()
    for cell in source.cells:
        headings = (
            [(n, _HEADING.match(text)) for n, text in outside_fences(cell)] if cell.type == "markdown" else []
        )
        for number, match in headings:
            if match:
                yield Section(title, line, tuple(cells))
                title, line, cells = match[1].strip(), number, []
        cells.append(cell)
    yield Section(title, line, tuple(cells))
