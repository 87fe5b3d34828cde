"""Read an FX graph (of torch.compile or torch.export) into a StaticGraph, node by node."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch.fx import GraphModule
from torch.fx import Node as FxNode
from torch.fx.node import map_arg

from graphviz_tools.language import _
from graphviz_tools.recording import Edge, NodeKind, ScopeKind, Value
from graphviz_tools.sources.common.stack_traces import innermost_user_line
from graphviz_tools.sources.common.static_graph import Path, StaticGraph
from graphviz_tools.sources.compiled.private_names import overload_packet
from graphviz_tools.sources.compiled.values import values_in


@dataclass(frozen=True)
class Role:
    """What an input is to the user: `weight` of a layer, argument `x`, the gradient of an output."""

    kind: NodeKind
    label: str


@dataclass(frozen=True)
class Part:
    """One graph that an operator calls: a branch of `cond`, the body of a loop."""

    word: str
    kind: ScopeKind
    graph: FxGraph


@dataclass
class FxGraph:
    """An FX graph at its place in a Recording.

    `ids` gives the Recording's node for an FX node's name, `parts` the graphs that an FX node calls. `roles`
    is asked about each node, with the number of inputs before it, and `joins` for edges from outside this
    graph to a node's number in the Recording.
    """

    into: StaticGraph
    module: GraphModule
    path: Path
    roles: Callable[[FxNode, int], Role | None] = lambda node, index: None
    joins: Callable[[FxNode, int], list[Edge]] = lambda node, number: []
    ids: dict[str, int] = field(default_factory=dict)
    parts: dict[str, list[Part]] = field(default_factory=dict)

    def read(self) -> FxGraph:
        """Add every node, each with a `trace` step. Nodes that only name a called graph become its scope."""
        inputs = 0
        for node in self.module.graph.nodes:
            if called_graph(node) is not None:
                continue
            role = self.roles(node, inputs)
            inputs += node.op == "placeholder"
            parts = list(self._read_parts(node))
            self._add(node, role, parts)
        return self

    def _add(self, node: FxNode, role: Role | None, parts: list[Part]) -> None:
        role = role or _usual_role(node, bool(parts), self._word)
        written = values_in(node.meta.get("val", node.meta.get("example_value")), node.name)
        number = self.into.node(
            role.kind,
            op_name(node),
            label=role.label,
            name=node.name,
            scope=self._module_scope(node),
            line=innermost_user_line(node.meta.get("stack_trace") or ""),
        )
        self.ids[node.name] = number
        for slot, source in enumerate(inputs_of(node)):
            self.into.edge(Edge(self.ids[source.name], number, _slot(node), slot))
        for edge in self.joins(node, number):
            self.into.edge(edge)
        for part in parts:
            self._join_part(node, part, number)
        self.parts[node.name] = parts
        reads = [value for source in inputs_of(node) for value in _handles(source)]
        self.into.step("trace", number, reads=reads, writes=written, note=_NOTES.get(op_name(node), ""))

    def _read_parts(self, node: FxNode) -> Iterator[Part]:
        """The graphs that `node` calls, read first, as PyTorch traces them first."""
        called = [(source, called_graph(source)) for source in node.all_input_nodes]
        names = [(source.target, module) for source, module in called if module is not None]
        for index, (name, module) in enumerate(names):
            around, words = _CALLERS.get(op_name(node), ("function", ()))
            word, kind = words[index] if index < len(words) else (str(name), "function")
            box = self.into.scope((*self._module_scope(node), node.name), around, node.name)
            path = self.into.scope((*box, word), kind, word)
            given = [self._word(source) for source in operands(node)]
            yield Part(word, kind, FxGraph(self.into, module, path, _named(given)).read())

    def _word(self, argument: Any) -> str:
        """The word for an argument: the program's name for an input, else PyTorch's own."""
        if not isinstance(argument, FxNode):
            return str(argument)
        made = self.into.nodes[self.ids[argument.name]] if argument.name in self.ids else None
        return made.label if made is not None and argument.op == "placeholder" else argument.name

    def _join_part(self, node: FxNode, part: Part, number: int) -> None:
        """Join the caller's operands to the called graph, and that graph's results to the operator."""
        inside = part.graph.module.graph
        arguments = inside.find_nodes(op="placeholder")
        passed = operands(node)
        if len(passed) == len(arguments):
            for outer, inner in zip(passed, arguments, strict=True):
                self.into.edge(Edge(self.ids[outer.name], part.graph.ids[inner.name]))
        for result in inside.find_nodes(op="output"):
            self.into.edge(Edge(part.graph.ids[result.name], number, kind="control"))

    def _module_scope(self, node: FxNode) -> Path:
        stack = node.meta.get("nn_module_stack") or node.meta.get("fwd_nn_module_stack") or {}
        path = self.path
        for name, kind in stack.values():
            words = module_path(name)
            label = kind.__name__ if isinstance(kind, type) else str(kind).rsplit(".", 1)[-1]
            for depth in range(1, len(words) + 1):
                path = (*self.path, *words[:depth])
                self.into.scope(
                    path, "module", f"{words[-1]}: {label}" if depth == len(words) else words[depth - 1]
                )
        return path


def called_graph(node: FxNode) -> GraphModule | None:
    """The graph that `node` names, for an operator such as `cond` to call; None for any other node."""
    if node.op != "get_attr":
        return None
    found: Any = node.graph.owning_module
    for name in str(node.target).split("."):
        found = getattr(found, name, None)
    return found if isinstance(found, GraphModule) else None


def op_name(node: FxNode) -> str:
    """The op as PyTorch names it: `aten.addmm`, `cond`, `getitem`; for an input `placeholder`."""
    if node.op != "call_function":
        return node.op if node.op != "call_method" else str(node.target)
    packet = overload_packet(node.target)
    if packet is not None:
        return str(packet)
    name = getattr(node.target, "__name__", str(node.target))
    return name if isinstance(name, str) else str(node.target)


def inputs_of(node: FxNode) -> list[FxNode]:
    """The nodes in a node's arguments, in order, one for each input slot, without called graphs."""
    found: list[FxNode] = []
    map_arg((node.args, node.kwargs), lambda source: found.append(source))
    return [source for source in found if called_graph(source) is None]


