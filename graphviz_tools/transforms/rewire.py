"""Take nodes out of a Recording's graph, and join what stood on both sides of them.

What to take out is decided elsewhere (`plumbing.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphviz_tools.recording import Edge, EdgeKind, Node, Recording, Step, Value


@dataclass(slots=True)
class Plan:
    """What becomes of a Recording's nodes.

    `passed` are taken out, and what flowed through them flows on; `cut` are taken out with all that only led
    to them; `onto` gives the node that a node is one and the same with. `new` holds nodes in their new form,
    `more` edges to add, and `ends` edges that go, by their numbers. A step is kept when its node is; it tells
    neither of the inputs `unread` nor of the outputs `unmade`, each a node and a slot.
    """

    passed: set[int] = field(default_factory=set)
    cut: set[int] = field(default_factory=set)
    onto: dict[int, int] = field(default_factory=dict)
    new: dict[int, Node] = field(default_factory=dict)
    more: list[Edge] = field(default_factory=list)
    ends: set[int] = field(default_factory=set)
    unread: set[tuple[int, int]] = field(default_factory=set)
    unmade: set[tuple[int, int]] = field(default_factory=set)

    def keeps(self, node: int) -> bool:
        """True for a node that is still there, under its own number."""
        gone = node in self.passed or node in self.cut
        return not gone and self.onto.get(node, node) == node


@dataclass(frozen=True, slots=True)
class Origin:
    """A kept node's output that reaches some input past the nodes that are taken out."""

    node: int
    slot: int
    kind: EdgeKind


class Origins:
    """Looks up what reaches the inputs of a Recording's nodes under a plan."""

    def __init__(self, recording: Recording, plan: Plan) -> None:
        self._recording, self._plan = recording, plan
        self._inputs: dict[int, list[Edge]] = defaultdict(list)
        for number, edge in enumerate(recording.edges):
            if number not in plan.ends:
                self._inputs[plan.onto.get(edge.target, edge.target)].append(edge)
        for edge in plan.more:
            self._inputs[edge.target].append(edge)

    def inputs(self, node: int) -> list[Edge]:
        """The edges into `node`, and into those that are one with it."""
        return self._inputs[node]

    def of(self, edge: Edge) -> Iterator[Origin]:
        """Every kept output that reaches `edge`'s target through `edge`, each once."""
        found: dict[Origin, None] = {}
        seen: set[Origin] = set()
        waiting = [Origin(edge.source, edge.source_slot, edge.kind)]
        while waiting:
            here = waiting.pop()
            node = self._plan.onto.get(here.node, here.node)
            here = replace(here, node=node)
            if here in seen or node in self._plan.cut:
                continue
            seen.add(here)
            if self._plan.keeps(node):
                found[here] = None
                continue
            many = self._recording.nodes[node].op == "IdentityN"
            for into in self._inputs[node]:
                if into.kind == "data" and many and into.target_slot != here.slot:
                    continue
                kind = into.kind if here.kind == "data" else here.kind
                waiting.append(Origin(into.source, into.source_slot, kind))
        yield from found


def without(recording: Recording, plan: Plan, steps: list[Step]) -> Recording:
    """`recording` as `plan` has it, told by `steps`: some of its own, in their order."""
    origins = Origins(recording, plan)
    claims = _claims(recording, [step.index for step in steps])
    order = [n for n in range(len(recording.nodes)) if plan.keeps(n)]
    place = {node: i for i, node in enumerate(order)}

    edges: dict[Edge, int] = {}
    for node in order:
        for edge in origins.inputs(node):
            if edge.kind == "data" and (node, edge.target_slot) in plan.unread:
                continue
            into = edge.target_slot if edge.kind != "data" else _rank(plan.unread, node, edge.target_slot)
            for origin in origins.of(edge):
                if origin.node == node and edge.source != edge.target:
                    continue
                out = _rank(plan.unmade, origin.node, origin.slot)
                new = Edge(place[origin.node], place[node], out, into, origin.kind)
                edges.setdefault(new, max(claims[origin.node], claims[node]))
    sorted_edges = sorted(edges, key=lambda edge: edges[edge])
    nodes_at: dict[int, list[int]] = defaultdict(list)
    for node in order:
        nodes_at[claims[node]].append(place[node])
    edges_at: dict[int, list[int]] = defaultdict(list)
    for number, edge in enumerate(sorted_edges):
        edges_at[edges[edge]].append(number)

    nodes = []
    for node in order:
        form = plan.new.get(node, recording.nodes[node])
        owner = None if form.owner is None else place[form.owner]
        nodes.append(replace(form, id=place[node], owner=owner))
    places = {node.scope for node in nodes} | {step.scope for step in steps}
    inhabited = {place[:depth] for place in places for depth in range(1, len(place) + 1)}
    return replace(
        recording,
        nodes=tuple(nodes),
        edges=tuple(sorted_edges),
        scopes=tuple(scope for scope in recording.scopes if scope.path in inhabited),
        steps=tuple(
            replace(
                step,
                index=i,
                node=None if step.node is None else place[plan.onto.get(step.node, step.node)],
                nodes=tuple(nodes_at[i]),
                edges=tuple(edges_at[i]),
                reads=_told(plan.unread, step.node, step.reads),
                writes=_told(plan.unmade, step.node, step.writes),
                saved=tuple(replace(s, node=place[s.node]) for s in step.saved),
                freed=tuple(place[n] for n in step.freed),
            )
            for i, step in enumerate(steps)
        ),
    )


def _rank(left_out: set[tuple[int, int]], node: int, slot: int) -> int:
    """The number of a slot when those `left_out` before it do not count."""
    return slot - sum((node, before) in left_out for before in range(slot)) if left_out else slot


def _told(left_out: set[tuple[int, int]], node: int | None, values: tuple[Value, ...]) -> tuple[Value, ...]:
    if node is None or not left_out:
        return values
    return tuple(value for slot, value in enumerate(values) if (node, slot) not in left_out)


def _claims(recording: Recording, kept: list[int]) -> dict[int, int]:
    """For each node, the place among the `kept` steps of the one that adds it: its own, or the next one."""
    claims = {}
    place = 0
    for step in recording.steps:
        while place < len(kept) and kept[place] < step.index:
            place += 1
        claims |= dict.fromkeys(step.nodes, min(place, max(len(kept) - 1, 0)))
    return claims
