"""The instructor guide's commands, run in its order on a small exercise."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from graph_duet.cli import app
from graph_duet.grading import Bundle, exercise_notebook, self_check
from graph_duet.notebook_kernels import sandbox
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from tests.graph_duet.grading.masters import write_master

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


@pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")
def test_the_guide_works_word_for_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUET_PROGRESS", str(tmp_path / "progress.sqlite"))
    write_master(tmp_path / "T01")
    for command in commands():
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, (command, done.output, done.exception)
        if command[0] == "release":  # what the guide says to copy by hand
            released = (tmp_path / "T01" / "exercise.ipynb").read_bytes()
            (tmp_path / "submissions").mkdir(exist_ok=True)
            for place in ("exercise.ipynb", "submissions/ann.ipynb"):
                (tmp_path / place).write_bytes(released)
            monkeypatch.setattr(
                self_check, "course_exercises", lambda: iter([tmp_path / "T01" / "exercise.ipynb"])
            )
    assert "explained it at the board" in (tmp_path / "feedback" / "ann.html").read_text()
    assert (tmp_path / "T01-canvas.csv").read_text().splitlines()[-1] == "ann,,,ann,,2"


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
