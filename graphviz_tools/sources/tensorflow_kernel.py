"""One op of a graph, run by itself on concrete tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from graphviz_tools.frameworks import import_tensorflow

Kernel = Callable[[Sequence[Any]], list[Any]]


def kernel_of(op: Any) -> Kernel:
    """A function from the op's input tensors to its list of output tensors, with the op's own attributes.

    A seeded random op keeps its generator inside its kernel. It gets a kernel of its own, which starts where
    a freshly traced graph would start, and leaves the generators of the user's eager code alone.
    """
    tf = import_tensorflow()
    if op.type == "Const":
        constant = tf.constant(tf.make_ndarray(op.get_attr("value")), op.outputs[0].dtype)
        return lambda inputs: [constant]
    raw = getattr(tf.raw_ops, op.type, None)
    if raw is None or _is_seeded(op):
        return _function_of_one_op(op)
    accepted = inspect.signature(raw).parameters
    attributes = {a.name: op.get_attr(a.name) for a in op.op_def.attr if a.name in accepted}

    def run(inputs: Sequence[Any]) -> list[Any]:
        result = raw(**_by_name(op, inputs), **attributes)
        return [] if result is None else tf.nest.flatten(result)

    return run


def _by_name(op: Any, inputs: Sequence[Any]) -> dict[str, Any]:
    """The flat `inputs` under the names that the op's definition gives them; some names stand for a list."""
    named: dict[str, Any] = {}
    start = 0
    for argument in op.op_def.input_arg:
        if argument.number_attr:
            length = op.get_attr(argument.number_attr)
        elif argument.type_list_attr:
            length = len(op.get_attr(argument.type_list_attr))
        else:
            named[argument.name] = inputs[start]
            start += 1
            continue
        named[argument.name] = list(inputs[start : start + length])
        start += length
    return named


def _is_seeded(op: Any) -> bool:
    seeds = {"seed", "seed2"} & {a.name for a in op.op_def.attr}
    return op.op_def.is_stateful and any(op.get_attr(name) for name in seeds)


def _function_of_one_op(op: Any) -> Kernel:
    """The op alone in a graph function."""
    tf = import_tensorflow()
    definition = tf.compat.v1.GraphDef()
    node = definition.node.add()
    node.CopyFrom(op.node_def)
    node.attr.pop("_class", None)
    del node.input[:]
    node.input.extend(f"input_{i}" for i in range(len(op.inputs)))
    for i, tensor in enumerate(op.inputs):
        placeholder = definition.node.add(name=f"input_{i}", op="Placeholder")
        placeholder.attr["dtype"].type = tensor.dtype.as_datatype_enum
    results = [f"{op.name}:{i}" for i in range(len(op.outputs))] or [op.name]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec(None, t.dtype) for t in op.inputs])
    def alone(*inputs: Any) -> list[Any]:
        fed = {f"input_{i}": value for i, value in enumerate(inputs)}
        return tf.graph_util.import_graph_def(definition, input_map=fed, return_elements=results, name="")

    return lambda inputs: tf.nest.flatten(alone(*inputs)) if op.outputs else _nothing(alone(*inputs))


def _nothing(_: Any) -> list[Any]:
    return []
