"""Tables that an instructor gives beside a download: who works in which group, and when each student handed in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph_duet.grading.classroom.deadlines import moment
from graph_duet.grading.classroom.names import student_name
from graph_duet.grading.classroom.text_file import read_text
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of students by name; what one hands in, or what is handed in under the group's name, counts for all."""

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def of(self, students: Iterable[str]) -> tuple[str, ...]:
        """The students, and the others in their groups."""
        found: dict[str, None] = {}
        for student in students:
            mine = [m for name, m in self.members.items() if student == name or student in m]
            found |= dict.fromkeys([each for members in mine for each in members] or [student])
        return tuple(found)


def read_groups(path: Path) -> Groups:
    """Groups from a table with the columns `group` and `student`.

    Raises UserError when there is no such file or column, and for a student in two groups.
    """
    members: dict[str, tuple[str, ...]] = {}
    group_of: dict[str, str] = {}
    for group, student in _columns(path, "group", "student"):
        if group_of.setdefault(student, group) != group:
            raise UserError(
                _(
                    "{path}: {student} is in two groups, {group_of} and {group}",
                    path=path,
                    student=student,
                    group_of=group_of[student],
                    group=group,
                )
            )
        members[group] = (*members.get(group, ()), student)
    return Groups(members)


def read_times(path: Path) -> dict[str, float]:
    """When each student handed in, in seconds since 1970, from a table with the columns `student` and `time`.

    Raises UserError when there is no such file or column, and for a time that is not one.
    """
    return {student: moment(time) for student, time in _columns(path, "student", "time")}


def _columns(path: Path, first: str, second: str) -> list[tuple[str, str]]:
    """Two columns of a table, rows with an empty field left out."""
    text = read_text(path).text
    head = text.split("\n", 1)[0]
    rows = list(csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count)))
    if not rows or first not in rows[0] or second not in rows[0]:
        raise UserError(
            _(
                "{path} needs a first line that names the columns {first} and {second}",
                path=path,
                first=first,
                second=second,
            )
        )
    pairs = [(str(row[first] or "").strip(), str(row[second] or "").strip()) for row in rows]
    return [
        (student_name(one), other if second == "time" else student_name(other))
        for one, other in pairs
        if one and other
    ]
