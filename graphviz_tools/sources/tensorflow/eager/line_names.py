"""The name that the user's line has for a tensor, and the label of a value without a name."""

from __future__ import annotations

from typing import Any

from graphviz_tools.language import _
from graphviz_tools.recording import Value
from graphviz_tools.sources.common.local_names import resolved
from graphviz_tools.sources.tensorflow.eager.stack import Place
from graphviz_tools.sources.tensorflow.eager.variables import KnownVariable
from graphviz_tools.sources.tensorflow.graph_reader import function_label

_STOPS = _("stop_gradient: the value goes on, and no gradient will come back through here.")
_FUNCTION = _("A tf.function: its graph runs as one step. record_tensorflow shows what is inside.")


def op_label(op: str) -> str:
    """The label of an op type; for a `tf.function` its own name."""
    return function_label(op) if op.startswith("__") else op


def variable_label(known: KnownVariable, place: Place | None) -> str:
    """The user's name for a variable if the line has one, else the variable's own."""
    return name_on_line(known.variable, place) or known.name


def name_on_line(wanted: Any, place: Place | None) -> str:
    """The name on the user's line that refers to this very object."""
    if place is None or place.site is None or place.frame is None:
        return ""
    words = [word for word in place.site.arguments if isinstance(word, str) and word]
    words += [word for _, word in place.site.keywords if word]
    words += [place.site.receiver] if place.site.receiver else []
    for word in words:
        if resolved(word, place.frame) is wanted:
            return word
    return ""


def only_number(value: Value) -> str:
    """The only number of a value, in words."""
    if value.numbers is None or len(value.numbers) != 1:
        return ""
    number = value.numbers[0]
    return str(number) if isinstance(number, bool) else f"{number:.6g}"


def constant_label(value: Value) -> str:
    if value.shape == () and value.numbers is not None:
        return only_number(value)
    if value.numbers is not None and len(value.numbers) <= 4:
        return f"[{', '.join(f'{number:.6g}' for number in value.numbers)}]"
    return f"constant {list(value.shape or ())}"


def op_note(op: str) -> str:
    """A sentence about an op that has something to explain."""
    if op == "StopGradient":
        return _STOPS
    return _FUNCTION if op.startswith("__") else ""
