"""The gradebook: marks that cannot be lost, doubled or turned into 0.

One process writes. A result is keyed by what it depends on (submission, bundle, environment), written in
one transaction and never changed; a student's row points to one. Killing the writer at any moment leaves
some results missing, and the next run makes just those. SQLite in WAL mode by default, PostgreSQL by URL.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.report import Report
from graphviz_tools.errors import UserError

_LOCK = 0x64756574  # PostgreSQL's advisory lock while tables are made
_tables = sa.MetaData()
_assignments = sa.Table(
    "assignments",
    _tables,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("bundle", sa.Text, nullable=False),
)
_results = sa.Table(
    "results",
    _tables,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("fault", sa.String, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)
_again = sa.Table(
    "again", _tables, sa.Column("key", sa.String(64), primary_key=True)
)  # results to make again
_submissions = sa.Table(
    "submissions",
    _tables,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("result", sa.String(64), sa.ForeignKey("results.key"), nullable=False),
)
_overrides = sa.Table(
    "overrides",
    _tables,
    sa.Column("exercise", sa.String, primary_key=True),
    sa.Column("student", sa.String, primary_key=True),
    sa.Column("task", sa.String, primary_key=True),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
_history = sa.Table(
    "history",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("student", sa.String, nullable=False),
    sa.Column("task", sa.String, nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A student's standing: the report and the overrides, task by task, that stand above it."""

    student: str
    name: str
    report: Report
    overrides: dict[str, tuple[float, str]]

    def task_points(self) -> dict[str, float]:
        """Points by task, in the notebook's order, overrides applied."""
        return {t: self.overrides.get(t, (points, ""))[0] for t, points in self.report.task_points().items()}

    @property
    def points(self) -> float:
        return sum(self.task_points().values())


@dataclass(frozen=True, slots=True)
class Change:
    """One line of history: the points that a task had until `at` (UTC), and why they changed."""

    at: str
    student: str
    task: str
    points: float
    why: str


