"""A learner's own run: `duet check`, and plain `pytest --nbval` beside it."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from graph_duet import grading
from graph_duet.cli import app
from graph_duet.commands import checking
from graph_duet.grading import Bundle, exercise_notebook, fill, progress, self_check, solved
from graph_duet.grading.exercise.predictions import OPEN, compare
from graph_duet.grading.judging import trial
from graph_duet.grading.judging.judge import Outcome
from graph_duet.grading.report import CHECK_FAULTS, CheckResult, Report
from graph_duet.lab import magics
from graph_duet.lab.verdicts import verdicts
from graphviz_tools import language
from graphviz_tools.errors import UserError


@pytest.fixture
def course(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one exercise, and a learner's folder."""
    released = tmp_path / "course" / "exercise.ipynb"
    released.parent.mkdir()
    nbformat.write(exercise_notebook(bundle), released)
    monkeypatch.setattr(self_check, "course_exercises", lambda: iter([released]))
    monkeypatch.setenv("DUET_PROGRESS", str(tmp_path / "progress.sqlite"))
    return tmp_path


def test_the_unsolved_exercise_scores_nothing_and_the_solution_all(bundle: Bundle, course: Path) -> None:
    for notebook, points in ((exercise_notebook(bundle), 0), (solved(bundle), 6)):
        nbformat.write(notebook, course / "mine.ipynb")
        run = grading.check(course / "mine.ipynb")
        assert (run.report.points, run.report.possible) == (points, 6)
        assert {c.fault for c in run.report.checks} == ({""} if points else {"empty"})


def test_an_exercise_saved_with_an_old_import_still_checks(bundle: Bundle, course: Path) -> None:
    """The given cells come from the course; an answer that imports `show` gets the present place."""
    old = copy.deepcopy(solved(bundle))
    packages = {"relu": "duet", "predict": "grading", "serve": "grading.values"}
    for cell in old.cells:
        cell.source = cell.source.replace("from graph_duet import show", "from duet import show")
        if cell.id in packages:
            cell.source = f"from {packages[cell.id]} import show\n{cell.source}"
    nbformat.write(old, course / "mine.ipynb")
    assert grading.check(course / "mine.ipynb").report.points == 6


def test_what_is_not_yet_right_comes_with_the_next_hint(
    bundle: Bundle, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat.write(
        fill(exercise_notebook(bundle), {"1": "return x", "2": "nodes = {}"}), course / "mine.ipynb"
    )
    once = grading.check(course / "mine.ipynb")
    monkeypatch.setattr(grading, "check", lambda _: once)
    said = [CliRunner().invoke(app, ["check", str(course / "mine.ipynb")]).output for _ in range(3)]
    assert "Hint 1 for task 1: What is max(x, 0)?" in said[0]
    assert "Hint 2 for task 1: np.where" in said[1]
    assert "Hint 2 for task 1: np.where" in said[2]
    (standing,) = progress.standings()
    assert (standing.exercise, standing.points, standing.possible, standing.tries) == ("T01", 0, 6, 3)
    assert "0 of 6" in CliRunner().invoke(app, ["progress"]).output


def test_a_prediction_is_written_down_and_no_verdict_is_shipped(bundle: Bundle, course: Path) -> None:
    """A hash in the learner's file would fall in seconds: few numbers are likely."""
    for nodes in ('{"add": 1, "mul": 2}', '{"add": 9, "mul": 9}'):
        nbformat.write(fill(exercise_notebook(bundle), {"2": f"nodes = {nodes}"}), course / "mine.ipynb")
        said = CliRunner().invoke(app, ["check", str(course / "mine.ipynb")]).output
        assert "its points come when the" in said
        assert "4 more points come from predictions and hidden checks" in said
    assert exercise_notebook(bundle).metadata.duet.release.sealed == ["predict-check"]


WATCH = """seen = {'add': 1}
compare(nodes, seen | {'mul': 2})
compare(others, {'div': 3})"""


@pytest.fixture
def watched(course: Path) -> Path:
    """The course's exercise with a cell that watches what was predicted in task 2."""
    path = course / "course" / "exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["imports"].source += "\nfrom graph_duet import compare"
    watch = nbformat.v4.new_code_cell(WATCH, id="watch", metadata={"duet": {"kind": "look"}})
    notebook.cells.insert(notebook.cells.index(cells["predict-check"]) + 1, watch)
    nbformat.write(notebook, path)
    return path


@pytest.mark.parametrize(
    ("nodes", "points", "fault", "said"),
    [
        ('{"add": 1, "mul": 2}', 1, "", ""),
        ('{"add": 1, "mul": 9}', 0, "wrong", "1 of 2 happened as you predicted"),
        ('{"add": 1, "mul": None}', 0, "empty", "still open: mul"),
    ],
)
def test_a_watched_prediction_is_judged_by_what_happens(
    watched: Path, course: Path, nodes: str, points: float, fault: str, said: str
) -> None:
    """How many entries were right is said, not which; the learner's file still holds no right prediction."""
    mine = fill(nbformat.read(watched, as_version=4), {"2": f"nodes = {nodes}"})
    nbformat.write(mine, course / "mine.ipynb")
    run = grading.check(course / "mine.ipynb")
    (check,) = run.report.task("2")
    assert (check.points, check.possible, check.fault, check.got) == (
        points,
        1,
        fault,
        check.got if points else "",
    )
    assert said in check.message and "add" not in check.message
    assert run.hidden == {"1": 3} and not run.report.notes


def test_a_task_has_one_row_with_its_failed_checks_below_it(
    bundle: Bundle, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = (
        CheckResult("1", "a", 2, 2),
        CheckResult("1", "b", 0, 1, fault="wrong", expects="a slope"),
        CheckResult("1", "c", 0, 1, fault="error", message="NameError: [b]"),
        CheckResult("2", "d", 0, 2, fault="empty"),
        CheckResult("2", "e", 0, 1, fault="empty"),
        CheckResult("3", "f", 4, 4),
    )
    run = self_check.OwnRun(bundle.exercise, Report("T01", checks), {}, {})
    monkeypatch.setattr(grading, "check", lambda _: run)
    said = CliRunner().invoke(app, ["check", "mine.ipynb"], env={"COLUMNS": "100"}).output
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if "│" in line]
    assert rows == [
        ["✗ 1 ReLU", "2 of 4", "another value was expected: a slope"],
        ["", "", "the code raised an error: NameError: [b]"],
        ["✗ 2 Predict the nodes", "0 of 3", "not answered yet"],
        ["✓ 3 Serve", "4 of 4", "right"],
    ]


def test_an_error_in_an_answer_is_reported_in_pythons_words(bundle: Bundle, course: Path) -> None:
    notebook = fill(exercise_notebook(bundle), {"1": "return undefined"})
    nbformat.write(notebook, course / "mine.ipynb")
    report = grading.check(course / "mine.ipynb").report
    assert (report.checks[0].fault, report.checks[0].message) == (
        "error",
        "NameError: name 'undefined' is not defined",
    )


def test_given_cells_that_run_out_of_time_are_not_the_learners_mistake(
    bundle: Bundle, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Outcome(0, "given", "", "", "timeout", "", [])
    monkeypatch.setattr(trial, "judge", lambda *_: [late])
    nbformat.write(solved(bundle), course / "mine.ipynb")
    with pytest.raises(UserError, match="this machine is too busy"):
        grading.check(course / "mine.ipynb")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("not json", "mine.ipynb: the file is not JSON, so not a notebook"),
        ("", "mine.ipynb: the file is empty"),
        ('{"nbformat": 4, "cells": [], "metadata": {}}', "mine.ipynb is not an exercise of this course"),
        (
            '{"nbformat": 4, "cells": [], "metadata": {"duet": {"exercise": "L99"}}}',
            "'L99', which is not installed; known are T01",
        ),
    ],
)
def test_a_non_exercise_gives_one_clear_sentence(course: Path, content: str, sentence: str) -> None:
    (course / "mine.ipynb").write_text(content)
    with pytest.raises(UserError, match=sentence):
        grading.check(course / "mine.ipynb")


