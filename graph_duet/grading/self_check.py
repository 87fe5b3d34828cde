"""A learner's own run: `duet check`. Fast, friendly, on any machine, and without points that matter."""

from __future__ import annotations

import copy
import importlib.util
import itertools
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from graph_duet.grading.exercise import notebooks
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.format import Exercise, kind, read_exercise
from graph_duet.grading.exercise.notebooks import Unreadable, duet
from graph_duet.grading.judging.answers import graft
from graph_duet.grading.judging.judge import Outcome
from graph_duet.grading.judging.kernel_start import from_zygote, ordinary
from graph_duet.grading.judging.learner_line import learner_line
from graph_duet.grading.judging.schedule import refusals
from graph_duet.grading.judging.trial import Seeds, Trial
from graph_duet.grading.judging.verdict import verdict
from graph_duet.grading.report import Report
from graph_duet.grading.watched import judged, watches, with_sources
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

TO_BE_READ = _("your instructor reads and marks it")
PREDICTED = _("written; its points come when the exercise is graded")
START_SECONDS = 60.0
MOST_SECONDS = 86_400.0  # a timer takes no number without end


@dataclass(frozen=True, slots=True)
class OwnRun:
    """The report on a learner's own notebook, and, by task that is not yet right, its hints in order.

    `hidden` are the points, by task, that only the grader can give: for hidden checks, and for predictions that
    no cell watches. `watched` are the check cells of predictions that one does. `lines` says for a check that
    raised which of the learner's own lines it came through ("line 3: return x").
    """

    exercise: Exercise
    report: Report
    hints: dict[str, tuple[str, ...]]
    hidden: dict[str, float]
    lines: dict[str, str] = field(default_factory=dict[str, str])
    watched: frozenset[str] = frozenset()


def check(notebook: Path | str, forked: bool = False) -> OwnRun:
    """Run a learner's notebook against the course's own copy of it.

    Runs in an ordinary kernel, without a sandbox: it is the learner's own work. `forked` kernels come from this
    process's zygote, which has imported the frameworks, so that a cell has the exercise's own limit. The cells of
    the learner's file that are not answers do not count. Raises UserError when the file cannot be read, the
    notebook is not an exercise or belongs to a lesson that is not installed, `DUET_START_SECONDS` is not a number of
    seconds, or the machine too busy to run the cells that are given.
    """
    path = Path(notebook)
    mine = notebooks.read(path)
    canonical = released(str(duet(mine).get("exercise", "")), path)
    bundle = _as_bundle(canonical)
    grafted = graft(bundle, mine)
    exercise = bundle.exercise
    not_run = grafted.not_run(exercise)
    sealed = {check.cell for check in exercise.checks if check.sealed}
    watched = watches(canonical, sealed)
    starting = start_seconds()
    if len(not_run) < len(exercise.checks):
        seconds = exercise.cell_seconds if forked else max(exercise.cell_seconds, starting)
        start = (from_zygote if forked else ordinary)(path.resolve().parent)
        watching = with_sources(canonical, watched)
        trial = Trial(exercise, watching, start, seconds, exercise.deadline + starting)
        seeds = Seeds(bundle.seed, bundle.seed)
        outcomes = trial.run(grafted.answers, seeds, bundle.expected, not_run)
    else:
        outcomes = []
    if _is_too_busy(outcomes):
        raise UserError(
            _("this machine is too busy to run the notebook's first cells: try again when it is calmer")
        )
    # The grader will not run these fresh checks: said here first, in the same words.
    not_measured = refusals(read_exercise(canonical), canonical, grafted.answers)
    report = verdict(exercise, outcomes, not_run, grafted.notes, grafted.written)
    report = _without_verdict_on_predictions(_refused(report, not_measured), sealed - set(watched))
    report = _watched(report, outcomes, watched)
    wrong = {c.task for c in report.checks if c.fault}
    hints = {task.id: task.hints for task in exercise.tasks if task.id in wrong and task.hints}
    lines = {o.cell: line for o in outcomes if o.cell and (line := learner_line(o.outputs))}
    later = _decided_later(exercise, canonical, sealed - set(watched))
    return OwnRun(exercise, report, hints, later, lines, frozenset(watched))


