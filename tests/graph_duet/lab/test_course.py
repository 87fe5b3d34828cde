"""The course as the panel shows it, the shipped text again, and the learner's own line in a traceback."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import pytest
from IPython.core.error import UsageError
from typer.testing import CliRunner

from graph_duet import workspace
from graph_duet.cli import app
from graph_duet.grading import progress
from graph_duet.grading.exercise import notebooks
from graph_duet.grading.judging.learner_line import learner_line
from graph_duet.grading.report import CheckResult, Report
from graph_duet.lab.course import course, newer_files, parts
from graph_duet.lab.magics import this_notebook
from graph_duet.lab.reset import reset
from graphviz_tools import language
from graphviz_tools.errors import UserError

L01 = "lessons/L01_define_by_run/exercise.ipynb"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUET_PROGRESS", str(tmp_path / "progress.sqlite"))
    workspace.fill(tmp_path / "mine")
    return tmp_path / "mine"


def edit(path: Path, cell: str, source: str) -> None:
    notebook = json.loads(path.read_text())
    next(c for c in notebook["cells"] if c["id"] == cell)["source"] = source
    path.write_text(json.dumps(notebook))


def source(path: Path, cell: str) -> str:
    return next(c.source for c in notebooks.read(path).cells if c.id == cell)


def test_the_course_has_every_lesson_and_lab_with_files_that_exist(home: Path) -> None:
    ids = [part.id for part in parts()]
    assert ids[:3] == ["L00", "L01", "L02"] and "G02" in ids
    for part in parts():
        assert part.minutes > 0
        for name in filter(None, (part.lesson, part.exercise)):
            assert (home / name).is_file()


def test_points_in_the_course_are_those_of_the_exercise_title(home: Path) -> None:
    for part in parts():
        if part.exercise and part.lesson:
            assert f"{part.possible:g} points" in notebooks.read(home / part.exercise).cells[0].source


def test_the_next_part_is_what_was_begun_and_is_not_done(home: Path) -> None:
    assert course(home).next == "L00"
    progress.record(Report("L02", (CheckResult("1", "c", 0.0, 2.0),)), "The tape")
    assert course(home).next == "L02"
    progress.record(Report("L02", (CheckResult("1", "c", 2.0, 2.0),)), "The tape")
    found = course(home)
    assert found.next == "L01"
    assert next(entry.done for entry in found.entries if entry.part.id == "L02")


def test_a_newer_version_of_a_changed_lesson_is_reported(home: Path) -> None:
    assert not newer_files(home)
    edit(home / L01, "answer-1", "mine")
    assert not newer_files(home)
    shipped = workspace.read_manifest(home)
    workspace.write_manifest(home, shipped | {L01: "the hash of an older version"})
    assert newer_files(home) == {L01}


def test_one_task_is_reset_and_the_learners_text_is_kept(home: Path) -> None:
    before = source(home / L01, "answer-3")
    edit(home / L01, "answer-3", "mine = 3")
    edit(home / L01, "answer-4", "mine = 4")
    backup = reset(home, home / L01, "3")
    assert source(home / L01, "answer-3") == before
    assert source(home / L01, "answer-4") == "mine = 4"
    assert source(backup, "answer-3") == "mine = 3"
    assert reset(home, home / L01).is_file()
    assert source(home / L01, "answer-4") != "mine = 4"


def test_a_reset_that_cannot_be_done_changes_nothing(home: Path) -> None:
    before = (home / L01).read_bytes()
    with pytest.raises(UserError, match="no task '99'"):
        reset(home, home / L01, "99")
    assert (home / L01).read_bytes() == before


def test_the_deepest_line_of_a_cell_is_the_learners_own() -> None:
    traceback = [
        "\x1b[31mAttributeError\x1b[39m  Traceback (most recent call last)",
        "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39mIn[5], line 2\n      1 first\n----> \x1b[32m2\x1b[39m show(twin(x))",
        "Cell In[4], line 3, in twin(x)\n      2 y = x\n----> 3 return y.nothing()\n",
        "File /lib/torch/tensor.py:9, in __getattr__()\n----> 9 raise AttributeError",
    ]
    error = {"output_type": "error", "traceback": traceback}
    assert learner_line([error]) == "line 3: return y.nothing()"
    head = "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[1]\x1b[39m\x1b[32m, line 3\x1b[39m"
    syntax = [f"  {head}\n    mistake(\n            ^\n"]
    assert learner_line([error | {"traceback": syntax}]) == "line 3: mistake("
    assert learner_line([{"output_type": "stream", "text": "----> 3 x"}]) == ""


def test_the_magic_finds_the_notebook_that_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir((home / L01).parent)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert this_notebook({}) == Path("exercise.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", L01)
    assert this_notebook({}) == Path("exercise.ipynb")
    assert this_notebook({"__vsc_ipynb_file__": str(home / L01)}) == home / L01


def test_on_colab_the_magic_checks_the_notebook_that_the_browser_has(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir((home / L01).parent)
    shown = {"ipynb": json.loads((home / L01).read_text()) | {"metadata": {"from": "the browser"}}}
    message = types.SimpleNamespace(blocking_request=lambda name, timeout_sec: {"get_ipynb": shown}[name])
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab._message", message)
    assert notebooks.read(this_notebook({})).metadata == {"from": "the browser"}
    monkeypatch.setattr(message, "blocking_request", lambda name, timeout_sec: None)
    with pytest.raises(UsageError, match="Colab did not give its notebook"):
        this_notebook({})


def test_duet_progress_lists_the_whole_course_tried_or_not(home: Path) -> None:
    progress.record(Report("L02", (CheckResult("1", "c", 2.0, 2.0),)), "The tape")
    said = CliRunner().invoke(app, ["progress"], env={"COLUMNS": "120"}).output
    assert all(part.id in said for part in parts())
    possible = next(part.possible for part in parts() if part.id == "L02")
    assert "✓ L02" in said and f"2 of {possible:g}" in said


@pytest.mark.parametrize("command", ["progress", "links"])
def test_every_word_of_a_list_of_the_course_is_translated_but_its_titles(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Titles of columns and of the table, too. Lessons have their own PO files."""
    progress.record(Report("L02", (CheckResult("1", "c", 2.0, 2.0),)), "The tape")
    monkeypatch.setattr(language, "_catalogue", language._Pseudo())
    said = CliRunner().invoke(app, [command], env={"COLUMNS": "250"}).output
    said = re.sub(r"\]\(\S+\)", "", said.replace(str(progress.store()), ""))
    titles = {word for part in parts() for word in re.findall("[A-Za-z]{2,}", part.title)}
    assert set(re.findall("[A-Za-z]{2,}", said)) - titles <= {"Colab", "Binder"}
    assert re.search("[áéíóñ]", said)
