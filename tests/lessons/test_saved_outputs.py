"""Every lesson, and every exercise with its solution, gives again what is saved in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from graph_duet import grading
from graph_duet.authoring.build import build_folder
from graph_duet.authoring.bundles import bundle_of
from graph_duet.authoring.execute import forked_kernels
from graph_duet.authoring.lint import lint
from graph_duet.notebook_kernels.kernelspec import install_kernelspec
from tests.lessons.course import EXERCISES, FOLDERS, ROOT, name


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


@pytest.fixture(scope="module")
def kernels() -> Iterator[None]:
    with forked_kernels():
        yield


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_build_would_change_nothing(folder: Path, kernels: None) -> None:
    """What `duet build --check` demands; a notebook that was just built from this text is not run again."""
    for built in build_folder(folder, check=True):
        assert built.state != "differs", f"run `duet build {folder.name}`\n" + "\n".join(built.changes)
        assert not built.stderr
    assert not lint(folder)


def test_nbval_finds_in_solved_exercises_what_the_exercise_has_saved(tmp_path: Path) -> None:
    """One of each kind: autograd, tracing, a lab. The build's check above compares the outputs of all."""
    solved = []
    for folder in (each for each in EXERCISES if each.name.startswith(("L02", "L05", "G01"))):
        solved.append(tmp_path / f"{folder.name}.ipynb")
        nbformat.write(grading.solved(bundle_of(folder)), solved[-1])
    result = nbval(solved, tmp_path)
    assert result.returncode == 0, result.stdout[-6000:]