def test_a_missing_file_gives_one_sentence(course: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        grading.check(course / "nowhere.ipynb")


def test_plain_nbval_judges_the_released_notebook_as_check_does(bundle: Bundle, course: Path) -> None:
    """The solution passes, the unsolved exercise fails, with nothing of ours loaded."""
    nbformat.write(solved(bundle), course / "right.ipynb")
    nbformat.write(exercise_notebook(bundle), course / "unsolved.ipynb")
    both = ("right.ipynb", "unsolved.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "--nbval", "--nbval-current-env", *both]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout[-2000:]
    failed = {line.split("::")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert failed == {"FAILED unsolved.ipynb"}, done.stdout[-2000:]


def test_what_a_check_says_is_in_the_readers_language(
    bundle: Bundle, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the table, of `%duet check` and of a watched prediction no word stays English but the exercise's own."""
    monkeypatch.setattr(language, "_catalogue", language._Pseudo())
    checks = (CheckResult("1", "a", 2, 2), CheckResult("2", "d", 0, 1, fault="wrong", got="5", expects="6"))
    checks += (CheckResult("3", "e", 0, 4, fault="empty", message="9"),)
    run = self_check.OwnRun(bundle.exercise, Report("T01", checks), {"2": ("7",)}, {})
    monkeypatch.setattr("graph_duet.grading.report.CHECK_FAULTS", dict.fromkeys(CHECK_FAULTS, "8"))
    table = checking._own_table(run)
    columns = [str(column.header) for column in table.columns] + [
        c for column in table.columns for c in column._cells
    ]
    print(table.title, *columns)
    print(magics.text(verdicts(run)))
    compare({"1": 2}, {"1": 3})
    compare({"1": None}, {"1": 3})
    said = capsys.readouterr().out
    for own in (OPEN, bundle.exercise.title, *(task.title for task in bundle.exercise.tasks)):
        said = said.replace(own, "")
    assert re.findall(r"(?<!\[)\b[A-Za-z]{2,}\b(?!\])", said) == [], said


@pytest.mark.parametrize("said", ["soon", "-1", "0", "nan", "inf"])
def test_a_start_time_that_is_not_one_is_named(
    said: str, bundle: Bundle, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat.write(solved(bundle), course / "mine.ipynb")
    monkeypatch.setenv("DUET_START_SECONDS", said)
    with pytest.raises(UserError, match=f"DUET_START_SECONDS is '{said}': it has to be a number of seconds"):
        grading.check(course / "mine.ipynb")


@pytest.mark.parametrize("named", ["file/progress.sqlite", "file", "."])
def test_a_place_that_cannot_hold_progress_is_named(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a database, and long enough to be read as one")
    monkeypatch.setenv("DUET_PROGRESS", str(tmp_path / named))
    with pytest.raises(UserError, match=r"progress cannot be kept in .*; name another file in DUET_PROGRESS"):
        progress.standings()
