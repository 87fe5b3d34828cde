"""A class of 30 as Canvas, Moodle and Gradescope write it into a download, made from a few distinct notebooks."""

from __future__ import annotations

import copy
import re
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from graph_duet.grading import Bundle, exercise_notebook, fill, solved
from tests.graph_duet.grading.hostile_case import dumps

FULL_NAMES = (
    "Ada Bianchi", "Bo Lindqvist", "Chidi Okafor", "Dana Levi", "Emil Novák", "Fatou Diop", "Goran Ilić", "Hana Sato",
    "Inés Castro", "Jonas Weber", "Kaya Demir", "Lin Chen", "Mira Patel", "Noor Haddad", "Olu Adeyemi", "Pia O'Neil",
    "Quentin Roux", "Rosa García López", "Siim Kask", "Tuyết Nguyễn", "Uma Rao", "Viktor Ås", "Wen-Li Hu",
    "Xenia Popova", "Yusuf Kaya", "Zoë Müller", "Jane Doe", "Jane Doe", "Ann-Marie St. John", "名前 太郎",
)  # fmt: skip


class Student(NamedTuple):
    """One of the class: the platform's id, and which notebook they handed in."""

    number: int
    name: str
    kind: str

    @property
    def email(self) -> str:
        return f"student{self.number}@school.edu"


class Kind(NamedTuple):
    """What a notebook is, and the points that it deserves."""

    data: bytes
    points: float


def kinds(bundle: Bundle) -> dict[str, Kind]:
    """Solved, solved in an editor that made new cell ids, wrong in one task, untouched, and cut off in the upload."""
    renewed = copy.deepcopy(solved(bundle))
    for number, cell in enumerate(renewed.cells):
        cell.id = uuid.UUID(int=number).hex[-8:]
    wrong = fill(solved(bundle), {"1": "return x * 0"})
    return {
        "solved": Kind(dumps(solved(bundle)), 10),
        "renewed": Kind(dumps(renewed), 10),
        "wrong": Kind(dumps(wrong), 5),
        "untouched": Kind(dumps(exercise_notebook(bundle)), 0),
        "cut": Kind(dumps(solved(bundle))[:400], 0),
    }


def students(names: Mapping[str, Kind]) -> list[Student]:
    """The class: most have solved it."""
    usual = [*names, "solved", "renewed", "wrong", "solved", "wrong"]
    return [
        Student(4711 + number, name, usual[number % len(usual)]) for number, name in enumerate(FULL_NAMES)
    ]


def canvas(path: Path, handed: Mapping[str, Kind]) -> dict[str, float]:
    """Canvas's *Download Submissions*; the points by the name that the gradebook gives. Every fifth was late, which
    costs a tenth, and every sixth handed in for the third time."""
    points: dict[str, float] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, student in enumerate(students(handed)):
            late, again = "LATE_" if n % 5 == 4 else "", "-2" if n % 6 == 5 else ""
            name = f"{_canvas_name(student)}_{late}{student.number}_{90_000 + n}_exercise{again}.ipynb"
            archive.writestr(name, handed[student.kind].data)
            points[f"{_canvas_name(student)}_{student.number}"] = handed[student.kind].points * (
                0.9 if late else 1
            )
        archive.writestr(f"{_canvas_name(students(handed)[0])}_4711_99999_notes.pdf", b"%PDF-1.7")
    return points


def canvas_gradebook(path: Path, handed: Mapping[str, Kind]) -> None:
    """The gradebook that Canvas exports for the same class."""
    rows = ["Student,ID,SIS User ID,SIS Login ID,Section", "    Points Possible,,,,"]
    rows += [f'"{s.name}",{s.number},s{s.number},{s.email},Group 1' for s in students(handed)]
    path.write_text("\ufeff" + "\r\n".join(rows) + "\r\n", encoding="utf-8", newline="")


def moodle(path: Path, handed: Mapping[str, Kind]) -> dict[str, float]:
    """Moodle's *Download all submissions*, in folders; the points by the name that the gradebook gives."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, student in enumerate(students(handed)):
            folder = f"{student.name}_{student.number}_assignsubmission_file{'_' * (n % 2)}"
            archive.writestr(f"{folder}/exercise.ipynb", handed[student.kind].data)
            if n % 7 == 0:
                archive.writestr(f"{folder}/.ipynb_checkpoints/exercise-checkpoint.ipynb", b"{}")
            if n % 9 == 0:
                archive.writestr(
                    f"{student.name}_{student.number}_assignsubmission_onlinetext/onlinetext.html", b""
                )
    return {f"{s.name}_{s.number}": handed[s.kind].points for s in students(handed)}


def moodle_worksheet(path: Path, handed: Mapping[str, Kind]) -> None:
    """The grading worksheet that Moodle exports for the same class."""
    rows = [
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments"
    ]
    rows += [
        f'Participant {s.number},"{s.name}",{s.email},Submitted for grading,,10.00,Yes,'
        for s in students(handed)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def gradescope(path: Path, handed: Mapping[str, Kind]) -> dict[str, float]:
    """Gradescope's *Export Submissions*: the last two handed in together; the points by e-mail address."""
    alone, pair = students(handed)[:-2], students(handed)[-2:]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        metadata: list[str] = []
        for n, together in enumerate([*([s] for s in alone), pair]):
            folder = f"submission_{281_000 + n}"
            archive.writestr(f"assignment_5_export/{folder}/exercise.ipynb", handed[together[0].kind].data)
            metadata += [f"{folder}:", "  :submitters:"]
            for s in together:
                metadata += [f'  - :name: "{s.name}"', f"    :sid: '{s.number}'", f"    :email: {s.email}"]
            metadata += [f"  :created_at: 2026-03-{1 + n % 5:02} 10:00:00.000000000 Z", "  :score: 0.0"]
        archive.writestr("assignment_5_export/submission_metadata.yml", "\n".join(metadata) + "\n")
    points = {s.email: handed[s.kind].points for s in alone}
    return points | {s.email: handed[pair[0].kind].points for s in pair}


def _canvas_name(student: Student) -> str:
    """The name as Canvas puts it into a file's: letters and digits of "last, first", in lower case."""
    first, *more = student.name.split(" ")
    return re.sub(r"[\W_]", "", "".join([*more, first])).lower()
