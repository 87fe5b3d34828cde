"""Marks in the table of students that Canvas or Moodle itself exported: its rows, its columns and its own ids stay,
byte for byte, with its separator, its line ends and its encoding."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.classroom.text_file import read_text
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_WITH_ID = re.compile(r".*_(\d+)")  # as both name a download: the user's id behind the name
_LAST_NUMBER = re.compile(r"(\d+)\s*$")  # Moodle writes "Participant 4711"


class _Platform(NamedTuple):
    """How a platform's table is recognised, where in it a student is looked for, in this order, and the column with
    the id that is in the names of a download."""

    title: str
    demanded: tuple[str, ...]
    names: tuple[str, ...]
    id: str


_CANVAS = _Platform(
    _("an export of Canvas's gradebook"),
    ("Student", "ID"),
    ("SIS Login ID", "SIS User ID", "ID", "Student"),
    "ID",
)
_MOODLE = _Platform(
    _("a grading worksheet of Moodle"),
    ("Identifier", "Grade"),
    ("Username", "Email address", "ID number", "Full name"),
    "Identifier",
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How the file is written."""

    encoding: str
    separator: str
    line_end: str


@dataclass(slots=True)
class _Row:
    """One line: its fields, and its text as it was in the file."""

    fields: list[str]
    text: str


def in_roster(roster: Path, column: str, possible: float, marks: Iterable[Mark]) -> tuple[bytes, list[str]]:
    """The roster's own bytes with the marks under `column`, which is added where there is none, and the students of
    marks that no row names.

    A row without a mark keeps what it has. Raises UserError when there is no such file, it is not an export of
    Canvas's gradebook or one student is in it twice.
    """
    form, rows = _read(roster, _CANVAS)
    head = rows[0].fields
    # Canvas writes the assignment's own id behind its title: "L02 The tape (1234)".
    places = [n for n, name in enumerate(head) if name == column or name.startswith(f"{column} (")]
    place = places[0] if places else len(head)
    changed: dict[int, str] = {} if places else {0: column}
    for number, row in enumerate(rows):
        if number and row.fields and row.fields[0].strip() == "Points Possible":
            changed[number] = f"{possible:g}"
    given, missing = _by_row(marks, rows, roster, _CANVAS)
    return _written(rows, place, changed | given, form, added=not places), missing


def in_worksheet(worksheet: Path, possible: float, marks: Iterable[Mark]) -> tuple[bytes, list[str]]:
    """The grading worksheet of Moodle with the marks under `Grade`, and the students of marks that no row names.

    A row without a mark keeps what it has. Raises UserError when there is no such file, it is not a grading
    worksheet, one student is in it twice, or Moodle's maximum is another than `possible`.
    """
    form, rows = _read(worksheet, _MOODLE)
    head = rows[0].fields
    if "Maximum Grade" in head:
        place = head.index("Maximum Grade")
        written = {row.fields[place].strip() for row in rows[1:] if place < len(row.fields)}
        other = sorted(grade for grade in written if grade and _number(grade) != possible)
        if other:
            raise UserError(
                _(
                    "{worksheet}: Moodle's maximum grade is {maximum}, and the exercise has {points:g} points: set the "
                    "assignment's maximum grade to {points:g} in Moodle, and download the worksheet again",
                    worksheet=worksheet,
                    maximum=other[0],
                    points=possible,
                )
            )
    given, missing = _by_row(marks, rows, worksheet, _MOODLE)
    return _written(rows, head.index("Grade"), given, form), missing


def _number(text: str) -> float | None:
    """A number with a decimal point or comma."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _by_row(
    marks: Iterable[Mark], rows: list[_Row], path: Path, platform: _Platform
) -> tuple[dict[int, str], list[str]]:
    """The marks by the number of their row, and the students whom no row names."""
    given: dict[int, str] = {}
    missing: list[str] = []
    for mark in marks:
        number = _row_of(mark.student, rows, path, platform)
        if number is None:
            missing.append(mark.student)
        else:
            given[number] = f"{mark.points:g}"
    return given, missing


def _written(
    rows: list[_Row], place: int, changed: Mapping[int, str], form: _Form, added: bool = False
) -> bytes:
    lines = [_line(row, place, changed.get(n), added, form) for n, row in enumerate(rows)]
    return "".join(lines).encode(form.encoding)


def _line(row: _Row, place: int, value: str | None, added: bool, form: _Form) -> str:
    """The row's text with another value in one field; the other fields are not touched."""
    if not row.fields or (value is None and not added):
        return row.text
    bare = row.text.rstrip("\r\n")
    end = row.text[len(bare) :] or form.line_end
    pieces = _pieces(bare, form.separator)
    pieces += [""] * (place + 1 - len(pieces))
    if value is not None:
        pieces[place] = _quoted(value, form.separator)
    return form.separator.join(pieces) + end


def _pieces(text: str, separator: str) -> list[str]:
    """The fields of one record as they are written, quotes and all."""
    pieces, inside, start = [], False, 0
    for at, character in enumerate(text):
        if character == '"':
            inside = not inside
        elif character == separator and not inside:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def _quoted(value: str, separator: str) -> str:
    return f'"{value}"' if separator in value else value


def _read(roster: Path, platform: _Platform) -> tuple[_Form, list[_Row]]:
    text, encoding = read_text(roster)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    form = _Form(encoding, separator, "\r\n" if first.endswith("\r") else "\n")
    rows = [_Row(_fields(record, separator), record) for record in _records(text)]
    head = rows[0].fields if rows else []
    if not set(platform.demanded) <= set(head) or head[0] != platform.demanded[0]:
        raise UserError(
            _(
                "{roster} is not {title}: it has no columns {columns}",
                roster=roster,
                title=platform.title,
                columns=", ".join(platform.demanded),
            )
        )
    return form, rows


def _records(text: str) -> list[str]:
    """The records with their line ends; a line end between quotes belongs to a field."""
    records, start, inside = [], 0, False
    for at, character in enumerate(text):
        if character == '"':
            inside = not inside
        elif character == "\n" and not inside:
            records.append(text[start : at + 1])
            start = at + 1
    return [*records, text[start:]] if start < len(text) else records


def _fields(record: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(record, newline=""), delimiter=separator), [])


def _row_of(student: str, rows: list[_Row], path: Path, platform: _Platform) -> int | None:
    """The number of the row that names the student, or whose id follows the student's name."""
    head = rows[0].fields
    with_id = _WITH_ID.fullmatch(student)
    wanted = [(name, student) for name in platform.names] + ([(platform.id, with_id[1])] if with_id else [])
    for name, value in wanted:
        if name not in head:
            continue
        place = head.index(name)
        found = [
            n
            for n, row in enumerate(rows)
            if n and place < len(row.fields) and _said(row.fields[place], name == platform.id) == value
        ]
        if len(found) > 1:
            raise UserError(
                _(
                    "{roster} has {count} rows whose {name} is {value}",
                    roster=path,
                    count=len(found),
                    name=name,
                    value=value,
                )
            )
        if found:
            return found[0]
    return None


def _said(field: str, is_id: bool) -> str:
    number = _LAST_NUMBER.search(field) if is_id else None
    return number[1] if number else field.strip()
