"""Run an ONNX graph through onnxruntime so that every value can be seen: all of them are made outputs.

onnxruntime gives nothing out of the graphs of `If` and `Loop`. The taken branch, and each turn of a body, is
therefore run again as a model of its own, with the values that it saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto, helper, numpy_helper

from graphviz_tools.language import _
from graphviz_tools.own_bugs import runs_the_program
from graphviz_tools.recording import Control, Omission, Value
from graphviz_tools.sources.common.array_value import array_value
from graphviz_tools.sources.common.budget import Budget
from graphviz_tools.sources.common.static_graph import Path, StaticGraph
from graphviz_tools.sources.onnx.graph import OnnxGraph

Arrays = dict[str, Any]


@dataclass
class OnnxRun:
    """Writes `run` steps into `into`; `model` gives opsets and functions for the inner graphs."""

    into: StaticGraph
    budget: Budget
    model: ModelProto

    def run(self, read: OnnxGraph, feeds: Arrays, around: Arrays, scope: Path) -> Arrays:
        """Every tensor of a graph, by name, for its inputs and the tensors of the graphs around it."""
        known = {**around, **self._compute(read.graph, feeds, around)}
        for name, number in read.inputs.items():
            self._show(number, scope, read.path, writes=self._values([name], known))
        for node, number, parts in read.operations:
            reads = self._values(node.input, known)
            if node.op_type == "If" and parts:
                self._branch(node, number, parts, known, scope, read.path)
            elif node.op_type == "Loop" and parts:
                self._loop(node, number, parts["body"], known, scope, read.path)
            elif parts:
                self.into.omitted.append(
                    Omission("values", 1, _("the graph inside {op_type} ran unseen", op_type=node.op_type))
                )
            writes = self._values(node.output, known)
            note = _("Its graph has returned.") if parts else ""
            self._show(number, scope, read.path, reads=reads, writes=writes, note=note)
        for name, number in read.outputs.items():
            self._show(number, scope, read.path, reads=self._values([name], known))
        return known

    def _compute(self, graph: GraphProto, feeds: Arrays, around: Arrays) -> Arrays:
        """Every tensor of `graph`: its inputs, its initializers, and, in one run, all that its nodes make."""
        made = [name for node in graph.node for name in node.output if name]
        inherited = [name for name in names_used(graph) if name in around and name not in made]
        given = {**{name: around[name] for name in inherited}, **feeds}
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        if not made:
            return {**given, **constants}
        model = ModelProto()
        model.CopyFrom(self.model)
        model.graph.CopyFrom(graph)
        del model.graph.input[:], model.graph.output[:], model.graph.value_info[:]
        model.graph.input.extend(_typed(name, array) for name, array in given.items())
        model.graph.output.extend(ValueInfoProto(name=name) for name in made)
        arrays = _run(model, made, given)
        return {**given, **constants, **dict(zip(made, arrays, strict=True))}

    def _branch(
        self,
        node: NodeProto,
        number: int,
        parts: dict[str, OnnxGraph],
        known: Arrays,
        scope: Path,
        path: Path,
    ) -> None:
        decided = bool(np.asarray(known[node.input[0]]).item())
        part = parts["then_branch" if decided else "else_branch"]
        control = Control("branch", str(decided), part.path[-1])
        self._show(number, scope, path, reads=self._values(node.input, known), control=control)
        self.run(part, {}, known, (*scope, *part.path[len(path) :]))

    def _loop(
        self, node: NodeProto, number: int, body: OnnxGraph, known: Arrays, scope: Path, path: Path
    ) -> None:
        """`Loop(most turns or "", whether to begin or "", state...)`; its body gives (go on, state..., rows...)."""
        most = int(known[node.input[0]].item()) if node.input[0] else None
        going = bool(known[node.input[1]].item()) if node.input[1] else True
        state = [known[name] for name in node.input[2:]]
        counter, condition, *names = (tensor.name for tensor in body.graph.input)
        turn = 0
        while going and (most is None or turn < most):
            control = Control("loop", "True", "body", turn + 1)
            reads = [array_value(array, name=name) for array, name in zip(state, node.input[2:], strict=True)]
            self._show(number, scope, path, reads=reads, control=control)
            feeds = {
                counter: np.array(turn, np.int64),
                condition: np.array(going),
                **dict(zip(names, state, strict=True)),
            }
            results = self.run(body, feeds, known, (*scope, *body.path[len(path) :], f"iteration {turn + 1}"))
            outputs = [results[tensor.name] for tensor in body.graph.output]
            going, state = bool(outputs[0].item()), outputs[1 : 1 + len(state)]
            turn += 1

    def _values(self, names: Sequence[str], known: Arrays) -> list[Value]:
        return [_value(known[name], name) for name in names if name and name in known]

    def _show(self, number: int, scope: Path, path: Path, **seen: Any) -> None:
        if self.budget.spend():
            inner = self.into.nodes[number].scope[len(path) :]
            self.into.step("run", number, scope=(*scope, *inner), **seen)


@runs_the_program
def _run(model: ModelProto, names: Sequence[str], feeds: Arrays) -> Sequence[Any]:
    return session_of(model).run(names, feeds)


def session_of(model: ModelProto) -> onnxruntime.InferenceSession:
    """A session that runs the graph as it is, op by op, and prints no warnings."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def names_used(graph: GraphProto) -> list[str]:
    """The tensors that a graph's nodes and outputs read, those of the graphs inside it included."""
    used = {name: None for node in graph.node for name in node.input if name}
    used |= {output.name: None for output in graph.output}
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                used |= dict.fromkeys(names_used(attribute.g))
    return list(used)


def _typed(name: str, array: Any) -> ValueInfoProto:
    array = np.asarray(array)
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def _value(array: Any, name: str) -> Value:
    if isinstance(array, np.ndarray | np.generic):
        return array_value(array, name=name)
    return Value(
        name=name,
        text=_("{kind} of {count}", kind=type(array).__name__, count=len(array))
        if array is not None
        else _("none"),
    )
