"""A verdict repeats: whatever happens to the grader, its machine or its gradebook is never a student's loss."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from graph_duet.grading import Bundle, Conditions, Grader, exercise_notebook, fill, solved
from graph_duet.grading.classroom import database
from graph_duet.grading.classroom.grade import Graded, Summary, grade_class
from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.submissions import collect
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.conftest import LIGHT
from tests.graph_duet.grading.crashing import grade_folder
from tests.graph_duet.grading.hostile import dumps
from tests.graph_duet.grading.postgres import running_postgres
from tests.graph_duet.grading.test_crash import CONTEXT, content, hand_in
from tests.graph_duet.grading.test_gradebook import enter, report

sandboxed = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")


def grade_slow_answer(bundle: str, started: str, points: Any) -> None:
    """Grade, without a sandbox, an answer that says that it has begun and takes a second."""
    answer = f"import pathlib, time; pathlib.Path({started!r}).touch(); time.sleep(1); return 2 * x"
    loaded = Bundle.loads(bundle)
    notebook = fill(exercise_notebook(loaded), {"1": answer})
    points.put(Grader(loaded, 5, Conditions(sandbox=False)).grade(notebook).points)


def test_time_in_which_the_grader_was_stopped_does_not_count(tiny_bundle: Bundle, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    points, started = context.Queue(), tmp_path / "started"
    process = context.Process(target=grade_slow_answer, args=(tiny_bundle.dumps(), str(started), points))
    process.start()
    while not started.exists():
        assert process.is_alive()
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(tiny_bundle.exercise.cell_seconds + 0.5)
    os.kill(process.pid, signal.SIGCONT)
    assert points.get(timeout=300) == 1
    process.join()


@sandboxed
def test_what_reaches_a_time_limit_is_run_once_more_alone_and_reported(
    tiny_bundle: Bundle, tmp_path: Path
) -> None:
    endless, solution = fill(exercise_notebook(tiny_bundle), {"1": "while True: pass"}), solved(tiny_bundle)
    (tmp_path / "ann.ipynb").write_bytes(dumps(endless))
    (tmp_path / "bob.ipynb").write_bytes(dumps(solution))
    book = Gradebook(tmp_path / "book.sqlite")
    done: list[str] = []
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address="") as client:

        def grade(best: bool = False) -> Summary:
            def note(graded: Graded) -> None:
                done.append(graded.student)

            return grade_class(collect(tmp_path), tiny_bundle, book, LIGHT, client, on_done=note, best=best)

        summary = grade()
        assert (summary.graded, summary.twice, done) == (2, 1, ["bob", "ann"])
        ann = book.mark("T00", "ann")
        assert ann.report.checks[0].fault == "timeout"
        assert "it reached a time limit and was run once more, alone" in ann.report.notes
        again = grade()
        assert (again.known, again.twice) == (2, 0)
        # `duet grade --again bob`
        book.forget("T00", "bob")
        assert book.mark("T00", "bob").points == 1
        once = grade()
        assert (once.graded, once.known) == (1, 1)
        # Better attempts replace a mark, worse ones do not.
        (tmp_path / "bob.ipynb").write_bytes(dumps(exercise_notebook(tiny_bundle)))
        (tmp_path / "ann.ipynb").write_bytes(dumps(solution))
        grade(best=True)
    assert [mark.points for mark in book.marks("T00")] == [1, 1]


@pytest.mark.postgres
def test_two_runs_at_once_on_an_empty_postgresql_fill_it_as_one_does(bundle: Bundle, tmp_path: Path) -> None:
    import psycopg

    file = bundle.save(tmp_path / "exercise.bundle.json")
    hand_in(bundle, tmp_path / "in", 12)
    with running_postgres() as url:
        for name in ("one", "two"):
            with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
        assert run_at_once(1, file, tmp_path / "in", f"{url}/one") == [0]
        assert run_at_once(2, file, tmp_path / "in", f"{url}/two") == [0, 0]
        assert content(f"{url}/two") == content(f"{url}/one")


def test_two_runs_at_once_on_one_new_file_fill_it_as_one_does(bundle: Bundle, tmp_path: Path) -> None:
    file = bundle.save(tmp_path / "exercise.bundle.json")
    hand_in(bundle, tmp_path / "in", 12)
    one, two = str(tmp_path / "one.sqlite"), str(tmp_path / "two.sqlite")
    assert run_at_once(1, file, tmp_path / "in", one) == [0]
    assert run_at_once(2, file, tmp_path / "in", two) == [0, 0]
    assert content(two) == content(one)


def run_at_once(number: int, bundle: Path, folder: Path, book: str) -> list[int | None]:
    """Exit codes of several runs that were started together."""
    runs = [CONTEXT.Process(target=grade_folder, args=(bundle, folder, book, True)) for _ in range(number)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    return [run.exitcode for run in runs]


def test_a_locked_gradebook_is_one_sentence_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, "PRAGMA busy_timeout=50")
    book = Gradebook(tmp_path / "book.sqlite")
    enter(book, "ann", report())
    other = sqlite3.connect(tmp_path / "book.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(
        UserError, match=r"cannot be written: database is locked\. What it has is kept"
    ) as raised:
        enter(book, "bob", report(), "d2")
    assert "\n" not in str(raised.value)
    assert [mark.student for mark in book.marks("T01")] == ["ann"]  # who reads does not wait
    other.execute("ROLLBACK")
    enter(book, "bob", report(), "d2")
    assert [mark.points for mark in book.marks("T01")] == [6, 6]


def test_a_full_disk_is_one_sentence_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Gradebook(tmp_path / "book.sqlite")
    enter(book, "ann", report())
    book.close()
    impatient(monkeypatch, "PRAGMA max_page_count=1")
    full = Gradebook(tmp_path / "book.sqlite")
    with pytest.raises(UserError, match="cannot be written: database or disk is full"):
        for number in range(200):
            enter(full, f"bob{number}", report(), f"d{number}")
    assert next(full.marks("T01")).points == 6
    full.close()


def test_a_file_that_is_not_a_gradebook_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "book.sqlite").write_text("this is a letter, not a database" * 200)
    with pytest.raises(UserError, match="cannot be opened: file is not a database"):
        Gradebook(tmp_path / "book.sqlite")


def impatient(monkeypatch: pytest.MonkeyPatch, pragma: str) -> None:
    """Every SQLite connection made from now on begins with this as well."""
    usual = database.prepare_sqlite

    def prepare(connection: Any, record: object) -> None:
        usual(connection, record)
        connection.execute(pragma)

    monkeypatch.setattr(database, "prepare_sqlite", prepare)


@sandboxed
def test_a_locale_without_letters_loses_no_name_and_no_mark(tiny_bundle: Bundle, tmp_path: Path) -> None:
    tiny_bundle.save(tmp_path / "exercise.bundle.json")
    (tmp_path / "in").mkdir()
    for name in ("Zo\u00eb", "\u540d\u524d"):
        notebook = fill(exercise_notebook(tiny_bundle), {"1": "print('\u00e9\u2713'); return 2 * x"})
        (tmp_path / "in" / f"{name}.ipynb").write_bytes(dumps(notebook))
    commands = [
        ["grade", "in", "-a", "exercise.bundle.json", "--workers", "1"],
        ["override", "T00", "Zo\u00eb", "1", "1", "--reason", "s\u00ed"],
        ["export", "T00", "--to", "marks.csv"],
        ["feedback", "T00", "--to", "feedback"],
    ]
    words = "\n".join(" ".join([*command, "-g", "book.sqlite"]) for command in commands)
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH],
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "WORDS": words},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 graded now" in done.stdout
    assert {mark.student for mark in Gradebook(tmp_path / "book.sqlite").marks("T00")} == {
        "Zo\u00eb",
        "\u540d\u524d",
    }
    assert "Zo\u00eb" in (tmp_path / "marks.csv").read_text("utf-8")


# One process for all: it would take seconds to import the program for each.
RUN_EACH = """
import os, sys
from graph_duet.cli import main
for line in os.environ["WORDS"].split(chr(10)) if __name__ == "__main__" else []:
    sys.argv = ["duet", *line.split()]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""
