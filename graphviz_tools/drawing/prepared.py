"""A Recording prepared for drawing: everything that does not depend on which scopes are open, worked out once.

Opening a scope of a recording of 20,000 steps must be quick. So the tree of parts, the arrows between places and
what each step says are made here, and a picture only selects from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from graphviz_tools.arguments import check_recordings
from graphviz_tools.drawing.arrivals import Arrival, arrivals
from graphviz_tools.drawing.carried import Carried, carried
from graphviz_tools.drawing.ends import Ends, Ints, read_ends
from graphviz_tools.drawing.homes import Homes, find_homes
from graphviz_tools.drawing.parts import Part, number_places, read_tree, walk
from graphviz_tools.drawing.stretches import PIECES, Stretches
from graphviz_tools.recording import EdgeKind, Recording
from graphviz_tools.transforms.collapse import folding
from graphviz_tools.transforms.scopes import Path

MOST_BETWEEN = 150  # arrows between the items of one part, before it is cut into stretches


@dataclass(frozen=True)
class Wires:
    """The edges of one kind between places of the tree, in the Recording's order."""

    source: Ints
    target: Ints


@dataclass(frozen=True)
class Prepared:
    """`places[n]` is the place in the tree of the node whose box shows node `n`; `order` are the drawn nodes
    by place, and `parts` all parts by path."""

    recording: Recording
    homes: Homes
    root: Part
    order: list[int]
    places: Ints
    parts: dict[Path, Part]
    wires: dict[str, Wires]
    autograd: bool

    @cached_property
    def arrivals(self) -> tuple[Arrival, ...]:
        return arrivals(self.recording)

    @cached_property
    def carried(self) -> dict[int, tuple[Carried, ...]]:
        return carried(self.recording)

    @cached_property
    def by_scope(self) -> dict[Path, Part]:
        """The part that shows each scope."""
        return {part.scope: part for part in self.parts.values() if part.scope}


def prepare(recording: Recording, *, fold: bool = False, autograd: bool = False) -> Prepared:
    """Prepare `recording` for drawing; `fold` rolls repeated blocks up, `autograd` draws the autograd nodes.

    Raises UserError when `recording` is not a Recording.
    """
    check_recordings(recording)
    ends = read_ends(recording)
    homes = find_homes(recording, ends, autograd=autograd)
    if fold:
        homes = _rolled(recording, homes)
    root = read_tree(recording, homes)
    stretches = Stretches(recording, homes.owners)
    stretches.put_together(root)
    order, places, wires = _numbered(homes, ends, root)
    crowded = [part for part in (root, *walk(root)) if _between(part, wires) > MOST_BETWEEN]
    for part in crowded:
        stretches.cut(part, PIECES)
    if crowded:
        order, places, wires = _numbered(homes, ends, root)
    parts = {part.path: part for part in walk(root)}
    return Prepared(
        recording=recording,
        homes=homes,
        root=root,
        order=order,
        places=places,
        parts=parts,
        wires=wires,
        autograd=autograd,
    )


def _rolled(recording: Recording, homes: Homes) -> Homes:
    """`homes` with what repeats folded onto its first occurrence, and titles that say how often it does."""
    nodes = tuple(replace(node, scope=homes.scopes[node.id]) for node in recording.nodes)
    scopes = tuple(homes.listed.values())
    rolled = folding(replace(recording, nodes=nodes, steps=(), scopes=scopes), "repeat")

    def box(node: int) -> int:
        """The node whose box shows `node`: a first occurrence may itself be drawn in another's box."""
        seen = {node}
        while (there := rolled.leader[homes.onto[node]]) not in seen:
            seen.add(node := there)
        return node

    onto = [box(node) for node in range(len(homes.onto))]
    listed = dict(homes.listed)
    for path, label in rolled.labels.items():
        listed[path] = replace(listed[path], label=label)
    holder = {leaf: onto[by] for leaf, by in homes.holder.items() if onto[leaf] == leaf and onto[by] == by}
    titles = homes.titles | {node: box.label for node, box in rolled.boxes.items()}
    return replace(homes, onto=onto, listed=listed, holder=holder, titles=titles)


def _numbered(
    homes: Homes, ends: dict[EdgeKind, Ends], root: Part
) -> tuple[list[int], Ints, dict[str, Wires]]:
    order = number_places(root, homes.holder)
    place = np.full(len(homes.onto), -1, np.int64)
    place[order] = np.arange(len(order))
    wires = {}
    for kind, of_kind in ends.items():
        source, target = homes.drawn(of_kind)
        wires[kind] = Wires(place[source], place[target])
    return order, place[np.asarray(homes.onto, np.int64)], wires


def _between(part: Part, wires: dict[str, Wires]) -> int:
    """How many arrows run between the items of `part`."""
    if len(part.items) <= PIECES:
        return 0
    starts, at = [], part.start
    for item in part.items:
        at = item.start if isinstance(item, Part) else at
        starts.append(at)
        at = item.stop if isinstance(item, Part) else at + 1
    data = wires["data"]
    inside = (data.source >= part.start) & (data.source < part.stop)
    inside &= (data.target >= part.start) & (data.target < part.stop)
    source, target = (np.searchsorted(starts, end[inside], "right") for end in (data.source, data.target))
    apart = source != target
    return len(np.unique(source[apart] * len(part.items) + target[apart]))
