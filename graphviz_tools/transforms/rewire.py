"""Remove nodes from a Recording's graph, and join the inputs and outputs of those that only pass values on.

`simplify.py` decides what to remove.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphviz_tools.recording import Edge, EdgeKind, Node, Recording, Step, Value
from graphviz_tools.transforms.rewrite import Draft, rewrite


@dataclass(slots=True)
class Plan:
    """What to do with a Recording's nodes.

    `passed` are removed, and their inputs are joined to their outputs: every input to every output, or for those
    that are also in `by_slot` each input to the output of the same slot. `cut` are removed with everything that only
    leads to them; `onto` gives the node that a node is merged into. `new` holds nodes in their new form, `more` edges
    to add, and `ends` the numbers of edges to remove. A step is kept when its node is; its reads leave out the inputs
    in `unread` and its writes the outputs in `unmade`, each a node and a slot.
    """

    passed: set[int] = field(default_factory=set)
    by_slot: set[int] = field(default_factory=set)
    cut: set[int] = field(default_factory=set)
    onto: dict[int, int] = field(default_factory=dict)
    new: dict[int, Node] = field(default_factory=dict)
    more: list[Edge] = field(default_factory=list)
    ends: set[int] = field(default_factory=set)
    unread: set[tuple[int, int]] = field(default_factory=set)
    unmade: set[tuple[int, int]] = field(default_factory=set)

    def keeps(self, node: int) -> bool:
        """True for a node that stays, as itself."""
        gone = node in self.passed or node in self.cut
        return not gone and self.onto.get(node, node) == node


@dataclass(frozen=True, slots=True)
class Origin:
    """A kept node's output that reaches some input past the removed nodes."""

    node: int
    slot: int
    kind: EdgeKind


class Origins:
    """Looks up what reaches the inputs of a Recording's nodes under a plan."""

    def __init__(self, recording: Recording, plan: Plan) -> None:
        self._plan = plan
        self._inputs: dict[int, list[Edge]] = defaultdict(list)
        for number, edge in enumerate(recording.edges):
            if number not in plan.ends:
                self._inputs[plan.onto.get(edge.target, edge.target)].append(edge)
        for edge in plan.more:
            self._inputs[edge.target].append(edge)

    def inputs(self, node: int) -> list[Edge]:
        """The edges into `node`, and into those that are merged into it."""
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
            for into in self._inputs[node]:
                if into.kind == "data" and node in self._plan.by_slot and into.target_slot != here.slot:
                    continue
                kind = into.kind if here.kind == "data" else here.kind
                waiting.append(Origin(into.source, into.source_slot, kind))
        yield from found


def without(recording: Recording, plan: Plan, steps: list[Step]) -> Recording:
    """`recording` changed as `plan` says, with `steps`: some of its own, in their order."""
    kept = [n for n in range(len(recording.nodes)) if plan.keeps(n)]
    adds = _adding_steps(recording, [step.index for step in steps])
    edges = list(_rewired(recording, plan, kept))
    edges.sort(key=lambda edge: max(adds[edge.source], adds[edge.target]))
    nodes_at: dict[int, list[int]] = defaultdict(list)
    for node in kept:
        nodes_at[adds[node]].append(node)
    edges_at: dict[int, list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        edges_at[max(adds[edge.source], adds[edge.target])].append(number)
    draft = Draft(
        nodes=[replace(plan.new.get(node, recording.nodes[node]), id=node) for node in kept],
        becomes={n: n for n in kept} | plan.onto,
        edges=edges,
        steps=[
            replace(
                step,
                nodes=tuple(nodes_at[i]),
                edges=tuple(edges_at[i]),
                reads=_without_slots(plan.unread, step.node, step.reads),
                writes=_without_slots(plan.unmade, step.node, step.writes),
            )
            for i, step in enumerate(steps)
        ],
        scopes=recording.scopes,
    )
    return rewrite(recording, draft)


def _rewired(recording: Recording, plan: Plan, kept: list[int]) -> Iterator[Edge]:
    """The edges between the nodes in `kept`, past the removed ones; an edge that is found twice comes twice."""
    origins = Origins(recording, plan)
    for node in kept:
        for edge in origins.inputs(node):
            if edge.kind == "data" and (node, edge.target_slot) in plan.unread:
                continue
            into = edge.target_slot if edge.kind != "data" else _rank(plan.unread, node, edge.target_slot)
            for origin in origins.of(edge):
                if origin.node != node or edge.source == edge.target:
                    out = _rank(plan.unmade, origin.node, origin.slot)
                    yield Edge(origin.node, node, out, into, origin.kind)


def _rank(left_out: set[tuple[int, int]], node: int, slot: int) -> int:
    """The number of a slot when those `left_out` before it do not count."""
    return slot - sum((node, before) in left_out for before in range(slot)) if left_out else slot


def _without_slots(
    left_out: set[tuple[int, int]], node: int | None, values: tuple[Value, ...]
) -> tuple[Value, ...]:
    if node is None or not left_out:
        return values
    return tuple(value for slot, value in enumerate(values) if (node, slot) not in left_out)


def _adding_steps(recording: Recording, kept: list[int]) -> dict[int, int]:
    """For each node, the place among the `kept` steps of the one that adds it: its own, or the next one."""
    adds: dict[int, int] = {}
    place = 0
    for step in recording.steps:
        while place < len(kept) and kept[place] < step.index:
            place += 1
        adds |= dict.fromkeys(step.nodes, min(place, max(len(kept) - 1, 0)))
    return adds
