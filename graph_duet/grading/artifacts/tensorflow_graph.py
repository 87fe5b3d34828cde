"""A TensorFlow graph as data: its GraphDef, and the values of the variables and constants that it captures."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from graph_duet.grading.artifacts.plain_values import array_from_json, array_to_json
from graph_duet.grading.artifacts.transfer import ArtifactError, Damaged, require, unpacked
from graphviz_tools.language import _

# They call a Python function of the process that made the graph, so no other process can run them.
_PYTHON = ("PyFunc", "PyFuncStateless", "EagerPyFunc")
# They read or write files, or wait for another process.
_OUTSIDE = re.compile(
    r"(Read|Write|Matching)File|Write|Save|Restore|MergeV2|.*Checkpoint|.*Dataset|.*Iterator|Debug"
)
_CUSTOM = "_gradient_op_type"  # set by tf.custom_gradient on the IdentityN at its end


class Operation(NamedTuple):
    """One operation of a graph. `inputs` are names of operations; `custom_gradient` is True for the IdentityN with
    which `tf.custom_gradient` ends, whose inputs are the results and then the arguments."""

    name: str
    type: str
    inputs: tuple[str, ...]
    custom_gradient: bool


def encode(
    thing: Any, inputs: Iterable[Any] | None = None, outputs: Iterable[Any] | None = None
) -> dict[str, Any]:
    """`thing` is a `tf.Graph` (then `inputs` and `outputs` say which of its tensors are meant), a FuncGraph or a
    ConcreteFunction. Raises ArtifactError when a tensor is not of this graph."""
    graph = getattr(thing, "graph", thing)
    captured = {inner.name: outer for outer, inner in getattr(graph, "captures", ())}
    fed = list(inputs) if inputs is not None else list(getattr(graph, "inputs", ()))
    made: Any = outputs if outputs is not None else getattr(graph, "outputs", ())
    results: list[Any] = [made] if hasattr(made, "dtype") else list(made)
    for tensor in (*fed, *results):
        if getattr(tensor, "graph", None) is not graph:
            raise ArtifactError(_("{tensor!r:.60} is not a tensor of the submitted graph", tensor=tensor))
    return {
        "graph": base64.b64encode(graph.as_graph_def().SerializeToString()).decode(),
        "inputs": [tensor.name for tensor in fed if tensor.name not in captured],
        "outputs": [tensor.name for tensor in results],
        "control": [op.name for op in getattr(graph, "control_outputs", ())],
        "captured": {name: _captured(graph, outer) for name, outer in captured.items()},
    }


def _captured(graph: Any, outer: Any) -> dict[str, Any]:
    for place, variable in enumerate(getattr(graph, "variables", ())):
        if variable.handle is outer:
            return {"variable": place, **array_to_json(variable.numpy())}
    if not hasattr(outer, "numpy"):
        raise ArtifactError(_("the graph uses {outer!r:.60}, which belongs to another graph", outer=outer))
    return array_to_json(outer.numpy())


def decode(content: dict[str, Any]) -> TensorFlowGraph:
    require(content, graph=str, inputs=list, outputs=list, control=list, captured=dict)
    return TensorFlowGraph(content)


class TensorFlowGraph:
    """A graph that was loaded from data.

    Call it with arrays, one for each input, in order: it returns an array, or a tuple of them where the graph has
    several outputs. Its variables start with the values that they had when the graph was submitted, and keep what
    the calls write to them. `shapes` are the inputs' shapes, None where any size is taken.
    """

    def __init__(self, content: Mapping[str, Any]):
        import tensorflow as tf
        from google.protobuf.message import DecodeError

        definition = tf.compat.v1.GraphDef()
        try:
            definition.ParseFromString(unpacked(content["graph"]))
        except DecodeError as error:
            raise Damaged(str(error)) from None
        bodies = {f.signature.name: f.node_def for f in definition.library.function}
        for node in (*definition.node, *(n for body in bodies.values() for n in body)):
            if node.op in _PYTHON:
                raise ArtifactError(
                    _("the graph calls back into Python ({op}), so it is not a graph alone", op=node.op)
                )
            if _OUTSIDE.match(node.op):
                raise ArtifactError(_("the graph reads or writes outside itself ({op})", op=node.op))
        self._graph, self._bodies = tf.Graph(), bodies
        self._nodes = {node.name: node for node in definition.node}
        self._outputs = [str(name) for name in content["outputs"]]
        with self._graph.as_default():
            fed = {str(n): self._capture(tf, str(n), c) for n, c in content["captured"].items()}
            try:
                tf.import_graph_def(definition, input_map=fed, name="")
                tensor = self._graph.get_tensor_by_name
                self._inputs = [tensor(str(name)) for name in content["inputs"]]
                self._results = [tensor(name) for name in self._outputs]
                self._control = [self._graph.get_operation_by_name(str(name)) for name in content["control"]]
            except (tf.errors.OpError, KeyError, ValueError) as error:  # no such graph, op or tensor
                raise Damaged(str(error)) from None
            self._variables = list(tf.compat.v1.global_variables())
            start = tf.compat.v1.variables_initializer(self._variables)
        options = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        self._session = tf.compat.v1.Session(graph=self._graph, config=options)
        self._session.run(start)

    def _capture(self, tf: Any, name: str, content: Mapping[str, Any]) -> Any:
        value = array_from_json(content)
        if "variable" not in content:
            return tf.constant(value)
        variable = tf.compat.v1.get_variable(
            f"captured_{content['variable']}",
            initializer=tf.compat.v1.constant_initializer(value),
            shape=value.shape,
            dtype=value.dtype,
            use_resource=True,
        )
        return variable.handle

    @property
    def shapes(self) -> list[list[int | None] | None]:
        return [None if t.shape.rank is None else t.shape.as_list() for t in self._inputs]

    @property
    def variables(self) -> list[Any]:
        """What the graph's variables hold now, as arrays."""
        with self._graph.as_default():
            return self._session.run(self._variables)

    def __call__(self, *inputs: Any) -> Any:
        """Raises ArtifactError when the number of inputs is another, or the graph fails on them."""
        import tensorflow as tf

        if len(inputs) != len(self._inputs):
            raise ArtifactError(
                _(
                    "the graph has {count} inputs, and {given} are given",
                    count=len(self._inputs),
                    given=len(inputs),
                )
            )
        feed = dict(zip(self._inputs, inputs, strict=True))
        try:
            results, _ran = self._session.run((self._results, self._control), feed)
        except (tf.errors.OpError, ValueError) as error:
            raise ArtifactError(
                _("the graph fails on such an input: {error}", error=str(error).splitlines()[0])[:300]
            ) from None
        return results[0] if len(results) == 1 else tuple(results)

    def operations(self, everything: bool = False) -> list[Operation]:
        """The operations at the top of the graph that its outputs are computed from, or, with `everything`,
        all of them. Constants captured from outside count as inputs."""
        names = set(self._nodes) if everything else self._needed()
        return [_operation(node) for name, node in self._nodes.items() if name in names]

    def counts(self, everything: bool = False, inside: bool = False) -> dict[str, int]:
        """How many operations of each type there are, sorted by type. `inside` adds those in the functions that the
        graph calls (branches, loop bodies, inner functions), each function counted once."""
        counted = Counter(op.type for op in self.operations(everything))
        if inside:
            names = set(self._nodes) if everything else self._needed()
            called = _called([node for name, node in self._nodes.items() if name in names], self._bodies)
            counted.update(node.op for body in called for node in self._bodies[body])
        return dict(sorted(counted.items()))

    def _needed(self) -> set[str]:
        waiting, needed = [name.partition(":")[0] for name in self._outputs], set[str]()
        while waiting:
            name = waiting.pop()
            if name not in needed and name in self._nodes:
                needed.add(name)
                waiting += _operation(self._nodes[name]).inputs
        return needed


def _operation(node: Any) -> Operation:
    data = (name.partition(":")[0] for name in node.input if not name.startswith("^"))
    custom = node.op == "IdentityN" and node.attr[_CUSTOM].s.startswith(b"CustomGradient")
    return Operation(node.name, node.op, tuple(data), custom)


def _called(nodes: Iterable[Any], bodies: Mapping[str, Any]) -> set[str]:
    """Names of the functions that the nodes call, and that those call in turn."""
    waiting, called = list(nodes), set[str]()
    while waiting:
        node = waiting.pop()
        attributes = node.attr.values()
        names = {a.func.name for a in attributes} | {f.name for a in attributes for f in a.list.func}
        for name in (names & set(bodies)) - called:
            called.add(name)
            waiting += bodies[name]
    return called
