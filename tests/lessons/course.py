"""The course's folders and notebooks, as its tests read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nbformat import NotebookNode

from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.notebooks_from_text import solved_notebook

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = course_folders()
EXERCISES = [folder for folder in FOLDERS if (folder / "exercise.md").is_file()]


def name(folder: Path) -> str:
    return folder.name


@cache
def solved(folder: Path) -> NotebookNode:
    return solved_notebook(folder)
