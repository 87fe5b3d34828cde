"""Written answers to one task, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.exercise.format import Task
from graph_duet.grading.report import WrittenAnswer


class QueueEntry(NamedTuple):
    """One student's answer; `is_read` when it has a mark."""

    mark: Mark
    answer: WrittenAnswer
    is_read: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """All answers that hold something, by student."""

    entries: tuple[QueueEntry, ...]

    @property
    def read(self) -> int:
        return sum(entry.is_read for entry in self.entries)

    @property
    def first_unread(self) -> str:
        """The first student whose answer waits, else the first of all; "" where nobody wrote."""
        ordered = sorted(self.entries, key=lambda entry: entry.is_read)
        return ordered[0].mark.student if ordered else ""

    def after(self, student: str) -> str:
        """The next student whose answer waits, after this one and then from the top; "" when none does."""
        names = [entry.mark.student for entry in self.entries]
        here = names.index(student) + 1 if student in names else 0
        waiting = [e.mark.student for e in (*self.entries[here:], *self.entries[:here]) if not e.is_read]
        return waiting[0] if waiting else ""

    def beside(self, student: str, step: int) -> str:
        """The student `step` places on; "" past the end."""
        names = [entry.mark.student for entry in self.entries]
        place = names.index(student) + step if student in names else -1
        return names[place] if 0 <= place < len(names) else ""


def queue(marks: Iterable[Mark], task: Task) -> Queue:
    """The queue of a task."""
    found = [
        QueueEntry(mark, answer, not mark.is_waiting(answer))
        for mark in marks
        for answer in mark.report.written
        if answer.task == task.id and not answer.fault
    ]
    return Queue(tuple(found))
