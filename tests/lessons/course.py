"""The course's folders and notebooks, as its tests read them, and those that this run tries."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from nbformat import NotebookNode

from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.notebooks_from_text import solved_notebook

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = course_folders()
EXERCISES = [folder for folder in FOLDERS if (folder / "exercise.md").is_file()]


T = TypeVar("T")


def drawn(every: Sequence[T], number: int, what: str) -> list[T]:
    """`number` of `every`, another choice in each run; all of them with `make course`."""
    if os.environ.get("DUET_WHOLE_COURSE"):
        return list(every)
    chosen = random.Random(f"{os.environ['DUET_DRAW']} {what}").sample(
        range(len(every)), min(number, len(every))
    )
    return [every[place] for place in sorted(chosen)]


# A third, the same for every test: the grader's bundle, which takes three runs of the solution, is made once.
DRAWN = drawn(FOLDERS, -(-len(FOLDERS) // 3), "folders")
DRAWN_EXERCISES = [folder for folder in DRAWN if folder in EXERCISES]


def name(folder: Path) -> str:
    return folder.name


@cache
def solved(folder: Path) -> NotebookNode:
    return solved_notebook(folder)
