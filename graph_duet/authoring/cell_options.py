"""What the top of a cell may hold: its options, and the values of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph_duet.authoring.source_error import SourceError
from graph_duet.authoring.yaml_fields import (
    Field,
    Rule,
    a_number_above_0,
    a_text,
    demand,
    one_of,
    read_fields,
    texts,
    yes_or_no,
)
from graphviz_tools.language import _

KINDS = ("given", "seed", "look", "answer", "kernel", "check", "hidden", "measure")
_BARE = re.compile(r"\s*:?(kind|points|expects|sealed|belief|predicted|seen): [^=]*")
_LINE = re.compile(r":[\w-]+:(\s|$)")


def _a_name(value: Any) -> str:
    """An id or a task: a word or a number."""
    return "" if isinstance(value, int) and not isinstance(value, bool) else a_text(value)


def _tasks(value: Any) -> str:
    if isinstance(value, list) and not any(_a_name(task) for task in value):
        return ""
    return _("is a list of tasks, such as [1, 2], not {value!r}", value=value)


def _settings(value: Any) -> str:
    return "" if isinstance(value, Mapping) else _("is settings for Jupyter, not {value!r}", value=value)


_ANY: dict[str, Rule] = {"name": _a_name, "tags": texts, "jupyter": _settings}
_LESSON: dict[str, Rule] = {**_ANY, "belief": a_text, "predicted": a_text, "seen": a_text}
_EXERCISE: dict[str, Rule] = {
    **_ANY,
    "kind": one_of(*KINDS),
    "task": _a_name,
    "title": a_text,
    "points": a_number_above_0,
    "expects": a_text,
    "fresh": yes_or_no,
    "sealed": yes_or_no,
    "uses": _tasks,
    "tolerance": a_number_above_0,
}


def check_options(lines: Sequence[str], path: Path, first: int) -> None:
    """Raise SourceError for a wrong option of a code cell whose `lines` begin on line `first` of `path`."""
    if lines and lines[0].strip() == "---":
        end = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        if not end:
            raise SourceError(path, first, _("these options are not closed: write --- after them"))
        _demand(read_fields("\n".join(lines[1:end]) + "\n", path, first + 1), path)
        return
    written: list[str] = []
    for number, line in enumerate(lines, start=first):
        if not line.startswith(":"):
            break
        if not _LINE.match(line):
            raise SourceError(path, number, _("an option is written `:name: value`"))
        written.append(line[1:])
    _demand(read_fields("\n".join(written) + "\n", path, first), path)
    for number, line in enumerate(lines[len(written) :], start=first + len(written)):
        if line.startswith("```"):
            return
        if _LINE.match(line) or (number == first + len(written) and _BARE.fullmatch(line)):
            raise SourceError(path, number, _("options go at the top of a cell, each as `:name: value`"))


def check_metadata(metadata: Mapping[str, Any], path: Path, line: int) -> None:
    """The same for the metadata of a text cell, from `+++ {"name": "idea"}`."""
    _demand({name: Field(value, line) for name, value in metadata.items()}, path)


def _demand(fields: Mapping[str, Field], path: Path) -> None:
    is_lesson = path.name == "lesson.md"
    what = _("a cell of a lesson") if is_lesson else _("a cell of an exercise")
    demand(fields, _LESSON if is_lesson else _EXERCISE, path, what)
