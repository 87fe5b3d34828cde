"""The instant check of each lab: it accepts what is right, and says why what is wrong is wrong."""

from __future__ import annotations

import pytest

from graph_duet.authoring.answers import Answer, Wrong, answers_of
from tests.gpu_labs.solved_labs import LABS, instant_report

NAMES = sorted(folder.parent.name for folder in LABS.glob("G*/answers.py"))


def right() -> list[tuple[str, str, Answer]]:
    """Each answer that is right, but to predictions, which have no instant check."""
    tried = [(name, answers_of(LABS / name)) for name in NAMES]
    return [
        (name, task, answer)
        for name, answers in tried
        for given in (answers.right, answers.unusual)
        for task, answer in given.items()
        if task != "1"
    ]


def wrong() -> list[tuple[str, str, Wrong]]:
    tried = [(name, answers_of(LABS / name)) for name in NAMES]
    return [
        (name, task, each)
        for name, answers in tried
        for task, listed in answers.instant.items()
        for each in listed
    ]


@pytest.mark.parametrize(("lab", "task", "answer"), right(), ids=lambda given: str(given)[:12])
def test_a_right_answer_passes(lab: str, task: str, answer: Answer) -> None:
    report = instant_report(lab, task, answer)
    assert report.passed, report


@pytest.mark.parametrize(
    ("lab", "task", "each"), wrong(), ids=lambda given: given.why if isinstance(given, Wrong) else given
)
def test_a_wrong_answer_fails_for_the_stated_reason(lab: str, task: str, each: Wrong) -> None:
    failure = instant_report(lab, task, each.answer).first_failure
    assert failure is not None
    assert failure.reason == each.says, failure
