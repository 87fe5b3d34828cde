"""Number a changed graph: the only place where nodes, edges, steps and scopes get new numbers.

A transformation writes a `Draft`, in which every node still has its old number; `rewrite` makes a Recording of it.
What to change, and what an op means, is decided by the transformations; nothing here depends on a framework.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphviz_tools.recording import Edge, Node, Recording, Scope, Step

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """The new graph, in old numbers.

    `nodes` are those of the new graph in their order; `id` and `owner` are old numbers. `becomes[n]` is the node of
    the new graph that takes the place of node `n`; a node without an entry is removed. `edges` join old numbers, and
    None marks an edge to remove; edges that become equal become one. `steps` are the steps to keep: their `nodes` and
    `edges` say what each adds, as old node numbers and places in `edges`. `scopes` may hold more than is needed.
    """

    nodes: Sequence[Node]
    becomes: Mapping[int, int]
    edges: Sequence[Edge | None]
    steps: Sequence[Step]
    scopes: Sequence[Scope]


def rewrite(recording: Recording, draft: Draft) -> Recording:
    """`recording` with the graph, steps and scopes of `draft`, numbered from 0 without gaps.

    Takes time linear in the size of the draft. Raises KeyError when a kept step, edge or owner names a node that the
    draft removes: that is a mistake in the transformation.
    """
    number = {node.id: place for place, node in enumerate(draft.nodes)}
    place = {old: number[new] for old, new in draft.becomes.items()}
    edges, edge_places = _edges(draft, place)
    nodes = tuple(
        replace(node, id=i, owner=None if node.owner is None else place[node.owner])
        for i, node in enumerate(draft.nodes)
    )
    steps = _steps(draft, place, edge_places)
    return replace(
        recording, nodes=nodes, edges=edges, steps=steps, scopes=_scopes(recording, draft, nodes, steps)
    )


def _edges(draft: Draft, place: Mapping[int, int]) -> tuple[tuple[Edge, ...], list[int | None]]:
    """The new edges, and for each of the draft's edges the number of the new one (None: removed)."""
    numbers: dict[Edge, int] = {}
    places: list[int | None] = []
    for edge in draft.edges:
        if edge is None:
            places.append(None)
            continue
        moved = Edge(place[edge.source], place[edge.target], edge.source_slot, edge.target_slot, edge.kind)
        places.append(numbers.setdefault(moved, len(numbers)))
    return tuple(numbers), places


def _steps(draft: Draft, place: Mapping[int, int], edge_places: Sequence[int | None]) -> tuple[Step, ...]:
    """The kept steps; each node and each edge is added by the first step that adds a part of it."""
    nodes_there: set[int] = set()
    edges_there: set[int] = set()
    return tuple(
        replace(
            step,
            index=i,
            node=None if step.node is None else place[step.node],
            nodes=_first_seen((place.get(n) for n in step.nodes), nodes_there),
            edges=_first_seen((edge_places[e] for e in step.edges), edges_there),
            saved=tuple(replace(saved, node=place[saved.node]) for saved in step.saved),
            freed=tuple(dict.fromkeys(place[n] for n in step.freed)),
        )
        for i, step in enumerate(draft.steps)
    )


def _first_seen(places: Iterable[int | None], there: set[int]) -> tuple[int, ...]:
    new = tuple(dict.fromkeys(place for place in places if place is not None and place not in there))
    there.update(new)
    return new


def _scopes(
    recording: Recording, draft: Draft, nodes: Iterable[Node], steps: Iterable[Step]
) -> tuple[Scope, ...]:
    """The scopes that still hold a node. One that never held any, as an iteration of a static loop, stays while a
    step is in it."""
    held = _with_parents(node.scope for node in recording.nodes)
    holding = _with_parents(node.scope for node in nodes)
    stepped = _with_parents(step.scope for step in steps)
    return tuple(scope for scope in draft.scopes if scope.path in holding or scope.path in stepped - held)


def _with_parents(paths: Iterable[Path]) -> set[Path]:
    """`paths` and all paths around them."""
    return {path[:depth] for path in set(paths) for depth in range(1, len(path) + 1)}
