"""The class view: which tasks fail, and how."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.exercise.format import Exercise
from graph_duet.grading.pages.page import element, page, picture, table
from graph_duet.grading.report import CHECK_FAULTS, FILE_FAULTS
from graphviz_tools.language import _

_RIGHT = "right"
_COLOURS = {
    _RIGHT: "#2a9d6e",
    "wrong": "#e07a5f",
    "error": "#c1453a",
    "empty": "#c9ced8",
    "missing": "#9aa3b2",
    "ambiguous": "#7d8798",
    "timeout": "#8e6bbf",
    "died": "#5b4a8a",
    "memory": "#3e7cb1",
    "output": "#6fb1d6",
    "tampered": "#2b2b2b",
}


def write_class_report(book: Gradebook, exercise: str, to: Path) -> int:
    """Write the page, and return how many marks it shows. Raises UserError for an unknown exercise."""
    described = book.bundle(exercise).exercise
    marks = list(book.marks(exercise))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(
        page(_("{id}: the class", id=described.id), _body(book, described, marks)), encoding="utf-8"
    )
    return len(marks)


def _body(book: Gradebook, exercise: Exercise, marks: list[Mark]) -> Iterator[str]:
    graded = [mark for mark in marks if mark.is_final]
    if not graded:
        yield element("p", _("No submission is graded yet."))
        return
    points = [mark.points for mark in graded]
    yield element(
        "p",
        _(
            "{count} graded; median {median:g} of {points:g} points.",
            count=len(graded),
            median=median(points),
            points=exercise.points,
        ),
    )
    yield picture(_points_chart(exercise, points), _("histogram of points"))
    yield element("h2", _("Which tasks fail, and how"))
    counts = {task.id: _how(graded, task.id) for task in exercise.tasks}
    yield picture(_fault_chart(exercise, counts), _("outcome of checks by task"))
    seen = [fault for fault in _COLOURS if any(count[fault] for count in counts.values())]
    rows = [[f"{t.id}: {t.title}", *(str(counts[t.id][f]) for f in seen)] for t in exercise.tasks]
    yield table(["Checks of task", *seen], rows, numbers=len(seen))
    yield from _files(marks)
    yield from _history(book, exercise.id)


def _how(marks: list[Mark], task: str) -> Counter[str]:
    """How the task's checks ended, over all students whose file could be graded."""
    return Counter(r.fault or _RIGHT for m in marks if not m.report.fault for r in m.report.task(task))


def _files(marks: list[Mark]) -> Iterator[str]:
    faulty = [mark for mark in marks if mark.report.fault]
    if faulty:
        yield element("h2", _("Files that could not be graded"))
        rows = [[m.student, FILE_FAULTS[m.report.fault], m.report.message] for m in faulty]
        yield table(["Student", "Fault", "Why"], rows)


def _history(book: Gradebook, exercise: str) -> Iterator[str]:
    changes = book.history(exercise)
    if changes:
        yield element("h2", _("Marks that changed"))
        rows = [[c.at, c.student, c.task, c.why, f"{c.points:g}"] for c in changes]
        yield table([_("When (UTC)"), "Student", "Task", "Why", _("Points before")], rows, numbers=1)


def _points_chart(exercise: Exercise, points: list[float]) -> str:
    figure = Figure(figsize=(7, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.hist(
        points,
        bins=min(20, max(1, int(exercise.points))),
        range=(0, exercise.points),
        color="#3e7cb1",
        rwidth=0.92,
    )
    axes.set(xlabel="points", ylabel="students", xlim=(0, exercise.points))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def _fault_chart(exercise: Exercise, counts: dict[str, Counter[str]]) -> str:
    figure = Figure(figsize=(7, 0.9 + 0.45 * len(counts)), layout="constrained")
    axes = figure.subplots()
    names = [f"{task.id}: {task.title}"[:40] for task in exercise.tasks]
    left = [0.0] * len(names)
    for fault, colour in _COLOURS.items():
        shares = [counts[t.id][fault] / max(1, counts[t.id].total()) for t in exercise.tasks]
        if any(shares):
            label = CHECK_FAULTS.get(fault, _RIGHT)
            axes.barh(names, shares, left=left, color=colour, label=label, height=0.7)
            left = [a + b for a, b in zip(left, shares, strict=True)]
    axes.set(xlim=(0, 1), xlabel=_("share of checks"))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize="small")
    return _png(figure)


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return base64.b64encode(buffer.getvalue()).decode()
