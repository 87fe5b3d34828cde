"""Say, node by node, what the optimiser made of a graph.

Grappler keeps a node's name when it changes the node, and appends the old name to that of a replacement
(`ArithmeticOptimizer/SimplifyAggregation_Mul_add_3`); inlining puts the caller's name in front
(`cond/then/_0/cond/mul`). So names tell where a node came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphviz_tools.language import _
from graphviz_tools.recording import Edge, Node, Recording, Step
from graphviz_tools.sources.tensorflow.graph_reader import DECIDING, GraphReader, Path

_LEAVES = ("input", "parameter", "variable")
_PASSING = ("_Arg", "_Retval", "Identity", "NoOp")


class Built:
    """The graph as it was built, to look things up in; `needed` are the ops that an output waits for."""

    def __init__(self, recording: Recording, needed: set[str]) -> None:
        self.nodes = recording.nodes
        self.needed = needed
        self.reads = sources_of(recording.nodes, recording.edges)
        self.users: dict[int, list[Node]] = {node.id: [] for node in recording.nodes}
        for edge in recording.edges:
            if edge.kind == "data":
                self.users[edge.source].append(recording.nodes[edge.target])
        self.by_place: dict[tuple[Path, str], Node] = {(n.scope, n.name): n for n in recording.nodes}
        self.by_name: dict[str, Node] = {}
        for node in sorted(recording.nodes, key=lambda n: len(n.scope)):
            self.by_name.setdefault(node.name, node)

    def same(self, node: Node) -> Node | None:
        """The node that has kept its name."""
        return self.by_place.get((node.scope, node.name)) or self.by_name.get(node.name)

    def origin(self, name: str) -> Node | None:
        """The node with whose name `name` ends."""
        starts = [0, *(i + 1 for i, letter in enumerate(name) if letter in "/_")]
        return next((self.by_name[name[i:]] for i in starts if name[i:] in self.by_name), None)

    def is_constant(self, node: Node) -> bool:
        """True when everything that flows into a node was known when it was built."""
        sources = self.reads[node.id]
        return node.kind == "constant" or (bool(sources) and all(self.is_constant(s) for s in sources))


def sources_of(nodes: Iterable[Node], edges: Iterable[Edge]) -> dict[int, list[Node]]:
    """The nodes whose values each node reads."""
    nodes = list(nodes)
    found: dict[int, list[Node]] = {node.id: [] for node in nodes}
    for edge in edges:
        if edge.kind == "data":
            found[edge.target].append(nodes[edge.source])
    return found


def explain(reader: GraphReader, before: Recording, needed: set[str]) -> None:
    """Turn the steps that read the optimised graph into `optimize` steps, with lines and notes.

    Steps without a node follow, one for each node of `before` that is gone.
    """
    built = Built(before, needed)
    reads = sources_of(reader.nodes, reader.edges)
    became: dict[int, str] = {}  # by the id of a node that is gone: what it is now
    for i, step in enumerate(reader.steps):
        assert step.node is not None
        node = reader.nodes[step.node]
        same = built.same(node)
        origin = same or (None if node.kind in _LEAVES else built.origin(node.name))
        line = origin.line if origin is not None else None
        reader.nodes[step.node] = replace(node, line=line)
        note = _note(node, same, origin, built, reads[node.id])
        if node.op.startswith("_Fused") and same is not None:
            parts = _swallowed(same, built, reads[node.id])
            became |= {part.id: _("fused into {node}", node=node.name) for part in parts}
            ops = ", ".join(part.op for part in (*reversed(parts), same))
            note = _("Fused: {ops} run as one kernel, {op}.", ops=ops, op=node.op)
        elif same is None and origin is not None:
            became[origin.id] = _("rewritten as {node}", node=node.name)
        reader.steps[i] = replace(step, phase="optimize", line=line, note=note)
    left = {same.id: node for node in reader.nodes if (same := built.same(node)) is not None}
    for node in built.nodes:
        if node.id not in left and node.kind not in _LEAVES:
            note = _(
                "Removed: {op} {node}: {why_gone}.",
                op=node.op,
                node=node.name,
                why_gone=_why_gone(node, built, became, left),
            )
            reader.steps.append(Step(len(reader.steps), "optimize", node.op, line=node.line, note=note))


def _note(node: Node, same: Node | None, origin: Node | None, built: Built, reads: list[Node]) -> str:
    if node.op == "Switch":
        return _("New: Switch {node} sends its input down the taken branch only.", node=node.name)
    if node.op == "Merge":
        return _("New: Merge {node} passes on whichever branch has run.", node=node.name)
    if same is None:
        source = (
            _(", made from {op} {origin}", op=origin.op, origin=origin.name) if origin is not None else ""
        )
        return (
            ""
            if node.op in _PASSING or node.kind in _LEAVES
            else _("New: {op} {node}{source}.", op=node.op, node=node.name, source=source)
        )
    if node.op == "Const" != same.op:
        return _(
            "Folded: {op} {same} is always {label}, so it is computed once, before any run.",
            op=same.op,
            same=same.name,
            label=node.label,
        )
    if node.op != same.op:
        return (
            ""
            if node.op in _PASSING
            else _("Replaced: {op} {same} became {new}.", op=same.op, same=same.name, new=node.op)
        )
    old = {source.name for source in built.reads[same.id]}
    if any(source.name not in old and source.op != "_Arg" for source in reads):
        return _(
            "Rewired: {op} {node} now reads {reads}.",
            op=node.op,
            node=node.name,
            reads=", ".join(source.name for source in reads),
        )
    return ""


def _why_gone(node: Node, built: Built, became: dict[int, str], left: dict[int, Node]) -> str:
    if not node.scope and node.name not in built.needed:
        return _("pruned, nothing needs its value")
    if node.id in became:
        return became[node.id]
    if node.op in DECIDING:
        return _("lowered to Switch and Merge")
    readers = built.users[node.id]
    if node.kind == "constant" and not any(built.is_constant(user) for user in readers):
        still = [user.name for user in readers if user.id in left]
        gone = ", ".join(user.name for user in readers)
        return (
            _("{still} has its value from elsewhere", still=still[0])
            if still
            else _("gone with what read it, {gone}", gone=gone)
        )
    if built.is_constant(node):
        return _("folded, its value is part of a constant now")
    if node.op in _PASSING:
        return _("it only passed on what it was given")
    return _("the result is the same without it")


def _swallowed(kept: Node, built: Built, reads: list[Node]) -> list[Node]:
    """The ops between what a fused op reads and the op whose name it kept."""
    read = {node.name for node in reads}
    found: list[Node] = []
    waiting = [source for source in built.reads[kept.id] if source.name not in read]
    while waiting:
        node = waiting.pop()
        if node.kind == "op" and node not in found:
            found.append(node)
            waiting += [source for source in built.reads[node.id] if source.name not in read]
    return found
