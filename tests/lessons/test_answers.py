"""A few exercises, drawn in each run, through the real grader: right answers get full marks, wrong ones fail
for the stated reason. `make course` tries all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from graph_duet import grading
from graph_duet.authoring import bundles
from graph_duet.authoring.answers import Answer, Answers, Wrong, answers_of
from graph_duet.grading import Bundle, Grader, Report
from graph_duet.grading.exercise.format import kind
from tests.draw import drawn
from tests.graph_duet.grading.same_seeds import SameSeeds
from tests.lessons.course import DRAWN_EXERCISES, EXERCISES, name, solved


class Tried(NamedTuple):
    """An exercise, the answers that are tried on it, and the grader that tries them."""

    answers: Answers
    bundle: Bundle
    grader: Grader

    def grade(self, filled: dict[str, Answer]) -> Report:
        return self.grader.grade(grading.fill(grading.exercise_notebook(self.bundle), filled))


@cache
def bundle_of(folder: Path) -> Bundle:
    return bundles.bundle_of(folder)


@pytest.fixture(scope="module", params=DRAWN_EXERCISES, ids=name)
def tried(request: pytest.FixtureRequest) -> Iterator[Tried]:
    folder: Path = request.param
    with SameSeeds(bundle_of(folder)) as grader:
        yield Tried(answers_of(folder), bundle_of(folder), grader)


def test_right_answers_get_full_marks(tried: Tried) -> None:
    """One of three, drawn in each run: the solution, another right one, an unusual one. All with `make course`."""
    answers = tried.answers
    another, unusual = (
        grading.fill(grading.exercise_notebook(tried.bundle), filled)
        for filled in (answers.right, answers.right | answers.unusual)
    )
    for notebook in drawn([grading.solved(tried.bundle), another, unusual], 1, tried.bundle.exercise.id):
        report = tried.grader.grade(notebook)
        assert (report.fault, report.points) == ("", report.possible), lost(report)


def test_the_untouched_exercise_scores_nothing(tried: Tried) -> None:
    report = tried.grade({})
    assert report.points == 0
    assert {check.fault for check in report.checks} == {"empty"}


def test_wrong_answers_fail_for_the_stated_reason(tried: Tried) -> None:
    """One batch, drawn in each run: a wrong answer to each task that no other in it uses. All with `make course`."""
    surprises = []
    for batch in drawn(list(batches(tried)), 1, tried.bundle.exercise.id):
        report = tried.grade(filling(tried, batch))
        surprises += [
            surprise
            for task, wrong in batch.items()
            if (surprise := misjudged(report, task, as_judged(tried, task, wrong)))
        ]
    assert not surprises, "\n".join(surprises)


@pytest.mark.parametrize("folder", EXERCISES, ids=name)
def test_every_task_has_three_wrong_answers_and_a_kernel_five(folder: Path) -> None:
    answers = answers_of(folder)
    tasks = {cell.metadata.duet.task: kind(cell) for cell in solved(folder).cells if kind(cell) in ANSWERED}
    assert set(answers.right) == set(tasks)
    for task, what in tasks.items():
        assert len(answers.wrong[task]) >= (5 if what == "kernel" else 3), task
    assert 3 <= len(tasks) <= 6


ANSWERED = ("answer", "kernel")


def batches(tried: Tried) -> Iterator[dict[str, Wrong]]:
    """One wrong answer per task at a time, but no task together with one that it uses."""
    wrong, users = tried.answers.wrong, builds_on(tried)
    for group in ([task for task in wrong if task not in users], sorted(users)):
        longest = max((len(wrong[task]) for task in group), default=0)
        for number in range(longest):
            yield {task: wrong[task][number] for task in group if number < len(wrong[task])}


def filling(tried: Tried, batch: dict[str, Wrong]) -> dict[str, Answer]:
    """The regions of `batch` with its wrong answers, and those that they use with right ones."""
    used = set().union(*(builds_on(tried).get(task, set()) for task in batch))
    return {task: tried.answers.right[task] for task in used} | {
        task: wrong.answer for task, wrong in batch.items()
    }


def builds_on(tried: Tried) -> dict[str, set[str]]:
    """The tasks whose checks use the answers of others, and which."""
    users: dict[str, set[str]] = {}
    for check in tried.bundle.exercise.checks:
        if check.uses:
            users.setdefault(check.task, set()).update(check.uses)
    return users


def as_judged(tried: Tried, task: str, wrong: Wrong) -> Wrong:
    """A wrong answer that is what learners get, a planted mistake left as it was, counts as not answered."""
    exercise = grading.exercise_notebook(tried.bundle)
    untouched = grading.fill(exercise, {task: wrong.answer}) == exercise
    return replace(wrong, fault="empty", says="") if untouched else wrong


def misjudged(report: Report, task: str, wrong: Wrong) -> str:
    """What was unexpected about the verdict on a wrong answer, or ""."""
    checks = report.task(task)
    if sum(check.points for check in checks) >= sum(check.possible for check in checks):
        return f"{task}, {wrong.why}: full marks"
    if wrong.most is not None and (points := sum(check.points for check in checks)) > wrong.most:
        return f"{task}, {wrong.why}: {points} points"
    stated = [
        check for check in checks if check.fault == wrong.fault and wrong.says in check.message + check.got
    ]
    if stated:
        return ""
    seen = [(check.cell, check.fault, check.message[:200], check.got[:200]) for check in checks]
    return f"{task}, {wrong.why}: expected {wrong.fault} {wrong.says!r}, saw {seen}"


def lost(report: Report) -> str:
    return (
        "\n".join(f"{c.cell}: {c.fault} {c.message} {c.got}" for c in report.checks if c.fault)
        or report.message
    )
