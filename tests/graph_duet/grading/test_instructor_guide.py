"""The instructor guide's commands, run in its order on a small exercise."""

from __future__ import annotations

import copy
import csv
import re
import shlex
import zipfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pytest
from distributed import Client
from typer.testing import CliRunner

from graph_duet.cli import app
from graph_duet.grading import Bundle, exercise_notebook, self_check
from graph_duet.grading.classroom import grade
from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.notebook_kernels import sandbox
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from tests.graph_duet.grading import downloads
from tests.graph_duet.grading.masters import write_text

GUIDE = Path(__file__).parents[3] / "docs" / "instructor-guide.md"
RUN_HERE = (
    "release",
    "check",
    "progress",
    "grade",
    "deadline",
    "regrade",
    "override",
    "feedback",
    "export",
    "similar",
    "autograder",
)
SERVES = "class"  # until it is stopped: tests/browser/test_class_page.py


def commands() -> list[list[str]]:
    """The guide's `duet` commands up to the part on clusters, with the small exercise in place of lesson L02."""
    text = GUIDE.read_text(encoding="utf-8").partition("## On a cluster")[0]
    lines = [line.strip() for line in re.findall(r"^    (duet .*)$", text, flags=re.MULTILINE)]
    return [
        shlex.split(line.replace("lessons/L02_the_tape", "T01").replace("L02", "T01"))[1:]
        for line in lines
        if not line.startswith(f"duet {SERVES}")
    ]


def test_the_guide_names_every_command_of_grading() -> None:
    assert {command[0] for command in commands()} == set(RUN_HERE)


@pytest.fixture(scope="module")
def near() -> Iterator[Client]:
    """A worker that is a thread of this process: a cluster need not start again for each command."""
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address="") as client:
        yield client


def duet(words: list[str] | str) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def once_for_each_notebook(
    grade_one: Callable[[grade.Job, bytes], dict[str, Any]],
) -> Callable[..., dict[str, Any]]:
    reports: dict[bytes, dict[str, Any]] = {}

    def grade_known(job: grade.Job, data: bytes) -> dict[str, Any]:
        if data not in reports:
            reports[data] = grade_one(job, data)
        return copy.deepcopy(reports[data])

    return grade_known


@pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")
def test_the_guide_works_word_for_word_with_a_class_of_30_from_each_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, near: Client
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUET_PROGRESS", str(tmp_path / "progress.sqlite"))
    monkeypatch.setenv("DUET_CACHE", str(tmp_path / "cache"))
    write_text(tmp_path / "T01")
    first, *more = commands()
    duet(first)
    # What the guide says to do by hand, with a class beside Ann.
    handed = downloads.kinds(Bundle.load(tmp_path / "T01" / "exercise.bundle.json"))
    marks = downloads.canvas(tmp_path / "canvas.zip", handed)
    downloads.canvas_gradebook(tmp_path / "canvas.csv", handed)
    downloads.moodle_worksheet(tmp_path / "worksheet.csv", handed)
    with zipfile.ZipFile("canvas.zip") as archive:
        archive.extractall("submissions")
    released = tmp_path / "T01" / "exercise.ipynb"
    for place in ("exercise.ipynb", "submissions/ann.ipynb"):
        Path(place).write_bytes(released.read_bytes())
    monkeypatch.setattr(self_check, "course_exercises", lambda: iter([released]))
    monkeypatch.setattr(grade, "workers", lambda *_: nullcontext(near))
    for command in more:
        duet(command)
    assert "explained it at the board" in Path("feedback/ann.html").read_text()
    assert "ann,,,ann,,2" in Path("T01-canvas.csv").read_text().splitlines()
    assert graded("gradebook.sqlite") == marks | {"ann": 2}
    assert len(list(Path("feedback").glob("*.html"))) == 31
    assert [row["T01 A small exercise"] for row in rows("canvas-marks.csv")[1:]] == [
        f"{points:g}" for points in marks.values()
    ]

    # From here on it is asked whose a notebook is: each of the few distinct ones runs once.
    monkeypatch.setattr(grade, "grade_one", once_for_each_notebook(grade.grade_one))
    marks = downloads.moodle(tmp_path / "moodle.zip", handed)
    assert "9 files were ignored" in duet("grade moodle.zip -a T01 -g moodle.sqlite")
    assert graded("moodle.sqlite") == marks
    duet("export T01 -g moodle.sqlite --format moodle --roster worksheet.csv --to moodle-marks.csv")
    assert [float(row["Grade"]) for row in rows("moodle-marks.csv")] == list(marks.values())

    marks = downloads.gradescope(tmp_path / "export.zip", handed)
    assert "handed in together" in duet("grade export.zip -a T01 -g moodle.sqlite")
    assert {name: points for name, points in graded("moodle.sqlite").items() if "@" in name} == marks

    Path("twice").mkdir()
    for name, kind in {"doejane_1_7_exercise": "solved", "doejane_1_8_exercise-1": "wrong"}.items():
        Path(f"twice/{name}.ipynb").write_bytes(handed[kind].data)
    for attempts, points in {"newest": 5, "best": 10}.items():
        duet(f"grade twice -a T01 -g moodle.sqlite --attempts {attempts}")
        assert graded("moodle.sqlite")["doejane_1"] == points


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(table).read_text("utf-8-sig").splitlines()))


def graded(book: str) -> dict[str, float]:
    """Points by student. Nobody's submission broke the grader."""
    marks = list(Gradebook(book).marks("T01"))
    assert all(mark.is_final for mark in marks)
    return {mark.student: mark.points for mark in marks}


def test_without_a_sandbox_grading_others_work_is_refused_with_the_reason(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle.save(tmp_path / "exercise.bundle.json")
    nbformat.write(exercise_notebook(bundle), tmp_path / "ann.ipynb")
    why_no_sandbox.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    try:
        done = CliRunner().invoke(
            app, ["grade", str(tmp_path), "-a", str(tmp_path), "-g", str(tmp_path / "b.sqlite")]
        )
    finally:
        monkeypatch.undo()
        why_no_sandbox.cache_clear()
    assert isinstance(done.exception, sandbox.NoSandbox)
    assert "bubblewrap is not installed" in str(done.exception)
    assert "--unsafe-no-sandbox" in str(done.exception)


def test_a_missing_gpu_is_reported_before_anything_is_written(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle.save(tmp_path / "exercise.bundle.json")
    nbformat.write(exercise_notebook(bundle), tmp_path / "ann.ipynb")
    monkeypatch.setattr(sandbox, "_NVIDIA", tmp_path / "nvidiactl")
    book = tmp_path / "b.sqlite"
    command = ["grade", str(tmp_path), "-a", str(tmp_path), "-g", str(book), "--gpu", "--unsafe-no-sandbox"]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, sandbox.NoGpu)
    assert "--gpu needs an NVIDIA GPU" in str(done.exception)
    assert not book.exists()
