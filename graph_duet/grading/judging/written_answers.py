"""What was written for an instructor to read: the Markdown cell of the task, and what was put right below it."""

from __future__ import annotations

from collections.abc import Iterator

from nbformat import NotebookNode

from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.report import WrittenAnswer

_LONGEST = 50_000  # characters that are kept


def written_answers(bundle: Bundle, submission: NotebookNode) -> Iterator[WrittenAnswer]:
    """One for each written task. A cell is found by its id, else by its metadata; what a learner added below it,
    in Markdown cells of their own, belongs to the answer."""
    for task in bundle.exercise.tasks:
        if task.written is None:
            continue
        cell, placeholder = task.written.cell, bundle.written[task.written.cell]
        places = _places(submission, cell, task.id)
        text = "\n\n".join(filter(None, (_text(bundle, submission, n, placeholder) for n in places)))
        fault = "" if text else "empty" if places else "missing"
        yield WrittenAnswer(task.id, cell, text[:_LONGEST], task.written.points, fault)


def _places(submission: NotebookNode, cell: str, task: str) -> list[int]:
    """The place of the task's cell."""
    cells = submission.cells
    by_id = [n for n, c in enumerate(cells) if c.get("id") == cell and c.get("cell_type") == "markdown"]
    return by_id or [
        n
        for n, c in enumerate(cells)
        if duet(c).get("kind") == "written" and str(duet(c).get("task")) == task
    ]


def _text(bundle: Bundle, submission: NotebookNode, place: int, placeholder: str) -> str:
    known = {cell.id for cell in bundle.notebook.cells}
    given = {cell.source.strip() for cell in bundle.notebook.cells}
    own = submission.cells[place].source.strip()
    parts = [] if own == placeholder.strip() else [own]
    for cell in submission.cells[place + 1 :]:
        if cell.get("cell_type") != "markdown" or cell.get("id") in known or cell.source.strip() in given:
            break
        parts.append(cell.source.strip())
    return "\n\n".join(filter(None, parts))
