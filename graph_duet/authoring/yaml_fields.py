"""YAML as authors write it: its fields, each with its line, and one sentence for what cannot be read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from graph_duet.authoring.source_error import SourceError
from graphviz_tools.language import _

# What is wrong with a value, as the end of a sentence that begins with the field's name; "" when it is right.
Rule = Callable[[Any], str]


class Field(NamedTuple):
    """A value and the line of its name."""

    value: Any
    line: int


def read_fields(text: str, path: Path, first: int) -> dict[str, Field]:
    """The fields of a YAML mapping that begins on line `first` of `path`. Raises SourceError."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "'\\t'" in str(error.problem):
            sentence = _("this line has a tab: write spaces")
        else:
            sentence = _(
                'not valid YAML ({problem}): put a text with : # [ or {{ in "quotes"', problem=error.problem
            )
        raise SourceError(path, first + (mark.line if mark else 0), sentence) from None
    except (yaml.YAMLError, ValueError) as error:  # a character or a date that cannot be
        raise SourceError(path, first, _("not valid YAML: {error}", error=_one_line(error))) from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise SourceError(path, first, _("these lines are written `name: value`"))
    lines: dict[str, int] = {}
    for key, _value in node.value:
        line = first + key.start_mark.line
        if key.value in lines:
            sentence = _(
                "`{name}:` is here twice (first on line {line})", name=key.value, line=lines[key.value]
            )
            raise SourceError(path, line, sentence)
        lines[key.value] = line
    return {str(name): Field(value, lines.get(str(name), first)) for name, value in values.items()}


def demand(fields: Mapping[str, Field], rules: Mapping[str, Rule], path: Path, what: str) -> None:
    """Raise SourceError for the first field that has no rule or breaks its own; `what` they are fields of."""
    for name, field in fields.items():
        if name not in rules:
            raise SourceError(path, field.line, unknown(name, rules, what))
        if wrong := rules[name](field.value):
            raise SourceError(path, field.line, f"`{name}:` {wrong}")


def unknown(name: str, known: Iterable[str], what: str) -> str:
    """The sentence for a name that is not among `known`, with the one that was probably meant."""
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return _("{what} has no `{name}:`; did you mean `{near}:`?", what=what, name=name, near=near[0])
    return _("{what} has no `{name}:`; it may have {known}", what=what, name=name, known=", ".join(known))


def a_text(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return ""
    if value is None or isinstance(value, str):
        return _("is empty: write a text")
    return _('is a text, not {value!r}: put it in "quotes"', value=value)


def a_number_above_0(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf"):
        return ""
    return _("is a number above 0, not {value!r}", value=value)


def yes_or_no(value: Any) -> str:
    return "" if isinstance(value, bool) else _("is true or false, not {value!r}", value=value)


def texts(value: Any) -> str:
    """For a list of texts."""
    if not isinstance(value, list):
        return _("is a list, one line `- text` each, not {value!r}", value=value)
    for number, each in enumerate(value, start=1):
        if wrong := a_text(each):
            return _("line {number} of the list {wrong}", number=number, wrong=wrong)
    return ""


def one_of(*known: str) -> Rule:
    def rule(value: Any) -> str:
        return (
            ""
            if value in known
            else _("{value!r} is not one of {known}", value=value, known=", ".join(known))
        )

    return rule


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
