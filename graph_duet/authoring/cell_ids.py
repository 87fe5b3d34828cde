"""Cell ids, made from what a cell is: they stay when text elsewhere changes, so saved answers are found again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graph_duet.authoring.source import Source, SourceCell
from graph_duet.authoring.source_error import SourceError
from graphviz_tools.language import _

_TASK_HEADING = re.compile(r"^##+ Task (\w+)\b", re.MULTILINE)
_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
_VALID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONGEST = 40
MADE = ("title", "install")  # ids of the cells that no author writes


def tasks_of(source: Source) -> list[str]:
    """For each cell, the task it belongs to: the one it names, else that of the last `## Task N` above; "" for none."""
    tasks: list[str] = []
    current = ""
    for cell in source.cells:
        if cell.type == "markdown":
            headings = _TASK_HEADING.findall(cell.text)
            other = _HEADING.findall(cell.text)
            current = headings[-1] if headings else ("" if other else current)
        tasks.append(str(cell.options.get("task", current)))
    return tasks


def cell_ids(source: Source) -> list[str]:
    """One id for each cell, in order: its `name` where it has one, else made from its task or its heading.

    Raises SourceError for a name that cannot be an id, and for two cells with the same one.
    """
    ids: list[str] = []
    counts: dict[str, int] = {}
    lines: dict[str, int] = dict.fromkeys(MADE, 1)
    section = "top"
    for cell, task in zip(source.cells, tasks_of(source), strict=True):
        headings = _HEADING.findall(cell.text) if cell.type == "markdown" and cell.kind == "given" else []
        section = _slug(headings[-1]) if headings else section
        chosen = str(cell.options.get("name", "")) or _made(cell, task, section, bool(headings), counts)
        if not _VALID.fullmatch(chosen):
            raise SourceError(
                source.path,
                cell.line,
                _("name {chosen!r}: use letters, digits, - and _, at most 64", chosen=chosen),
            )
        if chosen in lines:
            raise SourceError(
                source.path,
                cell.line,
                _(
                    "two cells have the id {chosen!r} (the other is on line {lines}): give one a :name:",
                    chosen=chosen,
                    lines=lines[chosen],
                ),
            )
        lines[chosen] = cell.line
        ids.append(chosen)
    return ids


def _made(cell: SourceCell, task: str, section: str, has_heading: bool, counts: dict[str, int]) -> str:
    if cell.kind in ("answer", "kernel"):
        return _lettered(f"answer-{task}", counts)
    if cell.kind in ("check", "hidden", "measure", "written"):
        return _lettered(f"{cell.kind}-{task}", counts)
    if cell.kind == "hint":
        return _lettered(f"hint-{task}", counts, first="a")
    if cell.kind == "seed":
        return "seed"
    if has_heading:
        return _numbered(section, counts)
    return _numbered(f"{section}-{'code' if cell.type == 'code' else 'text'}", counts)


def _lettered(base: str, counts: dict[str, int], first: str = "") -> str:
    """`check-1`, `check-1b`, `check-1c`; with `first="a"`, `hint-1a`, `hint-1b`."""
    number = counts[base] = counts.get(base, 0) + 1
    return base + (first if number == 1 else _LETTERS[number - 1])


def _numbered(base: str, counts: dict[str, int]) -> str:
    """`predict`, `predict-2`."""
    number = counts[base] = counts.get(base, 0) + 1
    return base if number == 1 else f"{base}-{number}"


def _slug(heading: str) -> str:
    task = _TASK_HEADING.match(f"## {heading}")
    if task:
        return f"task-{task[1]}"
    words: Sequence[str] = re.findall(r"[a-z0-9]+", heading.lower())
    return "-".join(words)[:_LONGEST].strip("-") or "section"
