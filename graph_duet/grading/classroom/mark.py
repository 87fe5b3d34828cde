"""A student's mark: what was graded, what was set by hand, and what is lost for being late."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from graph_duet.grading.classroom.deadlines import HandedIn, Lateness
from graph_duet.grading.report import Report, WrittenAnswer


class Override(NamedTuple):
    """Points of a task that replace those of grading, and why."""

    points: float
    reason: str


@dataclass(frozen=True, slots=True)
class WrittenMark:
    """An instructor's mark for a written answer: the text that was read, by its digest, and the rubric items given,
    by number."""

    text: str
    points: float
    rubric: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A student's standing in an exercise: the report and, by task, what was set by hand."""

    student: str
    name: str
    report: Report
    digest: str = ""
    overrides: dict[str, Override] = field(default_factory=dict[str, Override])
    written: dict[str, WrittenMark] = field(default_factory=dict[str, WrittenMark])
    comments: dict[str, str] = field(default_factory=dict[str, str])
    handed_in: HandedIn = field(default_factory=HandedIn)
    lateness: Lateness = field(default_factory=Lateness)

    def task_points(self) -> dict[str, float]:
        """Points by task, what was set by hand applied, before anything is taken off for being late."""
        points = self.report.task_points()
        for answer in self.report.written:
            points[answer.task] = 0.0 if self.is_waiting(answer) else self._written_points(answer)
        return points | {task: by_hand.points for task, by_hand in self.overrides.items() if task in points}

    @property
    def before_lateness(self) -> float:
        return sum(self.task_points().values())

    @property
    def points(self) -> float:
        return self.lateness.reduced(self.before_lateness)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Tasks whose written answers nobody has marked yet."""
        return tuple(answer.task for answer in self.report.written if self.is_waiting(answer))

    @property
    def is_final(self) -> bool:
        """Whether it may be given out: neither a fault of the grader's nor waiting for an instructor."""
        return self.report.fault != "infrastructure" and not self.waiting

    def is_waiting(self, answer: WrittenAnswer) -> bool:
        if answer.fault or answer.task in self.overrides:
            return False
        given = self.written.get(answer.task)
        return given is None or given.text != digest_of(answer.text)

    def _written_points(self, answer: WrittenAnswer) -> float:
        given = self.written.get(answer.task)
        return 0.0 if answer.fault or given is None else given.points


def digest_of(text: str) -> str:
    """SHA-256 of a written answer, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
