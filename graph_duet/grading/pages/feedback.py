"""Feedback: a page that a learner can learn from, and that tells nothing of the hidden cases."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.classroom.names import file_name
from graph_duet.grading.exercise.format import Exercise, Task, Written
from graph_duet.grading.pages.page import element, page, picture
from graph_duet.grading.report import CHECK_FAULTS, FILE_FAULTS, CheckResult
from graphviz_tools.language import _, _n

ADVICE = {
    "timeout": _("Is there a loop that never ends, or that does far more than it needs to?"),
    "died": _("Something ended the Python process itself, such as `exit()` or a crash in compiled code."),
    "memory": _("Look for a list or a tensor that grows with every step."),
    "output": _("Print less: one line for a check is plenty."),
    "missing": _("Keep the answer cell and write into it; do not delete it and make a new one."),
    "ambiguous": _("The answer cell was copied. Delete the copy, and keep the cell that was there first."),
}
_ONLY_ANSWERS = _(
    "Only the answer cells are graded, with the exercise's own cells: move what you define in a cell that you added "
    "into an answer cell."
)


def write_feedback(book: Gradebook, exercise: str, folder: Path) -> int:
    """Write one page a student into `folder`, and return their number.

    Raises UserError when the gradebook has no such exercise, OSError when the folder cannot be written.
    """
    described = book.bundle(exercise).exercise
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for mark in book.marks(exercise):
        path = folder / f"{file_name(mark.student)}.html"
        path.write_text(feedback(described, mark), encoding="utf-8")
        number += 1
    return number


def feedback(exercise: Exercise, mark: Mark) -> str:
    """The page for one student."""
    title = f"{exercise.id}: {exercise.title}"
    return page(title, _body(exercise, mark))


def _body(exercise: Exercise, mark: Mark) -> Iterator[str]:
    report = mark.report
    if report.fault == "infrastructure":
        yield element(
            "p",
            _(
                "{student}: not graded yet. The grader failed, not your work; it will run again.",
                student=mark.student,
            ),
        )
        return
    so_far = _(" so far: something that you wrote is not read yet") if mark.waiting else ""
    yield element(
        "p",
        _(
            "{student}: {points:g} of {possible:g} points{so_far}",
            student=mark.student,
            points=mark.points,
            possible=exercise.points,
            so_far=so_far,
        ),
    )
    if mark.lateness.share:
        off = mark.before_lateness - mark.points
        days = _n("{number} day", "{number} days", mark.lateness.days)
        yield element(
            "p",
            _(
                "Handed in {days} late: {off:g} of {before_lateness:g} points are taken off.",
                days=days,
                off=off,
                before_lateness=mark.before_lateness,
            ),
            "note",
        )
    if report.fault:
        yield element("p", f"{FILE_FAULTS[report.fault]}: {report.message}", "wrong")
    for task in exercise.tasks:
        yield from _task(task, mark)
    for note in report.notes:
        yield element("p", _("Note: {note}.", note=note), "note")


def _task(task: Task, mark: Mark) -> Iterator[str]:
    earned = mark.task_points().get(task.id, 0.0)
    yield element(
        "h2",
        _(
            "Task {id}: {title} ({earned:g} of {points:g})",
            id=task.id,
            title=task.title,
            earned=earned,
            points=task.points,
        ),
    )
    if task.id in mark.overrides:
        yield element(
            "p", _("Set by your instructor: {overrides}", overrides=mark.overrides[task.id].reason), "note"
        )
    if task.id in mark.comments:
        yield element("p", _("Your instructor says: {comments}", comments=mark.comments[task.id]), "comment")
    if task.written is not None:
        yield from _written(task, task.written, mark)
    results = () if mark.report.fault else mark.report.task(task.id)
    for result in results:
        yield from _check(result)
    if task.hints and any(result.fault for result in results):
        for number, hint in enumerate(task.hints, start=1):
            name = _("Hint {number}", number=number)
            yield f"<details><summary>{name}</summary><p>{escape(hint)}</p></details>"


def _written(task: Task, written: Written, mark: Mark) -> Iterator[str]:
    """What was given for a written answer, item by item, when it was read."""
    given = mark.written.get(task.id)
    if task.id in mark.waiting:
        yield element("p", _("Not read yet."), "note")
    elif given is not None:
        for number in given.rubric:
            if number < len(written.rubric):
                item = written.rubric[number]
                yield element("p", f"{item.points:+g}: {item.text}", "right" if item.points > 0 else "wrong")
    elif task.id not in mark.overrides:
        yield element("p", _("Nothing was written."), "wrong")


def _check(result: CheckResult) -> Iterator[str]:
    name = _("A hidden check") if result.hidden else _("A check")
    points = _("{points:g} of {possible:g}", points=result.points, possible=result.possible)
    if not result.fault:
        yield element("p", _("{name}: right ({points})", name=name, points=points), "right")
    else:
        yield element("p", f"{name}: {CHECK_FAULTS[result.fault]} ({points})", "wrong")
        if result.fault in ADVICE:
            yield element("p", ADVICE[result.fault])
        if result.fault == "error" and result.message.startswith("NameError"):
            yield element("p", _ONLY_ANSWERS)
    if not result.hidden:
        yield from _seen(result)


def _seen(result: CheckResult) -> Iterator[str]:
    """What a learner may see of a check: what was expected, in words, and what came."""
    rows: list[str] = []
    if result.fault and result.expects:
        rows += [element("dt", _("Expected")), f"<dd>{escape(result.expects)}</dd>"]
    if result.fault == "wrong" and result.message not in ("", CHECK_FAULTS["wrong"]):
        rows += [element("dt", _("Difference")), f"<dd>{escape(result.message)}</dd>"]
    if result.fault in ("error", "tampered") and result.message:
        rows += [element("dt", _("Python said")), f"<dd><pre>{escape(result.message)}</pre></dd>"]
    if result.fault and result.got:
        rows += [element("dt", _("Got")), f"<dd><pre>{escape(result.got)}</pre></dd>"]
    if result.picture:
        rows.append(f"<dd>{picture(result.picture, _('what the check drew'))}</dd>")
    if rows:
        yield f"<dl>{''.join(rows)}</dl>"
