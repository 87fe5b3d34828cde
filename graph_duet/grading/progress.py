"""What a learner has done: a small local store that survives restarts, and nothing that leaves the
machine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from graph_duet.grading.report import Report
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    exercise TEXT NOT NULL, title TEXT NOT NULL, task TEXT NOT NULL,
    points REAL NOT NULL, possible REAL NOT NULL, at TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A learner's best at one exercise: points of the checks that a learner sees, tries, and the last day."""

    exercise: str
    title: str
    points: float
    possible: float
    tries: int
    last: str

    @property
    def done(self) -> bool:
        return self.points >= self.possible


def store() -> Path:
    """Where progress is kept: `DUET_PROGRESS`, else a file in Jupyter's data folder."""
    named = os.environ.get("DUET_PROGRESS")
    return Path(named) if named else Path(jupyter_data_dir()) / "graph-duet" / "progress.sqlite"


def record(report: Report, title: str) -> None:
    """Remember a run of `duet check`. Raises UserError when the store cannot be written."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    tasks = dict.fromkeys(check.task for check in report.checks)
    with _connection() as connection:
        for task in tasks:
            earned = sum(check.points for check in report.task(task))
            possible = sum(check.possible for check in report.task(task))
            row = (report.exercise, title, task, earned, possible, now)
            connection.execute("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?)", row)


def failed_tries(exercise: str, task: str) -> int:
    """How often the task was tried and not solved: that many hints are shown."""
    with _connection() as connection:
        query = "SELECT count(*) FROM attempts WHERE exercise = ? AND task = ? AND points < possible"
        return int(connection.execute(query, (exercise, task)).fetchone()[0])


def standings() -> list[Standing]:
    """One line an exercise that was tried, by id. A task counts with its best try."""
    query = """
        SELECT exercise, max(title), sum(best), sum(possible), max(tries), max(last) FROM (
            SELECT exercise, title, task, max(points) AS best, max(possible) AS possible,
                   count(*) AS tries, max(at) AS last
            FROM attempts GROUP BY exercise, task
        ) GROUP BY exercise ORDER BY exercise
    """
    with _connection() as connection:
        return [Standing(*row, last=last[:10]) for *row, last in connection.execute(query)]


@contextmanager
def _connection() -> Iterator[sqlite3.Connection]:
    path = store()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=10)
        connection.execute(_SCHEMA)
    except (sqlite3.Error, OSError) as error:
        raise UserError(
            _(
                "progress cannot be kept in {path}: {error}; name another file in DUET_PROGRESS",
                path=path,
                error=error,
            )
        ) from None
    try:
        with connection:
            yield connection
    finally:
        connection.close()
