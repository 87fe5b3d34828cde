"""A lesson, and an exercise with its solution, is made from its text and gives again what is saved in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from graph_duet.authoring.build import build_folder
from graph_duet.authoring.lint import lint
from graph_duet.authoring.notebooks_from_text import lesson_notebook
from graph_duet.grading.releasing import differences
from graph_duet.notebook_kernels.kernelspec import install_kernelspec
from tests.lessons.course import DRAWN, EXERCISES, FOLDERS, ROOT, name, solved, solved_with_saved_outputs


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


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_the_notebooks_are_those_of_the_text(folder: Path) -> None:
    """All but the outputs, which only a run gives."""
    assert not lint(folder)
    if (folder / "lesson.md").is_file():
        lesson = nbformat.read(folder / "lesson.ipynb", as_version=4)
        assert [text(cell) for cell in lesson.cells] == [text(cell) for cell in lesson_notebook(folder).cells]
    if (folder / "exercise.md").is_file():
        exercise = nbformat.read(folder / "exercise.ipynb", as_version=4)
        assert differences(solved(folder), exercise) == [], f"run `duet build {folder.name}`"


def text(cell: NotebookNode) -> tuple[str, str, str]:
    return cell.id, cell.cell_type, cell.source


@pytest.mark.parametrize("folder", DRAWN, ids=name)
def test_a_build_would_change_nothing(folder: Path, kernels: None) -> None:
    """What `duet build --check` demands; a notebook that was just built from this text is not run again."""
    for built in build_folder(folder, check=True):
        assert built.state != "differs", f"run `duet build {folder.name}`\n" + "\n".join(built.changes)
        assert not built.stderr


def test_nbval_finds_in_solved_exercises_what_the_exercise_has_saved(tmp_path: Path) -> None:
    """One of each kind: autograd, tracing, a lab. The build's check above compares the outputs of those drawn."""
    notebooks = []
    for folder in (each for each in EXERCISES if each.name.startswith(("L02", "L05", "G01"))):
        notebooks.append(tmp_path / f"{folder.name}.ipynb")
        nbformat.write(solved_with_saved_outputs(folder), notebooks[-1])
    result = nbval(notebooks, tmp_path)
    assert result.returncode == 0, result.stdout[-6000:]
