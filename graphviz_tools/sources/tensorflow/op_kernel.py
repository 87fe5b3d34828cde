"""One op of a graph, run by itself on concrete tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.tensorflow.private_names import CONTEXT, EXECUTE, found_all

Kernel = Callable[[Sequence[Any]], list[Any]]


def kernel_of(op: Any) -> Kernel:
    """A function from the op's flat input tensors to its list of output tensors, with its own attributes.

    A seeded random op keeps its generator inside its op kernel. It gets an op kernel of its own, which starts where
    a freshly traced graph would start, and leaves the generators of the user's eager code alone.
    """
    tf = import_tensorflow()
    if op.type == "Const":
        constant = tf.constant(tf.make_ndarray(op.get_attr("value")), op.outputs[0].dtype)
        return lambda inputs: [constant]
    alone = None if is_seeded(op) else _eager_kernel(op)
    return alone or _function_of_one_op(op)


def is_seeded(op: Any) -> bool:
    """True for a random op that draws the same numbers in every new kernel."""
    seeds = {"seed", "seed2"} & {a.name for a in op.op_def.attr}
    return op.op_def.is_stateful and any(op.get_attr(name) for name in seeds)


def _eager_kernel(op: Any) -> Kernel | None:
    """The op as eager TensorFlow runs it; None when it has an attribute that eager calls do not take.

    Every function of `tf.raw_ops` ends in the private `execute`. (`tf.raw_ops` itself renames inputs and attributes
    of some ops and does not say which.) Without it each op becomes a small function, which gives the same values,
    slower.
    """
    found = found_all(EXECUTE, CONTEXT)
    if found is None:
        return None
    execute, context = found
    attributes: list[Any] = []
    for attribute in op.op_def.attr:
        if attribute.type in ("tensor", "list(tensor)"):
            return None
        attributes += [attribute.name, _eager_attribute(attribute.type, op.get_attr(attribute.name))]
    name, count = op.type.encode(), len(op.outputs)
    flat = tuple(attributes)

    def run(inputs: Sequence[Any]) -> list[Any]:
        return list(execute(name, count, list(inputs), flat, context()) or ())

    return run


def whole_kernel(concrete: Any) -> Kernel | None:
    """A traced function as TensorFlow runs it, from its flat inputs (captured ones last) to its outputs.

    `call_function` is private: a call of the function ends in it. None without it.
    """
    context = CONTEXT.find()
    call = getattr(context(), "call_function", None) if context is not None else None
    if call is None:
        return None
    return lambda inputs: list(call(concrete.name, list(inputs), len(concrete.graph.outputs)) or ())


def _eager_attribute(kind: str, value: Any) -> Any:
    """The value of an attribute in the form that eager execution takes."""
    if kind.startswith("list("):
        return [_eager_attribute(kind[5:-1], item) for item in value]
    if kind == "type":
        return value.as_datatype_enum
    if kind == "shape":
        shape = import_tensorflow().TensorShape(value)
        return None if shape.rank is None else shape.as_list()
    return value


def _function_of_one_op(op: Any) -> Kernel:
    """The op alone in a graph function: public names only."""
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
    results = [f"{op.name}:{i}" for i in range(len(op.outputs))]

    @tf.function(autograph=False, input_signature=[tf.TensorSpec(None, t.dtype) for t in op.inputs])
    def alone(*inputs: Any) -> list[Any]:
        fed = {f"input_{i}": value for i, value in enumerate(inputs)}
        return tf.graph_util.import_graph_def(definition, input_map=fed, return_elements=results, name="")

    return lambda inputs: list(alone(*inputs))