def _decided_later(exercise: Exercise, canonical: NotebookNode, unseen: set[str]) -> dict[str, float]:
    """The points of each task that only the grader can give: its own checks, predictions that were not looked at
    (`unseen`) and what is read by a person."""
    points: defaultdict[str, float] = defaultdict(float)
    for task, hidden in _release(canonical).get("hidden", {}).items():
        points[str(task)] += hidden
    for c in exercise.checks:
        points[c.task] += c.points if c.cell in unseen else 0.0
    for task in exercise.tasks:
        points[task.id] += task.written.points if task.written is not None else 0.0
    return {task: some for task, some in points.items() if some}


def start_seconds() -> float:
    """How long a kernel may take to start, and a first cell to import the frameworks: `DUET_START_SECONDS`, else 60.

    Raises UserError when it holds anything but a number of seconds, above 0 and at most a day.
    """
    said = os.environ.get("DUET_START_SECONDS") or str(START_SECONDS)
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:
        raise UserError(
            _(
                "DUET_START_SECONDS is {said!r}: it has to be a number of seconds, above 0 and at most {most:.0f}",
                said=said,
                most=MOST_SECONDS,
            )
        )
    return seconds


def _is_too_busy(outcomes: Sequence[Outcome]) -> bool:
    """Whether a given cell ran out of time before any answer ran: an endless answer is not the machine's fault."""
    before = itertools.takewhile(lambda outcome: outcome.role != "answer", outcomes)
    return any(outcome.role == "given" and outcome.fault == "timeout" for outcome in before)


def _refused(report: Report, sentences: Mapping[str, str]) -> Report:
    checks = tuple(
        replace(c, points=0.0, fault="tampered", message=sentences[c.cell]) if c.cell in sentences else c
        for c in report.checks
    )
    return replace(report, checks=checks)


def _without_verdict_on_predictions(report: Report, unwatched: Collection[str]) -> Report:
    """The report with these check cells worth nothing here: a file that knew the right prediction, even as a hash,
    would give it to anyone who tries a few numbers."""
    checks = tuple(
        replace(c, points=0.0, possible=0.0, message=c.message or PREDICTED) if c.cell in unwatched else c
        for c in report.checks
    )
    return replace(report, checks=checks)


def _watched(report: Report, outcomes: Sequence[Outcome], watched: Collection[str]) -> Report:
    """The report with the predictions in these check cells judged by what was seen."""
    seen = {o.cell: o for o in outcomes if o.role == "check" and o.cell in watched}
    checks = tuple(judged(c, seen[c.cell]) if c.cell in seen and not c.fault else c for c in report.checks)
    return replace(report, checks=checks)


def released(exercise: str, beside: Path) -> NotebookNode:
    """The learner's notebook of an exercise as it was released: the installed course's, else one with a
    bundle beside the learner's own file.

    Raises UserError with the exercises that are known.
    """
    if not exercise:
        raise UserError(
            _("{beside} is not an exercise of this course: its metadata names none", beside=beside.name)
        )
    found = {name: path for path in course_exercises() for name in (_exercise_id(path),)}
    if exercise not in found:
        known = ", ".join(sorted(filter(None, found))) or "none"
        raise UserError(
            _(
                "{beside} says it is exercise {exercise!r}, which is not installed; known are {known}",
                beside=beside.name,
                exercise=exercise,
                known=known,
            )
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
        if kind(cell) == "measure":
            expected[cell.id] = cell.outputs
        elif kind(cell) == "check":
            cell.metadata.duet.pop("fresh", None)
            if cell.id not in _release(canonical)["sealed"] and cell.outputs:
                expected[cell.id] = cell.outputs
    return Bundle(notebook, expected)


def _release(canonical: NotebookNode) -> NotebookNode:
    return canonical.metadata.duet.get("release", NotebookNode(sealed=[], hidden={}))
