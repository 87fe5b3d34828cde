"""Marks are not lost, doubled or turned into 0, and what they were before is kept."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph_duet.grading import Bundle, CheckResult, Report
from graph_duet.grading.classroom import database
from graph_duet.grading.classroom.gradebook import Entry, Gradebook, result_key
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.postgres import running_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gradebook]:
    if request.param == "sqlite":
        made = Gradebook(tmp_path / "book.sqlite")
    else:
        made = Gradebook(request.getfixturevalue("postgres_url"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> str:
    """A database of its own for each test."""
    import psycopg

    name = re.sub(r"\W", "_", request.node.name)[:60]
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"{postgres_server}/{name}"


def report(first: float = 2, second: float = 3, fault: str = "") -> Report:
    checks = (
        CheckResult("1", "relu-seen", first, 2),
        CheckResult("1", "relu-hidden", second, 3, hidden=True),
    )
    return Report("T01", (*checks, CheckResult("2", "predict-check", 1, 1)), fault=fault)


def enter(book: Gradebook, student: str, what: Report, digest: str = "d1") -> None:
    book.enter(Entry(student, f"{student}.ipynb", digest, f"{digest}-key", what))


def test_a_report_is_read_back_as_it_was_written(book: Gradebook) -> None:
    odd = replace(report(), message="é\ufffd \"quoted\" 'x'; DROP TABLE results; --", notes=("a", "b"))
    enter(book, "Ann O'Neil", odd)
    (mark,) = book.marks("T01")
    assert (mark.student, mark.report, mark.points) == ("Ann O'Neil", odd, 6)


def test_entering_twice_doubles_nothing_and_leaves_no_history(book: Gradebook) -> None:
    for _ in range(2):
        enter(book, "ann", report())
    assert len(list(book.marks("T01"))) == 1
    assert book.history("T01") == []


def test_two_students_with_the_same_file_share_a_result_and_have_a_mark_each(book: Gradebook) -> None:
    enter(book, "ann", report())
    enter(book, "bob", report())
    assert [(m.student, m.points) for m in book.marks("T01")] == [("ann", 6), ("bob", 6)]


def test_an_infrastructure_fault_never_replaces_a_mark_and_is_not_a_result(book: Gradebook) -> None:
    broken = report(0, 0, fault="infrastructure")
    enter(book, "ann", report())
    enter(book, "ann", broken, digest="d2")
    enter(book, "bob", broken, digest="d3")
    assert [(m.student, m.report.fault) for m in book.marks("T01")] == [
        ("ann", ""),
        ("bob", "infrastructure"),
    ]
    assert book.result("d3-key") is None
    enter(book, "bob", report(), digest="d3")
    assert [m.points for m in book.marks("T01")] == [6, 6]


def test_what_a_mark_was_before_is_in_the_history(book: Gradebook) -> None:
    enter(book, "ann", report())
    enter(book, "ann", report(0, 0), digest="d2")
    assert [(c.student, c.task, c.points, c.why) for c in book.history("T01")] == [
        ("ann", "1", 5, "handed in again")
    ]


def test_an_override_stands_above_later_grading(book: Gradebook, bundle: Bundle) -> None:
    book.open_assignment(bundle)
    enter(book, "ann", report(0, 0))
    book.override("T01", "ann", "1", 4.5, "explained it at the board")
    enter(book, "ann", report(2, 0), digest="d2")
    (mark,) = book.marks("T01")
    assert (mark.points, mark.overrides) == (5.5, {"1": (4.5, "explained it at the board")})
    assert book.history("T01")[0].why == "override: explained it at the board"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("T01", "ann", "1", 6, "r"), "0 to 5 points"),
        (("T01", "ann", "1", 1, " "), "needs a reason"),
        (("T01", "eve", "1", 1, "r"), "no T01 of 'eve'"),
        (("T01", "ann", "9", 1, "r"), "no task '9'"),
    ],
)
def test_a_wrong_override_gives_one_sentence(tmp_path: Path, bundle: Bundle, change, sentence: str) -> None:
    book = Gradebook(tmp_path / "book.sqlite")
    book.open_assignment(bundle)
    enter(book, "ann", report())
    with pytest.raises(UserError, match=sentence):
        book.override(*change)


def test_an_assignment_keeps_its_seed(book: Gradebook, bundle: Bundle) -> None:
    seed = book.open_assignment(bundle)
    assert book.open_assignment(bundle) == seed
    with pytest.raises(UserError, match=f"already graded with seed {seed}"):
        book.open_assignment(bundle, seed + 1)
    assert book.bundle("T01").checksum == bundle.checksum


def test_a_result_depends_on_submission_bundle_environment_and_task(bundle: Bundle) -> None:
    keys = {
        result_key("a", bundle, "e"),
        result_key("b", bundle, "e"),
        result_key("a", bundle, "f"),
        result_key("a", bundle, "e", "1"),
    }
    assert len(keys) == 4


@pytest.mark.parametrize("url", ["mysql://nowhere", "nonsense://x", "/proc/no/book.sqlite"])
def test_a_gradebook_that_cannot_be_opened_gives_one_sentence(url: str) -> None:
    with pytest.raises((ValueError, OSError)) as raised:
        Gradebook(url)
    assert "\n" not in str(raised.value)


class Refusing(sqlite3.Connection):
    """A connection to which SQLite says twice, as to one of two processes, that the file is locked, without waiting."""

    refusals = 2
    words = "database is locked"

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if "journal_mode" in statement and self.refusals:
            self.refusals -= 1
            raise sqlite3.OperationalError(self.words)
        return super().execute(statement, *parameters)


def test_a_new_gradebook_that_two_processes_open_at_once_is_waited_for(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "book.sqlite", factory=Refusing)
    database.prepare_sqlite(connection, None)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_will_not_pass_is_not_waited_for(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "book.sqlite", factory=Refusing)
    connection.words = "disk I/O error"
    with pytest.raises(sqlite3.OperationalError, match="disk"):
        database.prepare_sqlite(connection, None)
