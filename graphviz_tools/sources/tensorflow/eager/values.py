"""The current content of an eager tensor or variable, as a Value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.language import _
from graphviz_tools.recording import Value
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.tensorflow.eager.variables import KnownVariable
from graphviz_tools.sources.tensorflow.private_names import unrecorded


def tensor_value(tensor: Any, *, numbers: bool) -> Value:
    """What a tensor holds; without `numbers` its shape and dtype."""
    dtype = tensor.dtype.name
    if dtype == "variant":
        return Value(dtype=dtype, text=_("a variant without numbers"))
    if not numbers:
        return Value(shape=tuple(tensor.shape.as_list()), dtype=dtype)
    return array_value(tensor.numpy(), dtype=dtype)


def held_by(handle: Any, known: KnownVariable | None) -> Any | None:
    """The tensor that the variable behind `handle` holds, read without a tape's notice; None when it has no value."""
    if known is None:
        return None
    tf = import_tensorflow()
    with unrecorded():
        try:
            return tf.raw_ops.ReadVariableOp(resource=handle, dtype=known.variable.dtype)
        except tf.errors.OpError:
            return None


def variable_value(held: Any | None, known: KnownVariable | None, *, numbers: bool) -> Value:
    """The Value of a variable that holds the tensor `held`."""
    if known is None:
        return Value(dtype="resource", text="a variable")
    if held is None:
        return Value(dtype="resource", name=known.name, text=_("a variable without a value"))
    return replace(tensor_value(held, numbers=numbers), name=known.name)
