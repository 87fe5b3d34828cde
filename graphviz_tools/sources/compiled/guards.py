"""Dynamo's guards in words: what a call must match to use a compiled graph, and which of these it did not match."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import torch

from graphviz_tools.cache_history import in_few_words
from graphviz_tools.language import _
from graphviz_tools.sources.compiled.private_names import TRANSFORM_GUARD

STATE = _("PyTorch's global state (grad mode, autocast, default dtype, ...) is as it was")
_STATE_CHECKS = (
    "___check_global_state",
    "___check_torch_function_mode_stack",
    "utils_device.",
    TRANSFORM_GUARD,
)
_INTERNAL = re.compile(r"hasattr\(.+, '_dynamo_\w+'\) == False")
# Asked of every module and every called function, and of no interest one by one.
_MACHINERY = re.compile(
    r"G\['__|^___check_obj_id\(G\[|___dict_contains|_(?:modules|parameters|buffers), \d+\), type="
)
_TENSOR = re.compile(
    r"check_tensor\((?P<name>.+?), (?:Tensor|Parameter|\w+), DispatchKeySet.*?\), torch\.(?P<dtype>\w+), "
    r".*?requires_grad=(?P<grad>\w+), size=\[(?P<size>.*?)\]"
)
_TYPE = re.compile(r"___check_type_id\((?P<name>.+), \d+\), type=<class '(?P<type>.+)'>")
_SAME = re.compile(r"___check_obj_id\((?P<name>.+), \d+\)")
_MISMATCH = re.compile(
    r"tensor '(?P<name>.+?)' (?P<what>[\w ]+?) mismatch(?: at index (?P<at>\d+))?\. "
    r"expected (?P<expected>[^,#\n]+)(?:, actual (?P<actual>[^#\n]+))?"
)
_DTYPES = {
    "Float": "float32",
    "Double": "float64",
    "Half": "float16",
    "Long": "int64",
    "Int": "int32",
    "Bool": "bool",
}


def guard_words(parts: Iterable[str]) -> tuple[str, ...]:
    """What an entry's guards ask of a call: arguments first, then the globals, then PyTorch's state."""
    words: set[str] = set()
    same = state = 0
    for part in parts:
        if part.startswith(_STATE_CHECKS):
            state += 1
        elif _MACHINERY.search(part):
            same += 1
        elif not _INTERNAL.match(part):
            words.add(guard_in_words(part))
    phrases = sorted(words)  # Dynamo's own order depends on what failed before
    if same:
        phrases.append(
            _("{same} functions, modules and tables of modules that it uses are as they were", same=same)
        )
    if state:
        phrases.append(STATE)
    return tuple(phrases)


def guard_in_words(part: str) -> str:
    """One guard, such as `check_tensor(L['x'], ...)` as `x: float32[2, any]`."""
    if found := _TENSOR.match(part):
        size = found["size"].replace("None", "any")
        grad = _(", requires grad") if found["grad"] == "True" else ""
        return f"{user_name(found['name'])}: {found['dtype']}[{size}]{grad}"
    if found := _TYPE.match(part):
        return _(
            "{user_name} is of type {type}",
            user_name=user_name(found["name"]),
            type=found["type"].rpartition(".")[2],
        )
    if found := _SAME.match(part):
        return _("{user_name} is the same object", user_name=user_name(found["name"]))
    return _plain(part)


def refusal_in_words(part: str) -> str:
    """One guard that failed: `x: size 4 in dimension 0, where the graph has 3`."""
    if found := _MISMATCH.search(part):
        where = _(" in dimension {at}", at=found["at"]) if found["at"] else ""
        actual, expected = (_dtype(word or "differs") for word in found.group("actual", "expected"))
        return _(
            "{user_name}: {what} {actual}{where}, where the graph has {expected}",
            user_name=user_name(found["name"]),
            what=found["what"],
            actual=actual,
            where=where,
            expected=expected,
        )
    if found := re.search(r"GLOBAL_STATE changed: (?P<what>[\w, ]+)", part):
        return _("PyTorch's state differs: {what}", what=found["what"].strip().replace("_", " "))
    return _("the graph needs {guard_in_words}", guard_in_words=guard_in_words(part))


def _dtype(word: str) -> str:
    return _DTYPES.get(word.strip(), word.strip())


def _plain(part: str) -> str:
    """A guard that is a Python expression, with the user's names."""
    text = part.split("\nUser stack trace:")[0].split("  #")[0].strip()
    return re.sub(r"[LG]\['[^']+'\](?:\._\w+\['[^']+'\])*", lambda found: user_name(found[0]), text)


def user_name(source: str) -> str:
    """`L['self']._modules['fc']._parameters['weight']` as `fc.weight`, `L['batch']['x']` as `batch['x']`."""
    inside = re.sub(r"\._(?:modules|parameters|buffers)\['([^']+)'\]", r".\1", source)
    if inside != source:
        return re.sub(r"^[LG]\['[^']+'\]\.", "", inside)
    if source.startswith(("___stack", "L['___stack")):
        return _("a value from before the break")
    return re.sub(r"^[LG]\['([^']+)'\]", r"\1", source)


def argument_words(values: dict[str, Any]) -> str:
    """A call's arguments: `x: float32[3], k=2`."""
    return ", ".join(f"{name}{_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        return f": {dtype}{list(value.shape)}" + (_(", requires grad") if value.requires_grad else "")
    return f"={in_few_words(value)}"
