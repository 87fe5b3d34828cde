"""The class at a glance: who has how many points, how they are distributed, and which checks fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.exercise.format import Exercise
from graph_duet.grading.report import CHECK_FAULTS
from graphviz_tools.language import _

PAGE = 100  # students on one page
_MOST_BARS = 10


class Bar(NamedTuple):
    """Students with at least `low` and less than `high` points; the last bar includes `high`."""

    low: float
    high: float
    number: int


class FailingCheck(NamedTuple):
    """How often a check fails, and how: (fault in words, times), the most frequent first."""

    task: str
    cell: str
    hidden: bool
    failed: int
    of: int
    how: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which students a teacher asked for: a part of the name, a state, a check that fails, at least `low` and less
    than `high` points."""

    name: str = ""
    state: str = ""
    check: str = ""
    low: float = float("-inf")
    high: float = float("inf")

    def fits(self, mark: Mark) -> bool:
        return (
            self.name.casefold() in mark.student.casefold()
            and (not self.state or STATES[self.state](mark))
            and (not self.check or any(c.cell == self.check and c.fault for c in mark.report.checks))
            and self.low <= mark.points < self.high
        )


STATES = {
    "waiting": lambda mark: bool(mark.waiting),
    "late": lambda mark: mark.lateness.days > 0 or mark.handed_in.late,
    "fault": lambda mark: bool(mark.report.fault),
    "overridden": lambda mark: bool(mark.overrides),
    "noted": lambda mark: bool(mark.report.notes or mark.handed_in.note),
}
STATE_WORDS = {
    "waiting": _("waiting for you"),
    "late": "late",
    "fault": _("could not be graded"),
    "overridden": _("set by hand"),
    "noted": _("with a remark"),
}


@dataclass(frozen=True, slots=True)
class Overview:
    """What the class page shows. `middle` and `bars` are about the students who could be graded so far."""

    exercise: Exercise
    marks: Sequence[Mark]
    graded: int
    waiting: int
    not_graded: int
    middle: float
    bars: tuple[Bar, ...]
    checks: tuple[FailingCheck, ...]


def overview(exercise: Exercise, marks: Iterable[Mark]) -> Overview:
    """All that one look at the class needs."""
    everyone = list(marks)
    final = [mark for mark in everyone if mark.is_final]
    points = [mark.points for mark in everyone if mark.report.fault != "infrastructure"]
    return Overview(
        exercise=exercise,
        marks=everyone,
        graded=len(final),
        waiting=sum(bool(mark.waiting) for mark in everyone),
        not_graded=sum(mark.report.fault == "infrastructure" for mark in everyone),
        middle=median(points) if points else 0.0,
        bars=tuple(_bars(points, exercise.points)),
        checks=tuple(_failing(exercise, everyone)),
    )


def _bars(points: Sequence[float], most: float) -> Iterable[Bar]:
    number = min(_MOST_BARS, max(1, round(most)))
    width = most / number
    counts = Counter(min(number - 1, int(p / width)) if width else 0 for p in points)
    for place in range(number):
        yield Bar(round(place * width, 6), round((place + 1) * width, 6), counts[place])


def _failing(exercise: Exercise, marks: Sequence[Mark]) -> Iterable[FailingCheck]:
    read = [mark for mark in marks if not mark.report.fault]
    faults: dict[str, Counter[str]] = {check.cell: Counter() for check in exercise.checks}
    for mark in read:
        for result in mark.report.checks:
            if result.fault and result.cell in faults:
                faults[result.cell][result.fault] += 1
    for check in exercise.checks:
        counts = faults[check.cell]
        how = tuple((CHECK_FAULTS[fault], number) for fault, number in counts.most_common())
        yield FailingCheck(check.task, check.cell, check.hidden, counts.total(), len(read), how)