def operands(node: FxNode) -> list[FxNode]:
    """What a calling operator passes to the graphs that it calls."""
    sources = inputs_of(node)
    return sources[1:] if op_name(node) == "cond" else sources


def module_path(name: str) -> Path:
    """`L['self'].encoder.layers.0` or `encoder.layers.0` as ("encoder", "layers", "0"); () for the root."""
    name = re.sub(r"\._modules\['([^']+)'\]", r".\1", name)
    name = re.sub(r"^L\['\w+'\]\.?", "", name)
    name = re.sub(r"\['?([^\]']+)'?\]", r".\1", name)
    return tuple(word for word in name.split(".") if word and word != "_export_root")


# The operators that call graphs: the kind of box around them all, and the word and kind of each.
_CALLERS: dict[str, tuple[ScopeKind, tuple[tuple[str, ScopeKind], ...]]] = {
    "cond": ("branch", (("then", "branch"), ("else", "branch"))),
    "while_loop": ("loop", (("cond", "cond"), ("body", "body"))),
    "scan": ("loop", (("body", "body"),)),
    "map_impl": ("loop", (("body", "body"),)),
    "associative_scan": ("loop", (("combine", "body"),)),
}
_NOTES = {
    "cond": _("Both branches are in the graph: which one runs is decided later, when it runs."),
    "while_loop": _("One copy of the loop's body is in the graph, however often it will run."),
}


def _named(words: list[str]) -> Callable[[FxNode, int], Role | None]:
    """The roles of a called graph's inputs, by what the operator passes to them."""
    return lambda node, index: (
        Role("input", words[index]) if node.op == "placeholder" and index < len(words) else None
    )


def _usual_role(node: FxNode, calls: bool, word: Callable[[Any], str]) -> Role:
    if node.op == "placeholder":
        return Role("input", node.name)
    if node.op == "output":
        return Role("output", "output")
    if node.op == "get_attr":
        return Role("constant", str(node.target))
    return Role("branch", node.name) if calls else Role("op", _expression(node, word))


def _expression(node: FxNode, word: Callable[[Any], str]) -> str:
    """`addmm(bias, x, t)`: the call with its arguments, where that is short."""
    arguments = ", ".join([word(a) for a in node.args] + [f"{k}={word(v)}" for k, v in node.kwargs.items()])
    text = f"{op_name(node).removeprefix('aten.')}({arguments})"
    return text if len(text) <= 48 else f"{text[:46]}…)"


def _slot(node: FxNode) -> int:
    """The output slot that `node` reads: `getitem(parts, 1)` reads slot 1."""
    chosen = node.args[1] if node.target is operator.getitem and len(node.args) == 2 else 0
    return chosen if isinstance(chosen, int) else 0


def _handles(source: FxNode) -> tuple[Value, ...]:
    return values_in(source.meta.get("val", source.meta.get("example_value")), source.name)
