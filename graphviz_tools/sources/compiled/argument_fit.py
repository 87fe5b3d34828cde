"""Where a call's arguments do not fit the guards of a compiled graph: every place, while Dynamo stops at the first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from graphviz_tools.language import _
from graphviz_tools.sources.compiled.guards import user_name

_TENSOR = re.compile(
    r"check_tensor\((?P<name>.+?), (?P<kind>\w+), DispatchKeySet.*?\), torch\.(?P<dtype>\w+), "
    r".*?requires_grad=(?P<grad>\w+), size=\[(?P<size>.*?)\](?:, stride=\[(?P<stride>.*?)\])?"
)
_TYPE = re.compile(r"___check_type_id\((?P<name>L\[.+), \d+\), type=<class '(?P<type>.+)'>")
_SAME = re.compile(r"___check_obj_id\((?P<name>L\[.+), (?P<id>\d+)\)")
_EQUAL = re.compile(r"(?P<name>L\['[^']+'\](?:\['[^']+'\]|\[\d+\])*) == (?P<value>[^#]+?)\s*(?:#.*)?")
_LENGTH = re.compile(r"len\((?P<name>L\[.+?\])\) == (?P<value>\d+)")
_ABSENT = object()


def misfits(guards: Iterable[str], values: dict[str, Any]) -> tuple[str, ...]:
    """In words, one text a difference: `x: dtype float64, where the graph has float32`.

    `values` are the local variables that the guards look at. Guards of other kinds are skipped.
    """
    return tuple(dict.fromkeys(text for guard in guards for text in _misfits(guard, values)))


def _misfits(guard: str, values: dict[str, Any]) -> Iterator[str]:
    if found := _TENSOR.match(guard):
        value = _value(found["name"], values)
        if isinstance(value, torch.Tensor):
            yield from _of_tensor(user_name(found["name"]), value, found)
        elif value is not _ABSENT:
            yield _(
                "{user_name}: {kind}, where the graph has a tensor",
                user_name=user_name(found["name"]),
                kind=_kind(value),
            )
    elif found := _TYPE.match(guard):
        value, wanted = _value(found["name"], values), found["type"].rpartition(".")[2]
        if value is not _ABSENT and type(value).__name__ != wanted:
            yield _(
                "{user_name}: {kind}, where the graph has {article}",
                user_name=user_name(found["name"]),
                kind=_kind(value),
                article=_article(wanted),
            )
    elif found := _SAME.match(guard):
        value = _value(found["name"], values)
        if value is not _ABSENT and id(value) != int(found["id"]):
            yield _(
                "{user_name}: another object; a graph belongs to one object, not to its value",
                user_name=user_name(found["name"]),
            )
    elif found := _LENGTH.match(guard):
        value = _value(found["name"], values)
        if hasattr(value, "__len__") and len(value) != int(found["value"]):
            yield _(
                "{user_name}: length {count}, where the graph has {value}",
                user_name=user_name(found["name"]),
                count=len(value),
                value=found["value"],
            )
    elif found := _EQUAL.fullmatch(guard):
        value, wanted = _value(found["name"], values), _value(found["value"], values)
        plain = isinstance(value, bool | int | float | str | type(None))
        if isinstance(value, torch.Tensor) and wanted is not _ABSENT:
            yield _(
                "{user_name}: a tensor, where the graph has {wanted!r} baked in",
                user_name=user_name(found["name"]),
                wanted=wanted,
            )
        elif plain and wanted is not _ABSENT and (type(value), value) != (type(wanted), wanted):
            yield (
                _(
                    "{user_name}: Python value {value!r}, where the graph has {wanted!r} baked in",
                    user_name=user_name(found["name"]),
                    value=value,
                    wanted=wanted,
                )
            )


def _of_tensor(name: str, tensor: torch.Tensor, graph: re.Match[str]) -> Iterator[str]:
    if type(tensor).__name__ != graph["kind"]:
        kind, expected = _article(type(tensor).__name__), _article(graph["kind"])
        yield _("{name}: {kind}, where the graph has {expected}", name=name, kind=kind, expected=expected)
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype != graph["dtype"]:
        yield _(
            "{name}: dtype {dtype}, where the graph has {expected}",
            name=name,
            dtype=dtype,
            expected=graph["dtype"],
        )
    if str(tensor.requires_grad) != graph["grad"]:
        asks = _("requires grad") if tensor.requires_grad else _("does not require grad")
        yield _(
            "{name}: {asks}, where the graph has requires_grad={grad}",
            name=name,
            asks=asks,
            grad=graph["grad"],
        )
    yield from _of_sizes(name, tensor, graph)


def _of_sizes(name: str, tensor: torch.Tensor, graph: re.Match[str]) -> Iterator[str]:
    """Rank, strides and sizes; strides are compared where the sizes are equal."""
    sizes = [size.strip() for size in graph["size"].split(",") if size.strip()]
    if len(sizes) != tensor.ndim:
        yield _(
            "{name}: rank {ndim}, where the graph has {count}", name=name, ndim=tensor.ndim, count=len(sizes)
        )
        return
    strides = [stride.strip() for stride in (graph["stride"] or "").split(",") if stride.strip()]
    if (
        tensor.layout is torch.strided
        and len(strides) == tensor.ndim
        and list(tensor.shape) == list(map(_size, sizes))
    ):
        for dimension, (stride, wanted) in enumerate(zip(tensor.stride(), strides, strict=True)):
            if wanted.isdigit() and int(wanted) != stride:
                yield _(
                    "{name}: stride {stride} in dimension {dimension}, where the graph has {wanted}",
                    name=name,
                    stride=stride,
                    dimension=dimension,
                    wanted=wanted,
                )
    for dimension, (size, wanted) in enumerate(zip(tensor.shape, sizes, strict=True)):
        if wanted.isdigit() and int(wanted) != size:
            yield _(
                "{name}: size {size} in dimension {dimension}, where the graph has {wanted}",
                name=name,
                size=size,
                dimension=dimension,
                wanted=wanted,
            )


def _size(text: str) -> int:
    """A size of a guard; -1 for one that may be any."""
    return int(text) if text.isdigit() else -1


def _value(source: str, values: dict[str, Any]) -> Any:
    """The current value of Dynamo's expression for an argument, or of a literal."""
    try:
        return eval(source, {"__builtins__": {}, "L": values})
    except (AttributeError, IndexError, KeyError, NameError, SyntaxError, TypeError):
        return _ABSENT


def _kind(value: Any) -> str:
    return "a tensor" if isinstance(value, torch.Tensor) else _article(type(value).__name__)


def _article(word: str) -> str:
    if word == "NoneType":
        return "None"
    return _("an {word}", word=word) if word[0] in "aeiou" else f"a {word}"
