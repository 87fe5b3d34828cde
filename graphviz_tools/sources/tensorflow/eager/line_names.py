"""What the user's own line calls a tensor, and how a value without a name is written."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Any

from graphviz_tools.language import _
from graphviz_tools.recording import Value
from graphviz_tools.sources.common.call_sites import call_site
from graphviz_tools.sources.common.local_names import local_names
from graphviz_tools.sources.tensorflow.eager.stack import Place, is_users
from graphviz_tools.sources.tensorflow.eager.variables import KnownVariable
from graphviz_tools.sources.tensorflow.graph_reader import function_label
from graphviz_tools.sources.tensorflow.private_names import is_eager

_STOPS = _("stop_gradient: the value goes on, and no gradient will come back through here.")
_FUNCTION = _("A tf.function: its graph runs as one step. record_tensorflow shows what is inside.")


def op_label(op: str) -> str:
    """What a learner reads for an op type; a `tf.function` is called by its own name."""
    return function_label(op) if op.startswith("__") else op


def variable_label(known: KnownVariable, place: Place | None) -> str:
    """The user's name for a variable where the line says it, else the variable's own."""
    return name_on_line(known.variable, place) or known.name


def name_on_line(wanted: Any, place: Place | None) -> str:
    """The name on the user's line that stands for this very object."""
    if place is None or place.site is None or place.frame is None:
        return ""
    words = [word for word in place.site.arguments if isinstance(word, str) and word]
    words += [word for _, word in place.site.keywords if word]
    words += [place.site.receiver] if place.site.receiver else []
    for word in words:
        if _resolve(word, place.frame) is wanted:
            return word
    return ""


def operands(traceback: TracebackType | None) -> list[tuple[str, Any]]:
    """The tensors that are named on the user's line that raised, by these names. (TensorFlow hides its own frames.)"""
    last = None
    while traceback is not None:
        last = traceback if is_users(traceback.tb_frame) else last
        traceback = traceback.tb_next
    if last is None:
        return []
    site = call_site(last.tb_frame.f_code, last.tb_lasti)
    words = [word for word in (site.receiver, *site.arguments) if isinstance(word, str) and word]
    named = {word: _resolve(word, last.tb_frame) for word in words}
    return [(word, tensor) for word, tensor in named.items() if is_eager(tensor)]


def _resolve(word: str, frame: FrameType) -> Any:
    """The object that a dotted name stands for in a frame, found without running code of the user's."""
    first, *rest = word.split(".")
    found = local_names(frame).get(first, frame.f_globals.get(first))
    for part in rest:
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    return found


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
