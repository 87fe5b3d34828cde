"""Read an ONNX graph into a StaticGraph: each of its nodes, inputs, initializers and outputs one node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, helper

from graphviz_tools.language import _
from graphviz_tools.recording import NodeKind, ScopeKind, Value
from graphviz_tools.sources.common.stack_traces import innermost_user_line
from graphviz_tools.sources.common.static_graph import Path, StaticGraph


@dataclass
class OnnxGraph:
    """A graph at its place. A tensor goes by its name in the file; inner graphs see the names around them."""

    graph: GraphProto
    path: Path
    inputs: dict[str, int] = field(default_factory=dict)  # tensor name → number, initializers among them
    operations: list[tuple[NodeProto, int, dict[str, OnnxGraph]]] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)


@dataclass
class OnnxReader:
    """Adds graphs to `into`, each node with a `trace` step; the graphs of `If` and `Loop` before the node."""

    into: StaticGraph
    types: dict[str, Value]

    def read(self, graph: GraphProto, path: Path = ()) -> OnnxGraph:
        """Every input, initializer, node and output of `graph`, in the file's order."""
        read = OnnxGraph(graph, path)
        constants = {tensor.name: _tensor_type(tensor) for tensor in graph.initializer}
        for tensor in graph.input:
            if tensor.name not in constants:  # old files list initializers as inputs too
                read.inputs[tensor.name] = self._leaf("input", tensor.name, value_type(tensor), path)
        for name, known in constants.items():
            read.inputs[name] = self._leaf("parameter", name, known, path)
        for node in graph.node:
            parts = dict(self._parts(node, path))
            read.operations.append((node, self._operation(node, path, parts), parts))
        for tensor in graph.output:
            number = self.into.node("output", "output", label=tensor.name, name=tensor.name, scope=path)
            self.into.join(tensor.name, number)
            self.into.step("trace", number, reads=[value_type(tensor)])
            read.outputs[tensor.name] = number
        return read

    def _leaf(self, kind: NodeKind, name: str, known: Value, path: Path) -> int:
        number = self.into.node(kind, kind, label=name, name=name, scope=path, makes=[name])
        self.into.step("trace", number, writes=[known])
        return number

    def _operation(self, node: NodeProto, path: Path, parts: dict[str, OnnxGraph]) -> int:
        properties = {entry.key: entry.value for entry in getattr(node, "metadata_props", ())}
        number = self.into.node(
            "branch" if parts else "constant" if node.op_type == "Constant" else "op",
            f"{node.domain}::{node.op_type}" if node.domain else node.op_type,
            label=_label(node),
            name=node.name or (node.output[0] if node.output else ""),
            scope=self._module(node, path),
            line=innermost_user_line(properties.get("pkg.torch.onnx.stack_trace", "")),
            makes=[name for name in node.output if name],
        )
        for slot, name in enumerate(node.input):
            self.into.join(name, number, slot)
        for part in parts.values():
            for name in part.outputs:
                self.into.join(name, number, kind="control")
        self.into.step(
            "trace",
            number,
            reads=[self._type(name) for name in node.input if name],
            writes=[self._type(name) for name in node.output if name],
            note=_NOTES.get(node.op_type, ""),
        )
        return number

    def _parts(self, node: NodeProto, path: Path) -> Iterator[tuple[str, OnnxGraph]]:
        """(attribute, graph) of each graph that `node` runs."""
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                word, kind = _PARTS.get(attribute.name, (attribute.name, "function"))
                box = (*path, node.name or node.output[0])
                self.into.scope(box, "branch" if node.op_type == "If" else "loop", node.op_type)
                inside = self.into.scope((*box, word), kind, word)
                yield attribute.name, self.read(attribute.g, inside)

    def _module(self, node: NodeProto, path: Path) -> Path:
        """The module's path, which PyTorch's exporter writes into the name: `/encoder/fc/Gemm` is in encoder, fc."""
        words = [word for word in node.name.split("/")[:-1] if word] if node.name.startswith("/") else []
        for word in words:
            path = self.into.scope((*path, word), "module", word)
        return path

    def _type(self, name: str) -> Value:
        return self.types.get(name) or Value(name=name, text=name)


def known_types(model: ModelProto) -> dict[str, Value]:
    """Shape and dtype of each tensor, if the file says them or ONNX can infer them."""
    try:
        graph = onnx.shape_inference.infer_shapes(model).graph
    except (onnx.shape_inference.InferenceError, ValueError):  # an op or a size that ONNX does not know
        graph = model.graph
    found = {info.name: value_type(info) for info in (*graph.value_info, *graph.input, *graph.output)}
    return found | {tensor.name: _tensor_type(tensor) for tensor in graph.initializer}


def value_type(info: Any) -> Value:
    """What the file says of a tensor; a dimension with a letter is None."""
    tensor = info.type.tensor_type
    if not info.type.HasField("tensor_type"):
        return Value(name=info.name, text=info.name)
    known = tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)
    sizes = ", ".join(
        str(d.dim_value) if d.HasField("dim_value") else d.dim_param or "?" for d in tensor.shape.dim
    )
    dtype = _dtype(tensor.elem_type)
    shape = known if tensor.HasField("shape") else None
    return Value(shape=shape, dtype=dtype, name=info.name, text=f"{info.name}: {dtype}[{sizes}]")


def _tensor_type(tensor: Any) -> Value:
    shape, dtype = tuple(tensor.dims), _dtype(tensor.data_type)
    text = f"{tensor.name}: {dtype}[{', '.join(map(str, shape))}]"
    return Value(shape=shape, dtype=dtype, name=tensor.name, text=text)


def _dtype(code: int) -> str:
    return helper.tensor_dtype_to_np_dtype(code).name if code else ""


_PARTS: dict[str, tuple[str, ScopeKind]] = {
    "then_branch": ("then", "branch"),
    "else_branch": ("else", "branch"),
    "body": ("body", "body"),
}
_NOTES = {
    "If": _("Both branches are in the file: which one runs is decided later, when it runs."),
    "Loop": _("One copy of the loop's body is in the file, however often it will run."),
    "Scan": _("One copy of the loop's body is in the file, however often it will run."),
}


def _label(node: NodeProto) -> str:
    text = f"{node.op_type}({', '.join(name for name in node.input if name)})"
    return text if len(text) <= 48 else f"{text[:46]}…)"
