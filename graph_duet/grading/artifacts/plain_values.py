"""Plain values as JSON: tensors and arrays with dtype and shape, numbers, text, None, and lists, tuples and
dicts of all these, artifacts of other kinds among them."""

from __future__ import annotations

import base64
import math
from collections.abc import Hashable, Mapping
from typing import Any, cast

import numpy as np

from graph_duet.grading.artifacts.transfer import ArtifactError, Damaged, decoded, encoded, require, unpacked
from graphviz_tools.language import _


def encode(thing: Any) -> dict[str, Any]:
    return {"value": to_json(thing)}


def decode(content: dict[str, Any]) -> Any:
    if "value" not in content:
        raise Damaged(_("it has no value"))
    return from_json(content["value"])


def to_json(value: Any) -> Any:
    """Raises ArtifactError for an object of a type not listed above."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return {"float": value if math.isfinite(value) else str(value)}
    if isinstance(value, Mapping):
        pairs = cast(Mapping[Any, Any], value).items()
        return {"dict": [[to_json(key), to_json(item)] for key, item in pairs]}
    if isinstance(value, list | tuple):
        items = [to_json(item) for item in cast(list[Any], value)]
        return {"tuple": items} if isinstance(value, tuple) else items
    array = as_array(value)
    if array is not None:
        return {"array": array_to_json(array)}
    content = encoded(value) if type(value).__module__.partition(".")[0] != "builtins" else {"kind": "values"}
    if content["kind"] == "values":
        raise ArtifactError(
            _(
                "a {kind} cannot be submitted: submit a graph, a program, a model, or plain values",
                kind=type(value).__name__,
            )
        )
    return {"artifact": content}


def from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [from_json(item) for item in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    match value:
        case {"float": "nan" | "inf" | "-inf" as word}:
            return float(word)
        case {"float": int() | float() as number}:
            return float(number)
        case {"tuple": list() as items}:
            return tuple(from_json(item) for item in items)
        case {"dict": list() as pairs} if all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            return _dict_from_json(pairs)
        case {"array": array}:
            return array_from_json(array)
        case {"artifact": artifact}:
            return decoded(artifact)
    raise Damaged(_("{value!r:.60} is not a value", value=value))


def _dict_from_json(pairs: list[Any]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key, item in ((from_json(key), from_json(item)) for key, item in pairs):
        if not isinstance(key, Hashable):
            raise Damaged(_("{key!r:.60} cannot be a key", key=key))
        made[key] = item
    return made


def as_array(value: Any) -> np.ndarray | None:
    """A NumPy array of a tensor's elements, or None for what is not a tensor or array of numbers."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().resolve_conj().resolve_neg().numpy()
    elif hasattr(value, "numpy") and callable(value.numpy):
        value = value.numpy()
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in "biufc":
        return None
    return np.asarray(value)


def array_to_json(array: np.ndarray) -> dict[str, Any]:
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "data": data}


def array_from_json(content: Mapping[str, Any]) -> np.ndarray:
    """Raises Damaged for a dtype that is not one of numbers, and where the data does not fit the shape."""
    require(content, dtype=str, shape=list, data=str)
    data = unpacked(content["data"])
    try:
        dtype = np.dtype(content["dtype"])
        if dtype.kind not in "biufc":
            raise Damaged(_("it holds an array of {dtype}", dtype=dtype))
        return np.frombuffer(data, dtype).reshape(content["shape"]).copy()
    except (TypeError, ValueError) as error:  # NumPy does not know such a dtype, or the sizes do not fit
        raise Damaged(str(error)) from None
