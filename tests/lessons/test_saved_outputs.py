"""Every lesson, and every exercise with its solution, gives again what is saved in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from graph_duet import grading
from graph_duet.grading import Bundle
from graph_duet.notebook_kernels.kernelspec import install_kernelspec

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(ROOT.glob("lessons/L*/lesson.ipynb"))
BUNDLES = sorted(
    (*ROOT.glob("lessons/L*/exercise.bundle.json"), *ROOT.glob("gpu_labs/G*/exercise.bundle.json"))
)


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
    result = nbval(LESSONS, tmp_path)
    assert result.returncode == 0, result.stdout[-6000:]


def test_solved_exercises_give_what_the_exercise_has_saved(tmp_path: Path) -> None:
    solved = []
    for bundle in BUNDLES:
        solved.append(tmp_path / f"{bundle.parent.name}.ipynb")
        nbformat.write(grading.solved(Bundle.load(bundle)), solved[-1])
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


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.parent.name)
def test_an_exercise_differs_from_its_master_only_inside_the_holes(bundle: Path) -> None:
    master = nbformat.read(bundle.parent / "master.ipynb", as_version=4)
    learners = nbformat.read(bundle.parent / "exercise.ipynb", as_version=4)
    assert grading.differences(master, learners) == []


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.parent.name)
def test_an_exercise_is_what_its_bundle_releases(bundle: Path) -> None:
    learners = nbformat.read(bundle.parent / "exercise.ipynb", as_version=4)
    released = grading.exercise_notebook(Bundle.load(bundle))
    assert [cell.source for cell in learners.cells] == [cell.source for cell in released.cells]
    assert learners.metadata.duet.release == released.metadata.duet.release
