"""The front matter of a lesson or an exercise: which fields it has, and what each holds."""

from __future__ import annotations

from pathlib import Path

from graph_duet.authoring.source_error import SourceError
from graph_duet.authoring.yaml_fields import Field, Rule, a_number_above_0, a_text, demand, read_fields, texts
from graphviz_tools.language import _

_OF_JUPYTER = ("jupytext", "kernelspec", "language_info", "jupyter")
_BOTH: dict[str, Rule] = {
    "title": a_text,
    "minutes": a_number_above_0,
    "before": a_text,
    "next": a_text,
    "aims": texts,
}
_LESSON: dict[str, Rule] = {"lesson": a_text, **_BOTH}
_EXERCISE: dict[str, Rule] = {
    "exercise": a_text,
    **_BOTH,
    "heading": a_text,
    "deadline": a_number_above_0,
    "cell_seconds": a_number_above_0,
}


def read_front_matter(text: str, path: Path) -> dict[str, Field]:
    """The fields of the text's front matter, without those that Jupyter writes.

    Raises SourceError with the line of the field that is missing, unknown or of another type.
    """
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        raise SourceError(path, 1, _("the file begins with front matter between two lines of ---"))
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if not end:
        raise SourceError(
            path, 1, _("the front matter is not closed: write --- on a line of its own after it")
        )
    fields = read_fields("\n".join(lines[1:end]) + "\n", path, first=2)
    fields = {name: field for name, field in fields.items() if name not in _OF_JUPYTER}
    is_lesson = path.name == "lesson.md"
    rules = _LESSON if is_lesson else _EXERCISE
    for name in (next(iter(rules)), "title", "minutes"):
        if name not in fields:
            raise SourceError(path, 1, _("the front matter needs `{name}:`", name=name))
    demand(
        fields, rules, path, _("a lesson's front matter") if is_lesson else _("an exercise's front matter")
    )
    return fields
