"""Who handed in which file, as Canvas, Moodle and Gradescope name what they let teachers download."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from graph_duet.grading.classroom.names import student_name

# Canvas: doejane_LATE_4711_90210_exercise-2.ipynb: name, LATE where it was, user id, submission id, file.
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<submission>\d+)_(?P<file>.+)")
# Moodle: "Jane Doe_4711_assignsubmission_file_/exercise.ipynb", or the same in one file name.
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
_COPY = re.compile(r"(?:[-_ ]\(?|\()(\d{1,2})\)?$")  # exercise-2, "exercise (1)": a later attempt


@dataclass(frozen=True, slots=True)
class Handed:
    """What a name tells: the students (several: a group), whether it was late, which attempt, and when (seconds since
    1970, 0 where the name does not tell)."""

    students: tuple[str, ...]
    late: bool = False
    attempt: int = 0
    at: float = 0.0


def read_name(parts: tuple[str, ...], metadata: Mapping[str, Any]) -> Handed:
    """What the path of a notebook tells. `metadata` is Gradescope's submission_metadata.yml, {} where there is none.

    Outside these platforms' forms the first folder, or the file's name, is the student.
    """
    first = parts[0]
    stem = parts[-1].rpartition(".")[0] or parts[-1]
    attempt = int(found[1]) if (found := _COPY.search(stem)) else 0
    gradescope = _GRADESCOPE.fullmatch(first)
    if gradescope and first in metadata:
        return _gradescope(metadata[first], attempt)
    moodle = _MOODLE.fullmatch(first)
    if moodle:
        return Handed((student_name(f"{moodle['name']}_{moodle['id']}"),), attempt=attempt)
    canvas = _CANVAS.fullmatch(first)
    if canvas:
        name = student_name(f"{canvas['name']}_{canvas['id']}")
        return Handed((name,), late=bool(canvas["late"]), attempt=attempt)
    if len(parts) > 1:
        return Handed((student_name(first),), attempt=attempt)
    return Handed((student_name(stem),))


def read_metadata(text: str) -> dict[str, Any]:
    """Gradescope's submission_metadata.yml, by the submission's folder; {} for a file that is something else."""
    import yaml

    try:
        # Its keys are Ruby symbols (":name"), which YAML reads as text; no tag makes an object.
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return cast(dict[str, Any], content) if isinstance(content, dict) else {}


def _gradescope(entry: Any, attempt: int) -> Handed:
    people = entry.get(":submitters") or [] if isinstance(entry, dict) else []
    names = tuple(student_name(_person(person)) for person in people if isinstance(person, dict))
    created = entry.get(":created_at") if isinstance(entry, dict) else None
    late = bool(entry.get(":lateness")) if isinstance(entry, dict) else False
    at = created.timestamp() if isinstance(created, datetime) else 0.0
    return Handed(names or ("unnamed",), late, attempt, at)


def _person(person: Mapping[str, Any]) -> str:
    """The e-mail address, which Gradescope matches by, else the name with the student id."""
    if person.get(":email"):
        return str(person[":email"])
    return "_".join(str(person[key]) for key in (":name", ":sid") if person.get(key)) or "unnamed"
