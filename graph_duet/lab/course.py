"""The course as a learner's folder shows it: what there is, what was tried, what comes next."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph_duet import workspace
from graph_duet.grading.exercise import notebooks
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.progress import Standing, standings
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_HEAD = re.compile(r"#\s+(?P<id>[LG]\d\d)[^·]*·\s*(?P<title>.+?)\s*\n+\*(?P<minutes>\d+) minutes", re.DOTALL)
_PREDICT = re.compile(r"^#+\s*Predict\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """One lesson or lab of the installed course.

    Paths are relative to the learner's folder; `lesson` is "" for a lab, whose exercise is all of it, and
    `exercise` "" where there is none. `minutes` are those of the lesson and the exercise together, `possible` all
    points of the exercise, hidden checks with them. `guess` is the code below "Predict" as it comes.
    """

    id: str
    title: str
    minutes: int
    lesson: str
    exercise: str
    possible: float
    guess: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A part beside what the learner has done of it; `newer` names the files that a newer version changed."""

    part: Part
    points: float
    tries: int
    done: bool
    newer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """All parts in order; `next` is the id of the one to go on with, "" when all are done."""

    entries: tuple[Entry, ...]
    next: str


def course(folder: Path) -> Course:
    """The installed course beside the progress of the learner who works in `folder`."""
    known = {standing.exercise: standing for standing in standings()}
    changed = newer_files(folder)
    entries = tuple(_entry(part, known.get(part.id), changed) for part in parts())
    return Course(entries, _next(entries))


def _entry(part: Part, standing: Standing | None, changed: frozenset[str]) -> Entry:
    newer = tuple(name for name in (part.lesson, part.exercise) if name in changed)
    if standing is None:
        return Entry(part, 0.0, 0, False, newer)
    return Entry(part, standing.points, standing.tries, standing.done, newer)


def _next(entries: tuple[Entry, ...]) -> str:
    """What was begun and is not done, else the first exercise after the last that was tried."""
    begun = [entry for entry in entries if entry.tries and not entry.done]
    if begun:
        return begun[0].part.id
    if not any(entry.tries for entry in entries):
        return entries[0].part.id if entries else ""
    open_ones = [entry for entry in entries if entry.part.exercise and not entry.done]
    return open_ones[0].part.id if open_ones else ""


@cache
def parts() -> tuple[Part, ...]:
    """The installed course, lessons first and then labs, each by its number."""
    return tuple(_parts())


def _parts() -> Iterator[Part]:
    for room, pattern in (("lessons", "L[0-9]*"), ("gpu_labs", "G[0-9]*")):
        home = workspace.package_folder(room)
        for folder in sorted(home.glob(pattern)):
            part = _part(folder, f"{room}/{folder.name}")
            if part is not None:
                yield part


def _part(folder: Path, name: str) -> Part | None:
    lesson, exercise = folder / "lesson.ipynb", folder / "exercise.ipynb"
    first = lesson if lesson.is_file() else exercise
    if not first.is_file():
        return None
    cells = notebooks.read(first).cells
    head = _HEAD.match(cells[0].source if cells else "")
    if head is None:
        return None
    minutes, points = int(head["minutes"]), 0.0
    if exercise.is_file():
        notebook = notebooks.read(exercise)
        minutes += int(duet(notebook).get("minutes", 0)) if lesson.is_file() else 0
        points = sum(float(duet(cell)["points"]) for cell in notebook.cells if "points" in duet(cell))
        release = duet(notebook).get("release")
        points += sum(map(float, release["hidden"].values())) if release else 0.0
    return Part(
        id=head["id"],
        title=head["title"].replace("`", ""),
        minutes=minutes,
        lesson=f"{name}/lesson.ipynb" if lesson.is_file() else "",
        exercise=f"{name}/exercise.ipynb" if exercise.is_file() else "",
        possible=points,
        guess=_guess(cells),
    )


def _guess(cells: Sequence[notebooks.NotebookNode]) -> str:
    """The first code cell below the heading "Predict"; "" where there is none."""
    below = itertools.dropwhile(lambda cell: not _PREDICT.search(cell.source), cells)
    return next((cell.source for cell in below if cell.cell_type == "code"), "")


def newer_files(folder: Path) -> frozenset[str]:
    """The files that the learner has changed and that the installed course has in a newer version."""
    shipped = workspace.read_manifest(folder)
    found = set()
    for name, content in workspace.course_files():
        digest = hashlib.sha256(content).hexdigest()
        mine = folder / name
        if name in shipped and shipped[name] != digest and mine.is_file():
            found.add(name)
    return frozenset(found)


def shipped_content(name: str) -> bytes:
    """The installed course's file `name` (relative to the learner's folder). Raises UserError."""
    for found, content in workspace.course_files():
        if found == name:
            return content
    raise UserError(_("{name} is not a file of the installed course", name=name))
