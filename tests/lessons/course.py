"""The course's folders and notebooks, as its tests read them, and those that this run tries."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.notebooks_from_text import solved_notebook
from graph_duet.grading.exercise.format import kind
from tests.draw import drawn

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = course_folders()
EXERCISES = [folder for folder in FOLDERS if (folder / "exercise.md").is_file()]


# The same for every test: the grader's bundle, which takes three runs of the solution, is made once.
DRAWN = drawn(FOLDERS, 3, "folders")
DRAWN_EXERCISES = [folder for folder in DRAWN if folder in EXERCISES]


def name(folder: Path) -> str:
    return folder.name


@cache
def solved(folder: Path) -> NotebookNode:
    return solved_notebook(folder)


def solved_with_saved_outputs(folder: Path) -> NotebookNode:
    """The exercise as it is saved, outputs included, with the solution in its answers."""
    solutions = {cell.id: cell.source for cell in solved(folder).cells if kind(cell) in ("answer", "kernel")}
    notebook: NotebookNode = nbformat.read(folder / "exercise.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = solutions.get(cell.id, cell.source)
    return notebook
