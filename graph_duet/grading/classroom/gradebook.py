"""The gradebook: marks that cannot be lost, doubled or turned into 0.

A result is keyed by what it depends on (submission, bundle, environment), written in one transaction and never
changed; a student's row points to one. Killing the writer at any moment leaves some results missing, and the next
run makes just those.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from graph_duet.grading.classroom import tables
from graph_duet.grading.classroom.database import Database, put
from graph_duet.grading.classroom.deadlines import Deadline, HandedIn
from graph_duet.grading.classroom.hand_marks import Change, HandMarks, log
from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.classroom.stored_notebook import unpacked
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.report import Report
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


@dataclass(frozen=True, slots=True)
class Entry:
    """One result of one student, to be written. `digest` is the file's SHA-256, `key` the result's; `notebook` is the
    file as it is kept, `handed_in` when it came."""

    student: str
    name: str
    digest: str
    key: str
    report: Report
    why: str = _("handed in again")
    notebook: bytes = b""
    handed_in: HandedIn = field(default_factory=HandedIn)


class Gradebook:
    """A database of marks.

    `url` is an SQLAlchemy URL (`postgresql+psycopg://...`; plain `postgresql://` is read as that) or a path
    to an SQLite file. Raises UserError when it cannot be opened, and everywhere when it is locked, full or gone.
    """

    def __init__(self, url: str | Path):
        self.database = Database(url)
        self.by_hand = HandMarks(self.database)

    def close(self) -> None:
        self.database.close()

    def open_assignment(self, bundle: Bundle, seed: int | None = None) -> int:
        """Register a bundle and return the seed that all its submissions are graded with.

        The seed is drawn (or taken from `seed`) the first time and kept. Raises UserError when `seed`
        differs from the kept one.
        """
        exercise = bundle.exercise.id
        drawn = secrets.randbelow(2**62) if seed is None else seed
        row = {"exercise": exercise, "seed": drawn, "bundle": bundle.dumps()}
        query = sa.select(tables.ASSIGNMENTS.c.seed).where(tables.ASSIGNMENTS.c.exercise == exercise)
        with self.database.write() as connection:
            put(connection, tables.ASSIGNMENTS, row, keep=("seed",))  # the first one's seed stays
            kept = int(connection.scalar(query) or 0)
        if seed is not None and seed != kept:
            raise UserError(
                _(
                    "{exercise} is already graded with seed {kept} in this gradebook; a new seed needs a new one",
                    exercise=exercise,
                    kept=kept,
                )
            )
        return kept

    def exercises(self) -> list[str]:
        query = sa.select(tables.ASSIGNMENTS.c.exercise).order_by(tables.ASSIGNMENTS.c.exercise)
        with self.database.read() as connection:
            return list(connection.scalars(query))

    def bundle(self, exercise: str) -> Bundle:
        """The bundle last graded with. Raises UserError with the known exercises."""
        query = sa.select(tables.ASSIGNMENTS.c.bundle).where(tables.ASSIGNMENTS.c.exercise == exercise)
        with self.database.read() as connection:
            text = connection.scalar(query)
        if text is None:
            known = ", ".join(self.exercises()) or _("nothing yet")
            raise UserError(
                _(
                    "the gradebook has no exercise {exercise!r}; it has {known}",
                    exercise=exercise,
                    known=known,
                )
            )
        return Bundle.loads(text)

    def result(self, key: str) -> Report | None:
        """The report under a key, None when it has to be made (again: an infrastructure fault is not a
        result)."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(tables.RESULTS).where(tables.RESULTS.c.key == key)).first()
            again = connection.scalar(sa.select(tables.AGAIN.c.key).where(tables.AGAIN.c.key == key))
        if row is None or again or row.fault == "infrastructure":
            return None
        return Report.from_json(json.loads(row.report))

    def report(self, exercise: str, student: str) -> Report | None:
        """The student's present report."""
        with self.database.read() as connection:
            return _report_of(connection, exercise, student)

    def enter(self, entry: Entry) -> None:
        """Write a result and make it the student's, in one transaction; the marks that it replaces go to
        history.

        An infrastructure fault never replaces a result that the student has.
        """
        student, report = entry.student, entry.report
        with self.database.write() as connection:
            before = _report_of(connection, report.exercise, student)
            if report.fault == "infrastructure" and before is not None and before.fault != "infrastructure":
                return
            _write_result(connection, entry)
            if before is not None and before != report and before.fault != "infrastructure":
                _remember(connection, student, before, report, entry.why)
            whose = {"exercise": report.exercise, "student": student}
            put(connection, tables.SUBMISSIONS, {**whose, "name": entry.name, "result": entry.key})
            handed = entry.handed_in
            put(
                connection,
                tables.HANDED_IN,
                {**whose, "at": handed.at, "late": handed.late, "note": handed.note},
            )

    def keep(self, entry: Entry) -> None:
        """Write a result that does not become the student's mark."""
        with self.database.write() as connection:
            _write_result(connection, entry)

    def forget(self, exercise: str, student: str) -> None:
        """Let the student's result be made again: the mark stays until the new one replaces it."""
        mine = sa.select(tables.SUBMISSIONS.c.result).where(
            tables.SUBMISSIONS.c.exercise == exercise, tables.SUBMISSIONS.c.student == student
        )
        with self.database.write() as connection:
            for key in list(connection.scalars(mine)):
                put(connection, tables.AGAIN, {"key": key})

    def override(self, exercise: str, student: str, task: str, points: float, reason: str) -> None:
        """Set a task's points by hand, above whatever is or will be graded.

        Raises UserError for an unknown student or task, points outside 0 to the task's
        points or an empty reason.
        """
        mark = self.mark(exercise, student)
        most = self.bundle(exercise).exercise.task(task).points
        self.by_hand.override(mark, exercise, task, points, most, reason)

    def students(self, exercise: str) -> list[str]:
        """The students who handed in, in the order of `marks`."""
        table = tables.SUBMISSIONS
        query = sa.select(table.c.student).where(table.c.exercise == exercise).order_by(table.c.student)
        with self.database.read() as connection:
            return list(connection.scalars(query))

    def mark(self, exercise: str, student: str) -> Mark:
        """One student's mark. Raises UserError when there is none."""
        mark = next(self.marks(exercise, student), None)
        if mark is None:
            raise UserError(
                _("the gradebook has no {exercise} of {student!r}", exercise=exercise, student=student)
            )
        return mark

    def marks(self, exercise: str, student: str = "") -> Iterator[Mark]:
        """Every student's mark, or that of one, by student, read one at a time."""
        submissions, results = tables.SUBMISSIONS, tables.RESULTS
        query = (
            sa.select(submissions.c.student, submissions.c.name, results.c.digest, results.c.report)
            .join(results, results.c.key == submissions.c.result)
            .where(submissions.c.exercise == exercise)
            .order_by(submissions.c.student)
        )
        query = query.where(submissions.c.student == student) if student else query
        with self.database.read() as connection:
            by_hand = self.by_hand.of(connection, exercise)
            deadline, extensions = _deadline(connection, exercise), _extensions(connection, exercise)
            handed = _handed_in(connection, exercise)
            for row in connection.execution_options(yield_per=50).execute(query):
                came = handed.get(row.student, HandedIn())
                yield Mark(
                    student=row.student,
                    name=row.name,
                    report=Report.from_json(json.loads(row.report)),
                    digest=row.digest,
                    overrides=by_hand.overrides.get(row.student, {}),
                    written=by_hand.written.get(row.student, {}),
                    comments=by_hand.comments.get(row.student, {}),
                    handed_in=came,
                    lateness=deadline.lateness(came, extensions.get(row.student, 0.0)),
                )

    def notebook(self, digest: str) -> dict[str, Any] | None:
        """What was handed in under a digest: the cells, without outputs; None where it is not kept."""
        query = sa.select(tables.NOTEBOOKS.c.content).where(tables.NOTEBOOKS.c.digest == digest)
        with self.database.read() as connection:
            content = connection.scalar(query)
        return None if content is None else unpacked(bytes(content))

    def deadline(self, exercise: str) -> Deadline:
        with self.database.read() as connection:
            return _deadline(connection, exercise)

    def set_deadline(self, exercise: str, deadline: Deadline) -> None:
        """Raises UserError for an unknown exercise."""
        self.bundle(exercise)
        row = {
            "exercise": exercise,
            "due": deadline.due,
            "grace": deadline.grace,
            "penalty": deadline.penalty,
            "most": deadline.most,
        }
        with self.database.write() as connection:
            put(connection, tables.DEADLINES, row)

    def extend(self, exercise: str, student: str, due: float) -> None:
        """Give one student a deadline of their own, before or after they hand in."""
        self.bundle(exercise)
        with self.database.write() as connection:
            put(connection, tables.EXTENSIONS, {"exercise": exercise, "student": student, "due": due})

    def history(self, exercise: str, student: str = "") -> list[Change]:
        """What marks were before they changed, oldest first."""
        table = tables.HISTORY
        query = sa.select(table).where(table.c.exercise == exercise).order_by(table.c.id)
        query = query.where(table.c.student == student) if student else query
        with self.database.read() as connection:
            return [Change(r.at, r.student, r.task, r.points, r.why) for r in connection.execute(query)]


