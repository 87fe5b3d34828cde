"""A learner's own run: `duet check`. Fast, friendly, on any machine, and without points that matter."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from graph_duet.grading.exercise import notebooks
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.format import Exercise, kind
from graph_duet.grading.exercise.notebooks import Unreadable, duet
from graph_duet.grading.judging.answers import graft
from graph_duet.grading.judging.judge import Outcome, judge, printed
from graph_duet.grading.judging.kernel_client import Budget
from graph_duet.grading.judging.kernel_start import ordinary
from graph_duet.grading.judging.schedule import plan
from graph_duet.grading.judging.verdict import verdict
from graph_duet.grading.releasing import sealed_text
from graph_duet.grading.report import Report
from graphviz_tools.errors import UserError

_START_SECONDS = 60.0  # for a kernel to start, and for a cell to import the frameworks on a busy machine


@dataclass(frozen=True, slots=True)
class OwnRun:
    """The report on a learner's own notebook, and, by task that is not yet right, its hints in order.

    `hidden` are the points, by task, that only the grader's hidden checks can give.
    """

    exercise: Exercise
    report: Report
    hints: dict[str, tuple[str, ...]]
    hidden: dict[str, float]


def check(notebook: Path | str) -> OwnRun:
    """Run a learner's notebook against the course's own copy of it.

    Runs in an ordinary kernel, without a sandbox: it is the learner's own work. The cells of the learner's
    file that are no answers do not count. Raises UserError when the file
    cannot be read, the notebook is no exercise or one of a lesson that is not installed, or the
    machine too busy to run the cells that are given.
    """
    path = Path(notebook)
    mine = notebooks.read(path)
    canonical = released(str(duet(mine).get("exercise", "")), path)
    bundle = _as_bundle(canonical)
    grafted = graft(bundle, mine)
    exercise = bundle.exercise
    not_run = {
        c.cell: grafted.fault(task) for task in exercise.tasks for c in task.checks if grafted.fault(task)
    }
    runs = plan(exercise, canonical, grafted.answers, bundle.seed, bundle.expected, not_run)
    for run in runs:
        run.metadata.judge["cell_seconds"] = max(exercise.cell_seconds, _START_SECONDS)
    budget = Budget.of_seconds(exercise.deadline + _START_SECONDS)
    outcomes = (
        judge(runs, ordinary(path.resolve().parent), budget) if len(not_run) < len(exercise.checks) else []
    )
    if any(outcome.role == "given" and outcome.fault == "timeout" for outcome in outcomes):
        raise UserError(
            "this machine is too busy to run the notebook's first cells: try again when it is calmer"
        )
    outcomes = [_unsealed(outcome, canonical, exercise) for outcome in outcomes]
    report = verdict(exercise, outcomes, not_run, grafted.notes)
    wrong = {c.task for c in report.checks if c.fault}
    hints = {task.id: task.hints for task in exercise.tasks if task.id in wrong and task.hints}
    hidden = {str(task): float(points) for task, points in _release(canonical).get("hidden", {}).items()}
    return OwnRun(exercise, report, hints, hidden)


def released(exercise: str, beside: Path) -> NotebookNode:
    """The learner's notebook of an exercise as it was released: the installed course's, else one with a
    bundle beside the learner's own file.

    Raises UserError with the exercises that are known.
    """
    if not exercise:
        raise UserError(f"{beside.name} is no exercise of this course: its metadata names none")
    found = {name: path for path in course_exercises() for name in (_exercise_id(path),)}
    if exercise not in found:
        known = ", ".join(sorted(filter(None, found))) or "none"
        raise UserError(
            f"{beside.name} says it is exercise {exercise!r}, which is not installed; known are {known}"
        )
    return notebooks.read(found[exercise])


def course_exercises() -> Iterator[Path]:
    """Every released exercise of the installed lessons and labs."""
    for room in ("lessons", "gpu_labs"):
        spec = importlib.util.find_spec(room)
        for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield from sorted(Path(folder).rglob("exercise.ipynb"))


def _exercise_id(path: Path) -> str:
    try:
        return str(duet(notebooks.read(path)).get("exercise", ""))
    except Unreadable:
        return ""


def _as_bundle(canonical: NotebookNode) -> Bundle:
    """A bundle of what a learner may know: no solutions, no hidden checks, one process for all."""
    notebook = copy.deepcopy(canonical)
    expected: dict[str, Any] = {}
    for cell in notebook.cells:
        if kind(cell) == "check":
            cell.metadata.duet.pop("fresh", None)
            if cell.id not in _release(canonical)["sealed"]:
                expected[cell.id] = cell.outputs
    return Bundle(notebook, expected)


def _release(canonical: NotebookNode) -> NotebookNode:
    return canonical.metadata.duet.get("release", NotebookNode(sealed={}, hidden={}))


def _unsealed(outcome: Outcome, canonical: NotebookNode, exercise: Exercise) -> Outcome:
    """A sealed check compared by its salted hash."""
    digest = _release(canonical)["sealed"].get(outcome.cell)
    if outcome.role != "check" or outcome.fault or digest is None:
        return outcome
    right = sealed_text(printed(outcome.outputs), exercise.id, outcome.cell) == digest
    return outcome if right else replace(outcome, fault="wrong", message="")
