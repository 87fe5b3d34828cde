"""Fold groups of nodes into one node each, and carry edges, steps and scopes over.

What to fold is decided elsewhere (`collapse.py`, `repeats.py`); here a decision becomes a new Recording, in
time linear in its size, so that a view can fold again at every click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from graphviz_tools.recording import Edge, Node, Recording, Scope, Step

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folding:
    """A decision about every node of a Recording.

    `leader[n]` is the smallest node of the group of node `n`; `boxes` holds, by leader, the node that will
    stand for a group (a leader without a box stays as it is). `shown` gives the path where a scope's
    content is found afterwards, and `labels` new labels for scopes that stay. `alike` says that the members
    of a group have the same inputs and outputs, so that slots keep their meaning.
    """

    leader: Sequence[int]
    boxes: dict[int, Node]
    shown: Callable[[Path], Path]
    labels: dict[Path, str] = field(default_factory=dict)
    alike: bool = False

    def places(self) -> list[int]:
        """For each node of the Recording, the place of its group's node in the folded one."""
        place = {node: i for i, node in enumerate(n for n, leader in enumerate(self.leader) if n == leader)}
        return [place[leader] for leader in self.leader]


def leaders(keys: Iterable[object]) -> list[int]:
    """The smallest node of each node's group, where nodes with equal keys form a group."""
    first: dict[object, int] = {}
    return [first.setdefault(key, node) for node, key in enumerate(keys)]


def members(leader: Sequence[int]) -> dict[int, list[int]]:
    """The groups, by leader."""
    groups: dict[int, list[int]] = {}
    for node, first in enumerate(leader):
        groups.setdefault(first, []).append(node)
    return groups


def follow_owners(recording: Recording, leader: list[int], boxes: dict[int, Node]) -> None:
    """Fold the autograd nodes of each box's members into one autograd node, which the box owns."""
    first: dict[int, int] = {}
    for node in recording.nodes:
        if node.owner is None or (owner := leader[node.owner]) not in boxes:
            continue
        leader[node.id] = there = first.setdefault(owner, node.id)
        if there != node.id:
            label = f"backward of {boxes[owner].label}"
            boxes[there] = Node(there, "autograd", "backward", label, owner=owner, scope=boxes[owner].scope)


def fold(recording: Recording, folding: Folding) -> Recording:
    """`recording` with every group as one node: the same steps in the same order, no edge inside a group.

    Parallel edges that touch a box become one; edges between untouched nodes keep their slots.
    """
    places = folding.places()
    nodes = _nodes(recording, folding, places)
    edges, edge_places = _edges(recording, folding, places)
    steps = _steps(recording, folding, places, edge_places)
    return replace(
        recording, nodes=nodes, edges=edges, steps=steps, scopes=_scopes(recording, folding, nodes)
    )


def _nodes(recording: Recording, folding: Folding, places: Sequence[int]) -> tuple[Node, ...]:
    kept: list[Node] = []
    for number, leader in enumerate(folding.leader):
        if number == leader:
            node = folding.boxes.get(number, recording.nodes[number])
            owner = None if node.owner is None else places[node.owner]
            kept.append(replace(node, id=len(kept), scope=folding.shown(node.scope), owner=owner))
    return tuple(kept)


def _edges(
    recording: Recording, folding: Folding, places: Sequence[int]
) -> tuple[tuple[Edge, ...], list[int | None]]:
    """The edges between groups, and for each old edge its new place (None inside a group)."""
    blurred = frozenset() if folding.alike else frozenset(places[leader] for leader in folding.boxes)
    found: dict[tuple[int, int, int, int, str], int] = {}
    edge_places: list[int | None] = []
    for edge in recording.edges:
        source, target = places[edge.source], places[edge.target]
        if source == target:
            edge_places.append(None)
            continue
        source_slot = 0 if source in blurred else edge.source_slot
        target_slot = 0 if target in blurred else edge.target_slot
        key = (source, target, source_slot, target_slot, edge.kind)
        edge_places.append(found.setdefault(key, len(found)))
    return tuple(Edge(*key) for key in found), edge_places  # pyright: ignore[reportArgumentType]


def _steps(
    recording: Recording, folding: Folding, places: Sequence[int], edge_places: Sequence[int | None]
) -> tuple[Step, ...]:
    nodes_there: set[int] = set()
    edges_there: set[int] = set()
    return tuple(
        replace(
            step,
            node=None if step.node is None else places[step.node],
            nodes=_first_seen((places[n] for n in step.nodes), nodes_there),
            edges=_first_seen((edge_places[e] for e in step.edges), edges_there),
            saved=tuple(replace(saved, node=places[saved.node]) for saved in step.saved),
            freed=tuple(dict.fromkeys(places[n] for n in step.freed)),
            scope=folding.shown(step.scope),
        )
        for step in recording.steps
    )


def _first_seen(places: Iterable[int | None], there: set[int]) -> tuple[int, ...]:
    new = tuple(dict.fromkeys(place for place in places if place is not None and place not in there))
    there.update(new)
    return new


def _scopes(recording: Recording, folding: Folding, nodes: Sequence[Node]) -> tuple[Scope, ...]:
    """The scopes in which something is still to be seen."""
    inhabited = {path[:depth] for path in {n.scope for n in nodes} for depth in range(1, len(path) + 1)}
    return tuple(
        replace(scope, label=folding.labels.get(scope.path, scope.label))
        for scope in recording.scopes
        if scope.path in inhabited
    )