def result_key(digest: str, bundle: Bundle, environment: str, task: str = "") -> str:
    """SHA-256 of everything that a result depends on; `task` is set for a regrade of that task alone."""
    return hashlib.sha256("\n".join((digest, bundle.checksum, environment, task)).encode()).hexdigest()


def _report_of(connection: sa.Connection, exercise: str, student: str) -> Report | None:
    submissions = tables.SUBMISSIONS
    query = (
        sa.select(tables.RESULTS.c.report)
        .join(submissions, submissions.c.result == tables.RESULTS.c.key)
        .where(submissions.c.exercise == exercise, submissions.c.student == student)
    )
    text = connection.scalar(query)
    return None if text is None else Report.from_json(json.loads(text))


def _write_result(connection: sa.Connection, entry: Entry) -> None:
    report = entry.report
    row = {
        "key": entry.key,
        "exercise": report.exercise,
        "digest": entry.digest,
        "fault": report.fault,
        "report": json.dumps(report.to_json()),
    }
    put(connection, tables.RESULTS, row)
    connection.execute(tables.AGAIN.delete().where(tables.AGAIN.c.key == entry.key))
    if entry.notebook:
        put(connection, tables.NOTEBOOKS, {"digest": entry.digest, "content": entry.notebook})


def _remember(connection: sa.Connection, student: str, old: Report, new: Report, why: str) -> None:
    after = new.task_points()
    for task, points in old.task_points().items():
        if after.get(task) != points:
            log(connection, old.exercise, student, task, points, why)


def _deadline(connection: sa.Connection, exercise: str) -> Deadline:
    row = connection.execute(
        sa.select(tables.DEADLINES).where(tables.DEADLINES.c.exercise == exercise)
    ).first()
    return Deadline(float("inf")) if row is None else Deadline(row.due, row.grace, row.penalty, row.most)


def _extensions(connection: sa.Connection, exercise: str) -> Mapping[str, float]:
    rows = connection.execute(sa.select(tables.EXTENSIONS).where(tables.EXTENSIONS.c.exercise == exercise))
    return {row.student: row.due for row in rows}


def _handed_in(connection: sa.Connection, exercise: str) -> Mapping[str, HandedIn]:
    rows = connection.execute(sa.select(tables.HANDED_IN).where(tables.HANDED_IN.c.exercise == exercise))
    return {row.student: HandedIn(row.at, row.late, row.note) for row in rows}
