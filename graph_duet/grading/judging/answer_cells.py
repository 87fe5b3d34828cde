"""Finding answer cells whose ids an editor changed: Colab and VS Code make new ids, a copy keeps no metadata."""

from __future__ import annotations

from typing import NamedTuple

from nbformat import NotebookNode

from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.format import kind
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.judging.source_policy import defined
from graphviz_tools.language import _

_ANSWERS = ("answer", "kernel")


class Match(NamedTuple):
    """The source of an answer cell, and what it was found by."""

    source: str
    by: str


def find_answers(bundle: Bundle, submission: NotebookNode, missing: list[str]) -> dict[str, Match]:
    """Matches for the answer cells whose ids are not in the submission, by cell id.

    First by metadata (task and order), then by the given lines around a hole. What fits twice is left out: no guess
    is made.
    """
    known = {cell.id for cell in bundle.notebook.cells}
    free = [c for c in submission.cells if c.get("cell_type") == "code" and c.get("id") not in known]
    matches: dict[str, Match] = {}
    for task in bundle.exercise.tasks:
        wanted = [cell for cell in task.answers if cell in missing]
        tagged = [c for c in free if kind(c) in _ANSWERS and str(duet(c).get("task")) == task.id]
        if wanted and len(tagged) == len(wanted):
            matches |= {id: Match(c.source, _("its metadata")) for id, c in zip(wanted, tagged, strict=True)}
            free = [c for c in free if not any(c is taken for taken in tagged)]
    for id in missing:
        if id in matches:
            continue
        fitting = [c for c in free if _fits(bundle.untouched[id], c.source)]
        if len(fitting) == 1:
            matches[id] = Match(fitting[0].source, _("the lines that were given in it"))
    return matches


def pieces(bundle: Bundle, submission: NotebookNode) -> dict[str, str]:
    """The whole sources, by cell id, of answer cells that an editor's "Split Cell" cut: the pieces keep the metadata,
    at most one of them has all the given lines, and no two define one name. Else one is a copy: nothing is joined."""
    joined: dict[str, str] = {}
    for task in bundle.exercise.tasks:
        if len(task.answers) != 1:
            continue
        (id,) = task.answers
        known = {cell.id for cell in bundle.notebook.cells} - {id}
        parts = [
            cell.source
            for cell in submission.cells
            if cell.get("cell_type") == "code" and cell.get("id") not in known
            if cell.get("id") == id or (kind(cell) in _ANSWERS and str(duet(cell).get("task")) == task.id)
        ]
        if sum(cell.get("id") == id for cell in submission.cells) > 1:
            continue
        names = [name for part in parts for name in defined(part)]
        whole = "\n".join(parts)
        whole_ones = sum(_fits(bundle.untouched[id], part) for part in parts)
        if (
            len(parts) > 1
            and whole_ones <= 1
            and len(names) == len(set(names))
            and _fits(bundle.untouched[id], whole)
        ):
            joined[id] = whole
    return joined


def _fits(untouched: str, source: str) -> bool:
    """Whether the given lines of an answer cell are in a source, in their order: those outside the holes, and
    where these are only the markers, the names that the hole's own lines assign or define."""
    given = [line.strip() for line in solution_regions.outside(untouched) if line.strip()]
    telling = [line for line in given if not line.startswith("#")]
    if not telling:
        names = _assigned(untouched)
        return bool(names) and names <= _assigned(source)
    lines = iter(line.strip() for line in source.split("\n"))
    return all(any(line == other for other in lines) for line in telling)


def _assigned(source: str) -> set[str]:
    """Names at the left of a line's assignment, or behind its `def` or `class`."""
    found: set[str] = set()
    for line in source.split("\n"):
        words = line.replace("(", " ").replace(":", " ").split()
        if len(words) > 1 and words[0] in ("def", "class"):
            found.add(words[1])
        elif len(words) > 1 and words[1] == "=" and not line.startswith((" ", "#")):
            found.add(words[0])
    return found
