"""Marks in the table of students that Canvas itself exported: its rows, its columns and its own ids stay, byte for
byte, with its separator, its line ends and its encoding."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.classroom.text_file import read_text
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_NAMES = (
    "SIS Login ID",
    "SIS User ID",
    "ID",
    "Student",
)  # where a submission's student is looked for, in this order
_WITH_ID = re.compile(r".*_(\d+)")  # as Canvas names a download: the user's id behind the name


@dataclass(frozen=True, slots=True)
class _Form:
    """How the file is written."""

    encoding: str
    separator: str
    line_end: str


@dataclass(slots=True)
class _Row:
    """One line: its fields, and its text as it stood in the file."""

    fields: list[str]
    text: str


def in_roster(roster: Path, column: str, possible: float, marks: Iterable[Mark]) -> tuple[bytes, list[str]]:
    """The roster's own bytes with the marks under `column`, which is added where there is none, and the students of
    marks that no row names.

    A row without a mark keeps what it has. Raises UserError when there is no such file, it is not an export of
    Canvas's gradebook or one student stands in it twice.
    """
    form, rows = _read(roster)
    head = rows[0].fields
    # Canvas writes the assignment's own id behind its title: "L02 The tape (1234)".
    places = [n for n, name in enumerate(head) if name == column or name.startswith(f"{column} (")]
    place = places[0] if places else len(head)
    changed: dict[int, str] = {} if places else {0: column}
    for number, row in enumerate(rows):
        if number and row.fields and row.fields[0].strip() == "Points Possible":
            changed[number] = f"{possible:g}"
    missing: list[str] = []
    for mark in marks:
        number = _row_of(mark.student, head, rows, roster)
        if number is None:
            missing.append(mark.student)
        else:
            changed[number] = f"{mark.points:g}"
    added = not places
    lines = [_line(row, place, changed.get(n), added, form) for n, row in enumerate(rows)]
    return "".join(lines).encode(form.encoding), missing


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


def _read(roster: Path) -> tuple[_Form, list[_Row]]:
    text, encoding = read_text(roster)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    form = _Form(encoding, separator, "\r\n" if first.endswith("\r") else "\n")
    rows = [_Row(_fields(record, separator), record) for record in _records(text)]
    head = rows[0].fields if rows else []
    if not {"Student", "ID"} <= set(head) or head[0] != "Student":
        raise UserError(
            _("{roster} is no export of Canvas's gradebook: it has no columns Student and ID", roster=roster)
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


def _row_of(student: str, head: Sequence[str], rows: list[_Row], roster: Path) -> int | None:
    """The number of the row that names the student, or whose Canvas id stands behind the student's name."""
    found_id = _WITH_ID.fullmatch(student)
    wanted = [(name, student) for name in _NAMES] + ([("ID", found_id[1])] if found_id else [])
    for name, value in wanted:
        if name not in head:
            continue
        place = head.index(name)
        found = [
            n
            for n, row in enumerate(rows)
            if n and place < len(row.fields) and row.fields[place].strip() == value
        ]
        if len(found) > 1:
            raise UserError(
                _(
                    "{roster} has {count} rows whose {name} is {value}",
                    roster=roster,
                    count=len(found),
                    name=name,
                    value=value,
                )
            )
        if found:
            return found[0]
    return None
