"""Marks in the table of students that Canvas itself exported: its rows, its columns and its own ids stay."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from graph_duet.grading.classroom.gradebook import Mark
from graphviz_tools.errors import UserError

_NAMES = (
    "SIS Login ID",
    "SIS User ID",
    "ID",
    "Student",
)  # where a submission's student is looked for, in this order


def in_roster(
    roster: Path, column: str, possible: float, marks: Iterable[Mark]
) -> tuple[list[list[str]], list[str]]:
    """The roster's rows with the marks under `column`, which is added where there is none, and the students of
    marks that no row names.

    A row without a mark keeps what it has. Raises UserError when there is no such file, it is not an export of
    Canvas's gradebook or one student stands in it twice.
    """
    head, *rows = _read(roster)
    # Canvas writes the assignment's own id behind its title: "L02 The tape (1234)".
    places = [n for n, name in enumerate(head) if name == column or name.startswith(f"{column} (")]
    place = places[0] if places else len(head)
    if not places:
        head = [*head, column]
    rows = [row + [""] * (len(head) - len(row)) for row in rows]
    for row in rows:
        if row[0].strip() == "Points Possible":
            row[place] = f"{possible:g}"
    missing: list[str] = []
    for mark in marks:
        row = _row_of(mark.student, head, rows, roster)
        if row is None:
            missing.append(mark.student)
        else:
            row[place] = f"{mark.points:g}"
    return [head, *rows], missing


def _read(roster: Path) -> list[list[str]]:
    if not roster.is_file():
        raise UserError(f"there is no file {roster}")
    try:
        with roster.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{roster} is no .csv file: {error}") from None
    if not rows or not {"Student", "ID"} <= set(rows[0]) or rows[0][0] != "Student":
        raise UserError(f"{roster} is no export of Canvas's gradebook: it has no columns Student and ID")
    return rows


def _row_of(student: str, head: Sequence[str], rows: list[list[str]], roster: Path) -> list[str] | None:
    for name in _NAMES:
        found = [row for row in rows if name in head and row[head.index(name)].strip() == student]
        if len(found) > 1:
            raise UserError(f"{roster} has {len(found)} rows whose {name} is {student}")
        if found:
            return found[0]
    return None