class Gradebook:
    """A database of marks.

    `url` is an SQLAlchemy URL (`postgresql+psycopg://...`; plain `postgresql://` is read as that) or a path
    to an SQLite file. Raises UserError when it cannot be opened.
    """

    def __init__(self, url: str | Path):
        place = address(str(url))
        try:
            self._engine = sa.create_engine(place)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _prepare_sqlite)
            self._create_tables()
        except (SQLAlchemyError, ImportError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise UserError(f"the gradebook {url} cannot be opened: {reason}") from None

    def _create_tables(self) -> None:
        """Make what is missing. On PostgreSQL two processes may come to an empty database at once: one waits."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            _tables.create_all(connection)

    def close(self) -> None:
        self._engine.dispose()

    def open_assignment(self, bundle: Bundle, seed: int | None = None) -> int:
        """Register a bundle and return the seed that all its submissions are graded with.

        The seed is drawn (or taken from `seed`) the first time and kept. Raises UserError when `seed`
        differs from the kept one.
        """
        exercise = bundle.exercise.id
        with self._engine.begin() as connection:
            kept = connection.scalar(
                sa.select(_assignments.c.seed).where(_assignments.c.exercise == exercise)
            )
            if kept is None:
                kept = secrets.randbelow(2**62) if seed is None else seed
                row = {"exercise": exercise, "seed": kept, "bundle": bundle.dumps()}
                kept = self._insert_or_read(connection, row)
            else:
                chosen = _assignments.c.exercise == exercise
                connection.execute(_assignments.update().where(chosen).values(bundle=bundle.dumps()))
        if seed is not None and seed != kept:
            raise UserError(
                f"{exercise} is already graded with seed {kept} in this gradebook; a new seed needs a new one"
            )
        return kept

    def _insert_or_read(self, connection: sa.Connection, row: dict[str, Any]) -> int:
        """The seed of a new assignment, or the one that another process wrote a moment ago."""
        try:
            with connection.begin_nested():
                connection.execute(_assignments.insert().values(row))
        except IntegrityError:
            query = sa.select(_assignments.c.seed).where(_assignments.c.exercise == row["exercise"])
            return int(connection.scalar(query) or 0)
        return int(row["seed"])

    def exercises(self) -> list[str]:
        with self._engine.connect() as connection:
            return list(
                connection.scalars(sa.select(_assignments.c.exercise).order_by(_assignments.c.exercise))
            )

    def bundle(self, exercise: str) -> Bundle:
        """The bundle last graded with. Raises UserError with the known exercises."""
        with self._engine.connect() as connection:
            query = sa.select(_assignments.c.bundle).where(_assignments.c.exercise == exercise)
            text = connection.scalar(query)
        if text is None:
            known = ", ".join(self.exercises()) or "nothing yet"
            raise UserError(f"the gradebook has no exercise {exercise!r}; it has {known}")
        return Bundle.loads(text)

    def result(self, key: str) -> Report | None:
        """The report under a key, None when it has to be made (again: an infrastructure fault is no
        result)."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_results).where(_results.c.key == key)).first()
            again = connection.scalar(sa.select(_again.c.key).where(_again.c.key == key))
        return (
            None
            if row is None or again or row.fault == "infrastructure"
            else Report.from_json(json.loads(row.report))
        )

    def report(self, exercise: str, student: str) -> Report | None:
        """The student's present report."""
        with self._engine.connect() as connection:
            return self._report_of(connection, exercise, student)

    def enter(
        self, student: str, name: str, digest: str, key: str, report: Report, why: str = "handed in again"
    ) -> None:
        """Write a result and make it the student's, in one transaction; the marks that it replaces go to
        history.

        An infrastructure fault never replaces a result that the student has.
        """
        with self._engine.begin() as connection:
            before = self._report_of(connection, report.exercise, student)
            if report.fault == "infrastructure" and before is not None and before.fault != "infrastructure":
                return
            self._write_result(connection, key, digest, report)
            if before is not None and before != report and before.fault != "infrastructure":
                self._remember(connection, student, before, report, why)
            row = {"exercise": report.exercise, "student": student, "name": name, "result": key}
            self._put(connection, _submissions, row)

    def forget(self, exercise: str, student: str) -> None:
        """Let the student's result be made again: the mark stays until the new one replaces it."""
        with self._engine.begin() as connection:
            mine = sa.select(_submissions.c.result).where(
                _submissions.c.exercise == exercise, _submissions.c.student == student
            )
            for key in list(connection.scalars(mine)):
                self._put(connection, _again, {"key": key})

    def override(self, exercise: str, student: str, task: str, points: float, reason: str) -> None:
        """Set a task's points by hand, above whatever is or will be graded.

        Raises UserError for an unknown student or task, points outside 0 to the task's
        points or an empty reason.
        """
        mark = next((mark for mark in self.marks(exercise) if mark.student == student), None)
        if mark is None:
            raise UserError(f"the gradebook has no {exercise} of {student!r}")
        most = self.bundle(exercise).exercise.task(task).points
        if not 0 <= points <= most:
            raise UserError(f"task {task} has 0 to {most:g} points, not {points:g}")
        if not reason.strip():
            raise UserError("an override needs a reason")
        with self._engine.begin() as connection:
            self._log(connection, exercise, student, task, mark.task_points()[task], f"override: {reason}")
            row = {"exercise": exercise, "student": student, "task": task, "points": points, "reason": reason}
            self._put(connection, _overrides, row)

    def marks(self, exercise: str) -> Iterator[Mark]:
        """Every student's mark, by student, read one at a time."""
        overrides: dict[str, dict[str, tuple[float, str]]] = {}
        with self._engine.connect() as connection:
            chosen = _overrides.c.exercise == exercise
            for row in connection.execute(sa.select(_overrides).where(chosen)):
                overrides.setdefault(row.student, {})[row.task] = (row.points, row.reason)
            query = (
                sa.select(_submissions.c.student, _submissions.c.name, _results.c.report)
                .join(_results, _results.c.key == _submissions.c.result)
                .where(_submissions.c.exercise == exercise)
                .order_by(_submissions.c.student)
            )
            for row in connection.execution_options(yield_per=50).execute(query):
                report = Report.from_json(json.loads(row.report))
                yield Mark(row.student, row.name, report, overrides.get(row.student, {}))

    def history(self, exercise: str) -> list[Change]:
        """What marks were before they changed, oldest first."""
        query = sa.select(_history).where(_history.c.exercise == exercise).order_by(_history.c.id)
        with self._engine.connect() as connection:
            return [Change(r.at, r.student, r.task, r.points, r.why) for r in connection.execute(query)]

    def _report_of(self, connection: sa.Connection, exercise: str, student: str) -> Report | None:
        query = (
            sa.select(_results.c.report)
            .join(_submissions, _submissions.c.result == _results.c.key)
            .where(_submissions.c.exercise == exercise, _submissions.c.student == student)
        )
        text = connection.scalar(query)
        return None if text is None else Report.from_json(json.loads(text))

    def _write_result(self, connection: sa.Connection, key: str, digest: str, report: Report) -> None:
        row = {
            "key": key,
            "exercise": report.exercise,
            "digest": digest,
            "fault": report.fault,
            "report": json.dumps(report.to_json()),
        }
        self._put(connection, _results, row)
        connection.execute(_again.delete().where(_again.c.key == key))

    def _remember(self, connection: sa.Connection, student: str, old: Report, new: Report, why: str) -> None:
        after = new.task_points()
        for task, points in old.task_points().items():
            if after.get(task) != points:
                self._log(connection, old.exercise, student, task, points, why)

    def _log(
        self, connection: sa.Connection, exercise: str, student: str, task: str, points: float, why: str
    ) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = {
            "at": now,
            "exercise": exercise,
            "student": student,
            "task": task,
            "points": points,
            "why": why,
        }
        connection.execute(_history.insert().values(row))

    def _put(self, connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
        """Insert, or replace the row with the same primary key."""
        same = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
        if connection.execute(table.update().where(same).values(row)).rowcount == 0:
            connection.execute(table.insert().values(row))


def result_key(digest: str, bundle: Bundle, environment: str, task: str = "") -> str:
    """SHA-256 of everything that a result depends on; `task` is set for a regrade of that task alone."""
    return hashlib.sha256("\n".join((digest, bundle.seal, environment, task)).encode()).hexdigest()


def address(url: str) -> str:
    """The SQLAlchemy URL of a gradebook that is named by its file or by a URL."""
    if "://" not in url:
        Path(url).parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{url}"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Write-ahead logging, so that readers never wait for the writer; and every commit reaches the disk."""
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
