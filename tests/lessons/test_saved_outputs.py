"""Every lesson, and every exercise with its solution, gives again what is saved in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from graph_duet import grading
from graph_duet.authoring.bundles import bundle_of
from graph_duet.notebook_kernels.kernelspec import install_kernelspec
from tests.lessons.course import EXERCISES, LESSONS, ROOT, lesson, name


def nbval(notebooks: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Plain `pytest --nbval`, on kernels that fork from one process that has imported the frameworks."""
    install_kernelspec(folder / "jupyter" / "kernels" / "python3")
    environment = os.environ | {"JUPYTER_PATH": str(folder / "jupyter"), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-kernel-startup-timeout",
        "300",  # the first kernel waits until the frameworks are imported
        "--nbval-cell-timeout",
        "60",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    command += ["-c", os.devnull, "--rootdir", str(folder), *map(str, notebooks)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_lessons_give_again_what_is_saved_in_them(tmp_path: Path) -> None:
    result = nbval([folder / "lesson.ipynb" for folder in LESSONS], tmp_path)
    assert result.returncode == 0, result.stdout[-6000:]


def test_solved_exercises_give_what_the_exercise_has_saved(tmp_path: Path) -> None:
    solved = []
    for folder in EXERCISES:
        solved.append(tmp_path / f"{folder.name}.ipynb")
        nbformat.write(grading.solved(bundle_of(folder)), solved[-1])
    result = nbval(solved, tmp_path)
    assert result.returncode == 0, result.stdout[-6000:]


def test_a_changed_output_is_noticed(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "lessons/L02_the_tape/lesson.ipynb", as_version=4)
    output = next(
        o for cell in notebook.cells for o in cell.get("outputs", []) if "33.0" in o.get("text", "")
    )
    output.text = output.text.replace("33.0", "34.0")
    nbformat.write(notebook, tmp_path / "changed.ipynb")
    assert nbval([tmp_path / "changed.ipynb"], tmp_path).returncode == 1


@pytest.mark.parametrize("folder", LESSONS, ids=name)
def test_a_lesson_is_built_from_its_text(folder: Path) -> None:
    built = nbformat.read(folder / "lesson.ipynb", as_version=4)
    assert cells(built) == cells(lesson(folder)), f"run `duet build {folder.name}`"


@pytest.mark.parametrize("folder", EXERCISES, ids=name)
def test_an_exercise_is_built_from_its_text(folder: Path) -> None:
    learners = nbformat.read(folder / "exercise.ipynb", as_version=4)
    released = grading.exercise_notebook(bundle_of(folder))
    assert cells(learners) == cells(released), f"run `duet build {folder.name}`"
    assert learners.metadata.duet == released.metadata.duet
    assert grading.differences(bundle_of(folder).notebook, learners) == []


def cells(notebook: NotebookNode) -> list[tuple[str, str, NotebookNode]]:
    return [(cell.id, cell.source, cell.metadata) for cell in notebook.cells]
