"""Every exercise, through the real grader: right answers get full marks, wrong ones fail for the stated reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from graph_duet import grading
from graph_duet.grading import Bundle, Grader, Report
from tests.lessons.answers import Answer, Answers, Wrong
from tests.lessons.answers.table import EXERCISES

ROOT = Path(__file__).resolve().parents[2]


@cache
def bundle_of(folder: str) -> Bundle:
    return Bundle.load(ROOT / folder / "exercise.bundle.json")


@pytest.fixture(scope="module", params=EXERCISES, ids=lambda answers: Path(answers.folder).name)
def graded(request: pytest.FixtureRequest) -> Iterator[tuple[Answers, Grader]]:
    answers: Answers = request.param
    with Grader(bundle_of(answers.folder)) as grader:
        yield answers, grader


def grade(grader: Grader, answers: Answers, filled: dict[str, Answer]) -> Report:
    exercise = grading.exercise_notebook(bundle_of(answers.folder))
    return grader.grade(grading.fill(exercise, filled))


def test_the_reference_gets_full_marks(graded: tuple[Answers, Grader]) -> None:
    answers, grader = graded
    report = grader.grade(grading.solved(bundle_of(answers.folder)))
    assert (report.fault, report.points) == ("", report.possible), lost(report)


def test_another_right_solution_gets_full_marks(graded: tuple[Answers, Grader]) -> None:
    answers, grader = graded
    report = grade(grader, answers, answers.right)
    assert (report.fault, report.points) == ("", report.possible), lost(report)


def test_an_unusual_right_solution_gets_full_marks(graded: tuple[Answers, Grader]) -> None:
    answers, grader = graded
    report = grade(grader, answers, answers.right | answers.unusual)
    assert (report.fault, report.points) == ("", report.possible), lost(report)


def test_the_untouched_exercise_scores_nothing(graded: tuple[Answers, Grader]) -> None:
    answers, grader = graded
    report = grade(grader, answers, {})
    assert report.points == 0
    assert {check.fault for check in report.checks} == {"empty"}


def test_wrong_answers_fail_for_the_stated_reason(graded: tuple[Answers, Grader]) -> None:
    answers, grader = graded
    surprises = []
    for batch in batches(answers):
        report = grade(grader, answers, filling(answers, batch))
        surprises += [
            surprise
            for task, wrong in batch.items()
            if (surprise := misjudged(report, task, as_judged(answers, task, wrong)))
        ]
    assert not surprises, "\n".join(surprises)


@pytest.mark.parametrize("answers", EXERCISES, ids=lambda answers: Path(answers.folder).name)
def test_every_task_has_three_wrong_answers_and_a_kernel_five(answers: Answers) -> None:
    cells = bundle_of(answers.folder).notebook["cells"]
    kinds = {}
    for cell in cells:
        duet = cell["metadata"].get("duet", {})
        if duet.get("kind") in ("answer", "kernel"):
            kinds[duet["task"]] = duet["kind"]
    assert set(answers.right) == set(kinds)
    for task, kind in kinds.items():
        assert len(answers.wrong[task]) >= (5 if kind == "kernel" else 3), task
    assert 3 <= len(kinds) <= 6


def batches(answers: Answers) -> Iterator[dict[str, Wrong]]:
    """One wrong answer per task at a time, but no task together with one that it uses."""
    users = builds_on(answers)
    for group in ([task for task in answers.wrong if task not in users], sorted(users)):
        longest = max((len(answers.wrong[task]) for task in group), default=0)
        for number in range(longest):
            yield {task: answers.wrong[task][number] for task in group if number < len(answers.wrong[task])}


def filling(answers: Answers, batch: dict[str, Wrong]) -> dict[str, Answer]:
    """The holes of `batch` with its wrong answers, and those that they use with right ones."""
    used = set().union(*(builds_on(answers).get(task, set()) for task in batch))
    return {task: answers.right[task] for task in used} | {
        task: wrong.answer for task, wrong in batch.items()
    }


def builds_on(answers: Answers) -> dict[str, set[str]]:
    """The tasks whose checks use the answers of others, and which."""
    users: dict[str, set[str]] = {}
    for cell in bundle_of(answers.folder).notebook["cells"]:
        duet = cell["metadata"].get("duet", {})
        if duet.get("uses"):
            users.setdefault(duet["task"], set()).update(duet["uses"])
    return users


def as_judged(answers: Answers, task: str, wrong: Wrong) -> Wrong:
    """A wrong answer that is what the hole holds, a planted mistake left as it was, counts as not touched."""
    exercise = grading.exercise_notebook(bundle_of(answers.folder))
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
