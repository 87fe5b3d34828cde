"""What an instructor sets by hand: overrides, marks for written answers, comments; and the history of marks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from graph_duet.grading.classroom import tables
from graph_duet.grading.classroom.database import Database, put
from graph_duet.grading.classroom.mark import Mark, Override, WrittenMark, digest_of
from graph_duet.grading.exercise.format import Task
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


@dataclass(frozen=True, slots=True)
class Change:
    """One line of history: the points that a task had until `at` (UTC), and why they changed."""

    at: str
    student: str
    task: str
    points: float
    why: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """What was set by hand in one exercise, by student and task."""

    overrides: dict[str, dict[str, Override]] = field(default_factory=dict[str, dict[str, Override]])
    written: dict[str, dict[str, WrittenMark]] = field(default_factory=dict[str, dict[str, WrittenMark]])
    comments: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


class HandMarks:
    """The part of a gradebook that an instructor writes."""

    def __init__(self, database: Database):
        self._database = database

    def of(self, connection: sa.Connection, exercise: str) -> ByHand:
        """All that was set by hand in an exercise."""
        found = ByHand()

        def rows(table: sa.Table) -> sa.CursorResult[tuple[object, ...]]:
            return connection.execute(sa.select(table).where(table.c.exercise == exercise))

        for row in rows(tables.OVERRIDES):
            found.overrides.setdefault(row.student, {})[row.task] = Override(row.points, row.reason)
        for row in rows(tables.WRITTEN):
            items = tuple(int(item) for item in row.rubric.split(",") if item)
            mark = WrittenMark(row.text, row.points, items)
            found.written.setdefault(row.student, {})[row.task] = mark
        for row in rows(tables.COMMENTS):
            found.comments.setdefault(row.student, {})[row.task] = row.comment
        return found

    def override(self, mark: Mark, exercise: str, task: str, points: float, most: float, reason: str) -> None:
        """Set a task's points, above whatever is or will be graded. Raises UserError for points outside 0 to `most`
        and an empty reason."""
        _demand_points(task, points, most)
        if not reason.strip():
            raise UserError(_("an override needs a reason"))
        row = {
            "exercise": exercise,
            "student": mark.student,
            "task": task,
            "points": points,
            "reason": reason,
        }
        with self._database.write() as connection:
            before = mark.task_points().get(task, 0.0)
            log(connection, exercise, mark.student, task, before, f"override: {reason}")
            put(connection, tables.OVERRIDES, row)

    def withdraw(self, mark: Mark, exercise: str, task: str) -> None:
        """Withdraw an override: the graded points count again."""
        given = mark.overrides.get(task)
        if given is None:
            return
        table = tables.OVERRIDES
        mine = sa.and_(table.c.exercise == exercise, table.c.student == mark.student, table.c.task == task)
        with self._database.write() as connection:
            log(connection, exercise, mark.student, task, given.points, "override withdrawn")
            connection.execute(table.delete().where(mine))

    def grade_written(
        self, mark: Mark, exercise: str, task: Task, points: float, rubric: tuple[int, ...] = ()
    ) -> None:
        """Mark the written answer that `mark` holds. Raises UserError when there is none or the points are outside
        0 to the task's."""
        answer = next((a for a in mark.report.written if a.task == task.id), None)
        if answer is None or answer.fault:
            raise UserError(_("{student} wrote nothing for task {id}", student=mark.student, id=task.id))
        _demand_points(task.id, points, task.points)
        row = {
            "exercise": exercise,
            "student": mark.student,
            "task": task.id,
            "text": digest_of(answer.text),
            "points": points,
            "rubric": ",".join(map(str, rubric)),
        }
        before = mark.written.get(task.id)
        with self._database.write() as connection:
            if before is not None and before.points != points:
                log(connection, exercise, mark.student, task.id, before.points, "read again")
            put(connection, tables.WRITTEN, row)

    def comment(self, exercise: str, student: str, task: str, comment: str) -> None:
        """Say something about a task, which the student reads; an empty comment takes it back."""
        row = {"exercise": exercise, "student": student, "task": task, "comment": comment.strip()}
        table = tables.COMMENTS
        mine = sa.and_(table.c.exercise == exercise, table.c.student == student, table.c.task == task)
        with self._database.write() as connection:
            if comment.strip():
                put(connection, table, row)
            else:
                connection.execute(table.delete().where(mine))


def log(connection: sa.Connection, exercise: str, student: str, task: str, points: float, why: str) -> None:
    """A line of history."""
    row = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "exercise": exercise,
        "student": student,
        "task": task,
        "points": points,
        "why": why,
    }
    connection.execute(tables.HISTORY.insert().values(row))


def _demand_points(task: str, points: float, most: float) -> None:
    if not 0 <= points <= most:
        raise UserError(
            _("task {task} has 0 to {most:g} points, not {points:g}", task=task, most=most, points=points)
        )
