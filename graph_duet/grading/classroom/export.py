"""Export: marks in the forms that learning platforms read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.classroom.names import file_name
from graph_duet.grading.classroom.roster import in_roster, in_worksheet
from graph_duet.grading.exercise.format import Exercise
from graph_duet.grading.report import CHECK_FAULTS
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

WITH_ROSTER = ("canvas", "moodle")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_into(book: Gradebook, exercise: str, form: str, roster: Path, to: Path) -> tuple[int, list[str]]:
    """Write `roster`, which the platform itself exported ("canvas" or "moodle"), with the marks in it; the number of
    marks, and the students whom it does not name.

    Raises what graph_duet.grading.classroom.roster does, and UserError for an unknown exercise.
    """
    described = book.bundle(exercise).exercise
    graded = [mark for mark in book.marks(exercise) if mark.is_final]
    if form == "moodle":
        written, missing = in_worksheet(roster, described.points, graded)
    else:
        written, missing = in_roster(roster, _column(described), described.points, graded)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(written)
    return len(graded) - len(missing), missing


def export(book: Gradebook, exercise: str, form: str, to: Path) -> int:
    """Write the marks of an exercise in one of FORMS, and return how many.

    `to` is a file, or, for Gradescope, a folder. A submission that is not graded yet (an infrastructure
    fault, or a written answer that nobody read) is left out, never written as 0. Raises UserError for an unknown
    form or an unknown exercise.
    """
    if form not in FORMS:
        raise UserError(_("there is no format {form!r}: choose {forms}", form=form, forms=", ".join(FORMS)))
    described = book.bundle(exercise).exercise
    graded = [mark for mark in book.marks(exercise) if mark.is_final]
    to.parent.mkdir(parents=True, exist_ok=True)
    FORMS[form](described, graded, to)
    return len(graded)


def _canvas(exercise: Exercise, marks: Iterable[Mark], to: Path) -> None:
    """Canvas's gradebook upload: its own columns first, then the assignment, with a row for the points
    possible.

    https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-import-grades-in-the-Gradebook/ta-p/807
    """
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", _column(exercise)]]
    rows.append(["    Points Possible", "", "", "", "", f"{exercise.points:g}"])
    rows += [[m.student, "", "", m.student, "", f"{m.points:g}"] for m in marks]
    _write_rows(rows, to)


def _column(exercise: Exercise) -> str:
    return f"{exercise.id} {exercise.title}"


def _moodle(exercise: Exercise, marks: Iterable[Mark], to: Path) -> None:
    """Moodle's grade import: username, the grade item, and feedback as text.

    https://docs.moodle.org/en/Grade_import
    """
    rows = [["username", exercise.id, _("{id} feedback", id=exercise.id)]]
    rows += [[m.student, f"{m.points:g}", _sentence(m)] for m in marks]
    _write_rows(rows, to)


def _table(exercise: Exercise, marks: Iterable[Mark], to: Path) -> None:
    """Every task in a column."""
    tasks = [task.id for task in exercise.tasks]
    rows = [["student", *(_("task {task}", task=task) for task in tasks), "points", "possible", "fault"]]
    for mark in marks:
        points = mark.task_points()
        each = [f"{points.get(task, 0.0):g}" for task in tasks]
        rows.append([mark.student, *each, f"{mark.points:g}", f"{exercise.points:g}", mark.report.fault])
    _write_rows(rows, to)


def _gradescope(exercise: Exercise, marks: Iterable[Mark], to: Path) -> None:
    """One `results.json` a student, as Gradescope's autograder reads it; hidden checks stay hidden.

    https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    for mark in marks:
        folder = to / file_name(mark.student)
        folder.mkdir(parents=True, exist_ok=True)
        results = gradescope_results(exercise, mark)
        (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def gradescope_results(exercise: Exercise, mark: Mark) -> dict[str, object]:
    """What Gradescope reads of one student."""
    return {"score": mark.points, "tests": list(_tests(exercise, mark))}


def _tests(exercise: Exercise, mark: Mark) -> Iterator[dict[str, object]]:
    points = mark.task_points()
    for task in exercise.tasks:
        faults = [r for r in mark.report.task(task.id) if r.fault and not r.hidden]
        said = [CHECK_FAULTS.get(r.fault, r.fault) for r in faults]
        said += [mark.comments[task.id]] if task.id in mark.comments else []
        said += [_("your instructor reads it")] if task.id in mark.waiting else []
        yield {
            "name": _("Task {id}: {title}", id=task.id, title=task.title),
            "score": points.get(task.id, 0.0),
            "max_score": task.points,
            "output": "; ".join(said),
            "visibility": "visible",
        }


def _sentence(mark: Mark) -> str:
    each = ", ".join(
        _("task {task}: {points:g}", task=task, points=points) for task, points in mark.task_points().items()
    )
    said = [f"{mark.report.message} ({each})" if mark.report.fault else each]
    if mark.lateness.share:
        said.append(
            _(
                "{share:g} % off for {days} days late",
                share=mark.lateness.share * 100,
                days=mark.lateness.days,
            )
        )
    said += [
        _("task {task}: {comment}", task=task, comment=comment) for task, comment in mark.comments.items()
    ]
    return "; ".join(said)


def _write_rows(rows: Iterable[Iterable[str]], to: Path) -> None:
    with to.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_inert(cell) for cell in row] for row in rows)


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


FORMS: dict[str, Callable[[Exercise, list[Mark], Path], None]] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "gradescope": _gradescope,
    "csv": _table,
}
