"""Pair the nodes of two Recordings that are the same, for `diff`.

Nodes are paired in passes, each looser than the one before (`PASSES`): by all that flows into a node or out
of it, then by name, then by code. Every pass treats the two sides alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from graphviz_tools.recording import Edge, Node, NodeKind, Recording, Value

LEAVES: frozenset[NodeKind] = frozenset({"input", "parameter", "variable", "constant"})


def last_writes(recording: Recording) -> dict[int, tuple[Value, ...]]:
    """The values that each node wrote last."""
    return {step.node: step.writes for step in recording.steps if step.node is not None and step.writes}


@dataclass(frozen=True, slots=True)
class Side:
    """One Recording as the comparison reads it. `above[n]` is a fingerprint of node `n` and all that flows
    into it, `below[n]` of all that it flows into; `named` counts each name in each scope."""

    recording: Recording
    inputs: dict[int, list[Edge]]
    outputs: dict[int, list[Edge]]
    above: list[int]
    below: list[int]
    named: Counter[tuple[str, tuple[str, ...]]]
    values: dict[int, tuple[Value, ...]]

    @classmethod
    def of(cls, recording: Recording) -> Side:
        inputs: dict[int, list[Edge]] = defaultdict(list)
        outputs: dict[int, list[Edge]] = defaultdict(list)
        for edge in recording.edges:
            inputs[edge.target].append(edge)
            outputs[edge.source].append(edge)
        own = [hash(identity(node)) for node in recording.nodes]
        above, below = own.copy(), own.copy()
        # Sources add nodes before what reads them; along the edges of a loop that run back, a node's own
        # identity is used in place of its fingerprint.
        for n in range(len(own)):
            came = ((above[e.source], e.source_slot, e.target_slot, e.kind) for e in inputs[n])
            above[n] = hash((own[n], *sorted(came)))
        for n in reversed(range(len(own))):
            goes = ((below[e.target], e.source_slot, e.target_slot, e.kind) for e in outputs[n])
            below[n] = hash((own[n], *sorted(goes)))
        named = Counter((node.name, node.scope) for node in recording.nodes)
        return cls(
            recording=recording,
            inputs=inputs,
            outputs=outputs,
            above=above,
            below=below,
            named=named,
            values=last_writes(recording),
        )

    def above_and_name(self, node: Node) -> Hashable:
        """All that flows into a node, and its name."""
        return self.above[node.id], node.name, node.scope

    def below_and_name(self, node: Node) -> Hashable:
        """All that a node flows into, and its name."""
        return self.below[node.id], node.name, node.scope

    def above_alone(self, node: Node) -> Hashable:
        """All that flows into a node, if anything does."""
        return self.above[node.id] if self.inputs.get(node.id) else None

    def below_alone(self, node: Node) -> Hashable:
        """All that a node flows into, if it flows anywhere."""
        return self.below[node.id] if self.outputs.get(node.id) else None

    def name(self, node: Node) -> Hashable:
        """A name that no other node has: graph optimisers keep it when they replace the op."""
        key = node.name, node.scope
        return key if node.name and self.named[key] == 1 else None

    def code(self, node: Node) -> Hashable:
        """The op and the text of the line of code, for nodes without a name of their own."""
        text = node.line.text.strip() if node.line else ""
        return None if self.name(node) else (identity(node), node.scope, text)

    def op(self, node: Node) -> Hashable:
        """The op alone, for nodes without a name of their own."""
        return None if self.name(node) else identity(node)


PASSES: tuple[Callable[[Side, Node], Hashable], ...] = (
    Side.above_and_name,
    Side.below_and_name,
    Side.above_alone,
    Side.below_alone,
    Side.name,
    Side.code,
    Side.op,
)


def identity(node: Node) -> tuple[str, ...]:
    """What a node is, wherever it is: leaves are told apart by their names and numbers too."""
    return (node.kind, node.op, *((node.name, node.label) if node.kind in LEAVES else ()))


def pair(left: Side, right: Side) -> dict[int, int]:
    """Which node of the right side is the same as a node of the left: in each pass, the first node with a key
    goes with the first on the other side, the second with the second, and so on."""
    partner: dict[int, int] = {}
    rest, others = list(left.recording.nodes), list(right.recording.nodes)
    for key in PASSES:
        waiting: dict[Hashable, list[Node]] = defaultdict(list)
        for node in reversed(others):
            waiting[key(right, node)].append(node)
        waiting.pop(None, None)
        for node in rest:
            if there := waiting.get(key(left, node)):
                partner[node.id] = there.pop().id
        taken = set(partner.values())
        rest = [node for node in rest if node.id not in partner]
        others = [node for node in others if node.id not in taken]
    return partner
