"""What a failing call was given, in words: each operand's name, its shape, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphviz_tools.language import _
from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.call_sites import call_site, operand_texts
from graphviz_tools.sources.common.local_names import local_names
from graphviz_tools.sources.tensorflow.failed_call import FailedCall, failed_call
from graphviz_tools.sources.tensorflow.op_line import op_line
from graphviz_tools.sources.tensorflow.private_names import is_eager

_SHOWN = 4


class Operand(NamedTuple):
    """`given` is a tensor, a variable, a layer, an array, a list or a number."""

    name: str
    given: Any


def operands(error: BaseException) -> list[Operand]:
    """What the user's innermost call that raised `error` was given, except for what has no shape."""
    call = failed_call(error) if isinstance(error, Exception) else None  # not the stop button
    if call is None:
        return []
    site = call_site(call.frame.f_code, call.instruction)
    operator = not call.is_generated and not site.callee
    found = {id(each.given): each for each in _named(call) if _counts(each.given, operator)}
    return list(found.values())[:_SHOWN]


def operand_words(found: Sequence[Operand], of_tensor: Callable[[Any], str]) -> str:
    """`x: float32 [2, 3], from y = x * 2.0, line 7. [1, 2]: a list of shape [2].`"""
    return " ".join(f"{each.name}: {_described(each.given, of_tensor)}" for each in found)


def is_symbolic(thing: Any) -> bool:
    """Whether `thing` is a tensor of a graph."""
    return hasattr(thing, "op") and hasattr(thing, "shape") and not hasattr(thing, "handle")


def symbolic_words(tensor: Any) -> str:
    """`float32 [?, 3], from y = x * 2.0, line 7.`"""
    line = op_line(tensor.op) if tensor.op.type != "Placeholder" else None
    return _("{type}{origin}.", type=type_words(tensor), origin=origin_words(line, tensor.op.type))


def type_words(tensor: Any) -> str:
    """The dtype and the shape, `?` for a size that is not known yet."""
    if tensor.shape.rank is None:
        return _("{dtype} of no fixed shape", dtype=tensor.dtype.name)
    sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape.as_list())
    return f"{tensor.dtype.name} [{sizes}]"


def origin_words(line: SourceLine | None, op_type: str) -> str:
    if line is not None:
        return _(", from {text}, line {line}", text=line.text, line=line.line)
    return _(", an input") if op_type == "Placeholder" else ""


def _named(call: FailedCall) -> Iterator[Operand]:
    """Each thing that the call was given, by its name in the user's code, else by its text there."""
    code = call.frame.f_code
    texts = () if call.is_generated else operand_texts(code, call.instruction)
    names = {**call.frame.f_globals, **local_names(call.frame)}
    known = {id(thing): name for name, thing in names.items() if not isinstance(thing, int | float)}
    named = [known.get(id(thing), "") for thing in call.given]
    rest = [text for text in texts if text not in named]
    if len(rest) == named.count(""):
        unnamed = iter(rest)
        named = [name or next(unnamed) for name in named]
    for place, (name, thing) in enumerate(zip(named, call.given, strict=True), 1):
        if isinstance(thing, list | tuple) and any(_has_shape(item) for item in thing):
            owner = name or _("operand {place}", place=place)
            for number, item in enumerate(thing):
                yield Operand(known.get(id(item), f"{owner}[{number}]"), item)
        else:
            yield Operand(name or _own_name(thing, place), thing)


def _own_name(thing: Any, place: int) -> str:
    if isinstance(thing, list | tuple | float | int):
        text = repr(thing)
        return text if len(text) <= 40 else f"{text[:39]}…"
    if hasattr(thing, "get_build_config"):
        return str(thing.name)
    return _("operand {place}", place=place)


def _is_variable(thing: Any) -> bool:
    return hasattr(thing, "assign") and hasattr(thing, "shape")


def _has_shape(thing: Any) -> bool:
    return is_eager(thing) or is_symbolic(thing) or _is_variable(thing) or isinstance(thing, np.ndarray)


def _counts(thing: Any, operator: bool) -> bool:
    """Whether a learner needs to see it: a number beside an operator counts, an axis does not."""
    if isinstance(thing, bool | str) or thing is None:
        return False
    if isinstance(thing, int | float):
        return operator
    numbers = isinstance(thing, list | tuple) and all(
        isinstance(x, list | tuple | int | float) for x in thing
    )
    return _has_shape(thing) or hasattr(thing, "get_build_config") or numbers


def _described(thing: Any, of_tensor: Callable[[Any], str]) -> str:
    if hasattr(thing, "get_build_config"):
        built = (thing.get_build_config() or {}).get("input_shape")
        kind = type(thing).__name__
        return (
            _("a {kind} layer, built for inputs of shape {built}.", kind=kind, built=built)
            if built
            else f"{kind}."
        )
    if _is_variable(thing):
        shape, dtype = list(thing.shape), getattr(thing.dtype, "name", thing.dtype)
        return _("{dtype} {shape}, a variable.", dtype=dtype, shape=shape)
    if isinstance(thing, np.ndarray):
        return _("{dtype} {shape}, a NumPy array.", dtype=thing.dtype, shape=list(thing.shape))
    if isinstance(thing, int | float):
        return _("a Python number.")
    if isinstance(thing, list | tuple):
        return _("a Python list of shape {shape}.", shape=_sizes(thing))
    return symbolic_words(thing) if is_symbolic(thing) else of_tensor(thing)


def _sizes(thing: Any) -> list[int]:
    """The sizes of nested lists, judged by the first item of each."""
    sizes: list[int] = []
    while isinstance(thing, list | tuple):
        sizes.append(len(thing))
        thing = thing[0] if thing else None
    return sizes
