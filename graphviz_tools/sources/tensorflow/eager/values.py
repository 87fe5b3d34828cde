"""What an eager tensor or variable holds now, as a Value."""

from __future__ import annotations

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


def variable_value(handle: Any, known: KnownVariable | None, *, numbers: bool) -> Value:
    """What the variable behind `handle` holds; no tape records the reading."""
    if known is None:
        return Value(dtype="resource", text="a variable")
    tf = import_tensorflow()
    with unrecorded():
        try:
            held = tf.raw_ops.ReadVariableOp(resource=handle, dtype=known.variable.dtype)
        except tf.errors.OpError:
            return Value(dtype="resource", name=known.name, text=_("a variable without a value"))
    if not numbers:
        return Value(shape=tuple(held.shape.as_list()), dtype=held.dtype.name, name=known.name)
    return array_value(held.numpy(), dtype=held.dtype.name, name=known.name)
