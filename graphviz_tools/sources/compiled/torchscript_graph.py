"""Read a TorchScript graph into a StaticGraph, node by node, block in block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphviz_tools.recording import NodeKind, ScopeKind, SourceLine, Value
from graphviz_tools.sources.common.static_graph import Path, StaticGraph
from graphviz_tools.sources.common.user_code import is_user_file, source_line
from graphviz_tools.sources.compiled.values import handle

_LOOP: tuple[tuple[str, ScopeKind], ...] = (("body", "body"),)
_IF: tuple[tuple[str, ScopeKind], ...] = (("then", "branch"), ("else", "branch"))


@dataclass(frozen=True)
class ScriptNode:
    """A TorchScript node, with its number in the Recording and the blocks that it runs."""

    number: int
    node: Any
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    blocks: tuple[ScriptBlock, ...]


@dataclass(frozen=True)
class ScriptBlock:
    """A list of nodes at its place: the program, a branch of `prim::If`, the body of `prim::Loop`.

    Values go by TorchScript's names for them, which are unique in a program.
    """

    word: str
    path: Path
    inputs: tuple[tuple[str, int | None], ...]  # (name, number in the Recording)
    nodes: tuple[ScriptNode, ...]
    outputs: tuple[str, ...]
    output_number: int | None = None


def read_script(graph: Any, into: StaticGraph) -> ScriptBlock:
    """Add every node of a TorchScript graph, and of the blocks in it, each with a `trace` step."""
    inputs = tuple(_input(value, (), into) for value in graph.inputs())
    nodes = tuple(_read(node, (), into) for node in graph.nodes())
    number = into.node("output", "prim::Return", label="output")
    _join(graph.outputs(), number, into)
    into.step("trace", number, reads=map(symbol, graph.outputs()))
    return ScriptBlock("", (), inputs, nodes, _names(graph.outputs()), number)


def _input(value: Any, path: Path, into: StaticGraph) -> tuple[str, int | None]:
    """An argument of a graph or block; a module has no node, only its parameters do."""
    name = value.debugName()
    if value.type().kind() == "ClassType":
        return name, None
    number = into.node("input", "input", label=plain_name(name), name=name, scope=path, makes=[name])
    into.step("trace", number, writes=[symbol(value)])
    return name, number


def _read(node: Any, path: Path, into: StaticGraph) -> ScriptNode:
    outputs, kind = list(node.outputs()), node.kind()
    scope = _module_scope(node, path, into)
    name = outputs[0].debugName() if outputs else ""
    blocks = tuple(_read_blocks(node, scope, into))
    number = into.node(
        _node_kind(node, outputs),
        kind,
        label=_label(node),
        name=name,
        scope=scope,
        line=user_line(node),
        makes=[value.debugName() for value in outputs],
    )
    _join(node.inputs(), number, into)
    for block in blocks:
        for result in block.outputs:
            into.join(result, number, kind="control")
    into.step("trace", number, reads=map(symbol, node.inputs()), writes=map(symbol, outputs))
    return ScriptNode(number, node, kind, _names(node.inputs()), _names(outputs), blocks)


def _read_blocks(node: Any, scope: Path, into: StaticGraph) -> Iterator[ScriptBlock]:
    looped = node.kind() == "prim::Loop"
    box = into.fresh(scope, "loop" if looped else "if")
    for block, (word, kind) in zip(node.blocks(), _LOOP if looped else _IF, strict=False):
        into.scope(box, "loop" if looped else "branch")
        path = into.scope((*box, word), kind, word)
        inputs = tuple(_input(value, path, into) for value in block.inputs())
        # The first input of a loop's body counts the turns; the others begin as the loop's own inputs.
        for given, (_, number) in zip(list(node.inputs())[2:], inputs[1:], strict=False):
            if number is not None:
                into.join(given.debugName(), number)
        nodes = tuple(_read(inner, path, into) for inner in block.nodes())
        yield ScriptBlock(word, path, inputs, nodes, _names(block.outputs()))


def _join(values: Any, number: int, into: StaticGraph) -> None:
    for slot, value in enumerate(values):
        into.join(value.debugName(), number, slot)


def _names(values: Any) -> tuple[str, ...]:
    return tuple(value.debugName() for value in values)


def _module_scope(node: Any, path: Path, into: StaticGraph) -> Path:
    """The module in which the tracer saw the node: `__module.net/__module.net.0` is ("net", "0")."""
    inner = node.scopeName().rpartition("/")[2].removeprefix("__module.")
    for word in inner.split(".") if inner and inner != "__module" else ():
        path = into.scope((*path, word), "module", word)
    return path


def _node_kind(node: Any, outputs: list[Any]) -> NodeKind:
    kind = node.kind()
    if kind in ("prim::If", "prim::Loop"):
        return "branch"
    if kind == "prim::GetAttr" and outputs[0].type().kind() == "TensorType":
        return "parameter"
    return "constant" if kind in ("prim::Constant", "prim::GetAttr") else "op"


def _label(node: Any) -> str:
    kind = node.kind()
    if kind == "prim::Constant":
        return repr(next(node.outputs()).toIValue())[:40]
    if kind == "prim::GetAttr":
        return node.s("name")
    if kind in ("prim::If", "prim::Loop"):
        return kind.removeprefix("prim::").lower()
    arguments = ", ".join(plain_name(value.debugName()) for value in node.inputs())
    text = f"{kind.rpartition('::')[2]}({arguments})"
    return text if len(text) <= 48 else f"{text[:46]}…)"


def plain_name(name: str) -> str:
    """`x.23`, TorchScript's 23rd version of `x`, as `x`."""
    return re.sub(r"\.\d+$", "", name)


def user_line(node: Any) -> SourceLine | None:
    """The innermost line of the user's own code; the tracer and the scripter write it differently."""
    for match in re.finditer(_FRAME, node.sourceRange()):
        file, line = match["file"] or match["traced"], int(match["line"] or match["at"])
        if is_user_file(file):
            return source_line(file, line, match["function"] or "")
    return None


_FRAME = re.compile(
    r'File "(?P<file>[^"]+)", line (?P<line>\d+)'
    r"|^(?P<traced>[^\n]+?)\((?P<at>\d+)\): (?P<function>\S+)$",
    re.MULTILINE,
)


def symbol(value: Any) -> Value:
    """A value of the graph before any run: a traced tensor's shape is known, a scripted one's is not."""
    name, kind = value.debugName(), value.type()
    if kind.kind() == "TensorType" and kind.sizes() is not None and kind.dtype() is not None:
        return handle(name, kind.sizes(), kind.dtype(), str(kind.device() or ""))
    return Value(dtype=str(kind), name=name, text=f"{name}: {kind}")
