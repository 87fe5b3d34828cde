"""The course's folders and notebooks, as its tests read them."""

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
    """`number` of `every`, another choice in each run; all of them with `make answers`."""
    if os.environ.get("DUET_EVERY_ANSWER"):
        return list(every)
    chosen = random.Random(f"{os.environ['DUET_DRAW']} {what}").sample(
        range(len(every)), min(number, len(every))
    )
    return [every[place] for place in sorted(chosen)]


def a_third_of_the_exercises(what: str) -> list[Path]:
    return drawn(EXERCISES, -(-len(EXERCISES) // 3), what)


def name(folder: Path) -> str:
    return folder.name


@cache
def solved(folder: Path) -> NotebookNode:
    return solved_notebook(folder)
