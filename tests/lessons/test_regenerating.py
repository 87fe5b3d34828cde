"""`make lessons` runs what people wrote and makes the rest from it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from graph_duet import grading
from tools import execute_notebooks

ROOT = Path(__file__).resolve().parents[2]


def test_with_nothing_named_the_whole_course_is_run() -> None:
    made = [*ROOT.glob("lessons/L*/exercise.ipynb"), *ROOT.glob("gpu_labs/G*/exercise.ipynb")]
    lessons = [*ROOT.glob("lessons/L*/lesson.ipynb")]
    assert set(execute_notebooks.course()) == {path.with_name("master.ipynb") for path in made} | set(lessons)


def test_a_master_is_released_once_it_has_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, str]] = []
    monkeypatch.setattr(execute_notebooks, "execute", lambda path, _: done.append(("run", path.name)))
    monkeypatch.setattr(grading, "release", lambda path: done.append(("release", path.name)))
    for name in ("lesson.ipynb", "master.ipynb"):
        nbformat.write(nbformat.v4.new_notebook(), tmp_path / name)
        assert execute_notebooks.runs(tmp_path / name, timeout=1)
    assert done == [("run", "lesson.ipynb"), ("run", "master.ipynb"), ("release", "master.ipynb")]


def test_a_master_that_cannot_be_released_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(execute_notebooks, "execute", lambda path, _: None)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "master.ipynb")
    assert not execute_notebooks.runs(tmp_path / "master.ipynb", timeout=1)
    assert "master.ipynb" in capsys.readouterr().err
