"""What a picture shows of a Recording: boxes, the links between them, and the frames of open parts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graphviz_tools.drawing.opening import box_numbers, visible
from graphviz_tools.drawing.parts import Part
from graphviz_tools.drawing.prepared import Ints, Prepared
from graphviz_tools.drawing.stretches import LEAF_KINDS
from graphviz_tools.recording import EdgeKind
from graphviz_tools.transforms.scopes import Path

ScopePath = Path


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `node` is the first node that it stands for, `inner` says what is inside a closed part, whose path
    is `scope`. A box with a `holder` is drawn inside the box of that key, as a weight is in the op that reads it."""

    key: str
    kind: str
    op: str
    title: str
    node: int
    frame: ScopePath
    scope: ScopePath | None = None
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow between boxes, for all edges that run there; `returns` says that gradients run back over it."""

    source: str
    target: str
    kind: EdgeKind
    returns: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """An open part, drawn around its boxes."""

    path: ScopePath
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything that is drawn, with no positions yet. `order` are pairs of boxes of which the second comes below
    the first, though no arrow may say so: the iterations of a loop."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...]
    order: tuple[tuple[str, str], ...] = ()


def outline(prepared: Prepared, opened: Sequence[ScopePath]) -> tuple[Outline, list[str]]:
    """The boxes, links and frames when `opened` are open; and for each node the key of its box."""
    paths = frozenset(opened)
    shown = list(visible(prepared, paths))
    number = box_numbers(prepared, [item for item, _ in shown])
    boxes = [_box(prepared, item, frame) for item, frame in shown]
    holders = {leaf: f"n{reader}" for leaf, reader in prepared.homes.holder.items()}
    keys = [boxes[n].key for n in number.tolist()]
    held: list[Box] = []
    for place, node in enumerate(prepared.order):
        if holders.get(node) == keys[place] and boxes[number[place]].scope is None:
            box = _box(prepared, node, boxes[number[place]].frame, holders[node])
            held.append(box)
            keys[place] = box.key
    links = _links(prepared, boxes, held, number)
    frames = tuple(
        Frame(path, (part := prepared.parts[path]).kind, part.label)
        for path in sorted(paths, key=lambda path: (len(path), prepared.parts[path].start))
    )
    order = tuple(_order(prepared, paths, keys))
    home = [keys[place] if place >= 0 else "" for place in prepared.places.tolist()]
    return Outline((*boxes, *held), links, frames, order), home


def _box(prepared: Prepared, item: int | Part, frame: ScopePath, holder: str = "") -> Box:
    if isinstance(item, Part):
        node = prepared.order[item.start]
        kind = item.kind if item.kind in LEAF_KINDS else "scope"
        count = item.stop - item.start if kind != "scope" else item.ops
        inside = f"{count:,} op{'s' * (count != 1)}" if kind == "scope" else "closed"
        return Box(f"n{node}", kind, inside, item.label, node, frame, item.path)
    node = prepared.recording.nodes[item]
    title = prepared.titles.get(item) or node.label or node.name or node.op
    return Box(f"n{item}", node.kind, node.op, title, item, frame, None, holder)


def _order(prepared: Prepared, opened: frozenset[ScopePath], keys: Sequence[str]) -> list[tuple[str, str]]:
    """The last box of each iteration and the first of the next."""
    pairs = []
    for part in (prepared.root, *(prepared.parts[path] for path in opened)):
        turns = [inner for inner in part.inside() if inner.kind == "iteration"]
        pairs += [(keys[a.stop - 1], keys[b.start]) for a, b in itertools.pairwise(turns)]
    return pairs


def _links(prepared: Prepared, boxes: Sequence[Box], held: Sequence[Box], number: Ints) -> tuple[Link, ...]:
    """An arrow for every pair of boxes between which edges run; none to or from a leaf that lies in a box."""
    found: dict[str, dict[tuple[int, int], None]] = {}
    for kind, wires in prepared.wires.items():
        source, target = number[wires.source], number[wires.target]
        apart = source != target
        pairs = source[apart] * len(boxes) + target[apart]
        _, first = np.unique(pairs, return_index=True)
        found[kind] = {divmod(int(pair), len(boxes)): None for pair in pairs[np.sort(first)]}  # type: ignore[misc]
    data, back = found["data"], found["autograd"]
    links = []
    for a, b in data:
        returns = not prepared.autograd and back.pop((b, a), "none") is None
        links.append(Link(boxes[a].key, boxes[b].key, "data", returns))
    links += [Link(boxes[a].key, boxes[b].key, "control") for a, b in found["control"] if (a, b) not in data]
    # What has no arrow to share runs, as gradients do, from the later box to the earlier one.
    links += [Link(boxes[a].key, boxes[b].key, "autograd") for a, b in back]
    return tuple(links)
