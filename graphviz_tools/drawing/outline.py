"""What a picture shows of a Recording: boxes, the links between them, and the frames of open parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from graphviz_tools.drawing.boxes import Box, Frame, Link, ScopePath
from graphviz_tools.drawing.ends import Ints
from graphviz_tools.drawing.in_time import in_time
from graphviz_tools.drawing.opening import box_numbers, iterations_in_turn, places_in_time, visible
from graphviz_tools.drawing.parts import LEAF_KINDS, Part
from graphviz_tools.drawing.prepared import Prepared
from graphviz_tools.drawing.repeats import with_quiet
from graphviz_tools.language import _, _n
from graphviz_tools.transforms.scopes import Path


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything that is drawn, without positions. `order` are pairs of boxes whose second is drawn below the first,
    though no arrow says so: the iterations of a loop below each other, an optimizer below what it follows, and what
    no arrow joins in the order of time. The pairs in `above` may be far apart: what a loop reads, and the loop."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...]
    order: tuple[tuple[str, str], ...] = ()
    above: tuple[tuple[str, str], ...] = ()


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
    place = {box.key: n for n, box in enumerate(boxes)}
    wired = {(link.source, link.target) for link in links if not link.quiet}
    joined = [(place[link.source], place[link.target]) for link in links if not link.quiet]
    later = [(boxes[a].key, boxes[b].key) for a, b in in_time(places_in_time(prepared, shown), joined)]
    order = (*_order(prepared, paths, keys), *later)
    above = (*_around_loops(prepared, paths, boxes, links),)
    home = [keys[place] if place >= 0 else "" for place in prepared.places.tolist()]
    order, above = (tuple({pair: 0 for pair in pairs if pair not in wired}) for pairs in (order, above))
    return Outline((*boxes, *held), links, frames, order, above), home


def _box(prepared: Prepared, item: int | Part, frame: ScopePath, holder: str = "") -> Box:
    if isinstance(item, Part):
        node = prepared.order[item.start]
        kind = item.kind if item.kind in LEAF_KINDS else "scope"
        if kind != "scope":
            inside = _("closed")
        elif item.ops:
            inside = _n("{number:,} op", "{number:,} ops", item.ops)
        else:
            inside = _n("{number:,} node", "{number:,} nodes", item.stop - item.start)
        return Box(
            key=f"n{node}", kind=kind, op=inside, title=item.label, node=node, frame=frame, scope=item.path
        )
    node = prepared.recording.nodes[item]
    title = prepared.homes.titles.get(item) or node.label or node.name or node.op
    return Box(
        key=f"n{item}",
        kind=node.kind,
        op=node.op,
        title=title,
        node=item,
        frame=frame,
        scope=None,
        holder=holder,
    )


def _order(prepared: Prepared, opened: frozenset[ScopePath], keys: Sequence[str]) -> list[tuple[str, str]]:
    """The last box of each iteration and the first of the next; the box before an optimizer's and its own."""
    frames = (prepared.by_scope.get(path) for path in prepared.homes.optimizers)
    starts = [part.start for part in frames if part and (part.path[:-1] in opened or len(part.path) == 1)]
    pairs = [(keys[start - 1], keys[start]) for start in starts if start and keys[start - 1] != keys[start]]
    for part in (prepared.root, *(prepared.parts[path] for path in opened)):
        pairs += [(keys[a.stop - 1], keys[b.start]) for a, b in iterations_in_turn(part)]
    return pairs


def _around_loops(
    prepared: Prepared, opened: frozenset[Path], boxes: Sequence[Box], links: Sequence[Link]
) -> Iterator[tuple[str, str]]:
    """For each open loop, what it reads paired with what it begins with, and what it ends with paired with what reads
    it. What stands in the loop itself, as a weight of several iterations does, is paired with the first of them."""
    data = [link for link in links if link.kind == "data"]
    for part in (prepared.root, *(prepared.parts[path] for path in opened)):
        turns = [inner.path for inner in part.inside() if inner.kind == "iteration"]
        if not turns:
            continue
        depth = len(part.path)
        turn = {box.key: box.around[: depth + 1] for box in boxes if box.around[:depth] == part.path}
        made = {box.key: -1 if box.kind in LEAF_KINDS else box.node for box in boxes}
        begun = prepared.order[part.start]
        joined = [(link.source, link.target, turn.get(link.source), turn.get(link.target)) for link in data]
        fed = {b for _, b, there, then in joined if there == then == turns[0]}
        feeding = {a for a, _, there, then in joined if there == then == turns[-1]}
        begins = [key for key, there in turn.items() if there == turns[0] and key not in fed]
        ends = [key for key, there in turn.items() if there == turns[-1] and key not in feeding]
        kept = dict.fromkeys(
            a for a, _, there, then in joined if there not in (None, *turns) and then in turns
        )
        read = dict.fromkeys(a for a, _, there, then in joined if not there and then and made[a] < begun)
        used = dict.fromkeys(b for _, b, there, then in joined if there and not then)
        yield from ((a, b) for a in kept for b in begins)
        yield from ((a, b) for a in read for b in (*kept, *begins))
        yield from ((a, b) for a in ends for b in used)


def _links(prepared: Prepared, boxes: Sequence[Box], held: Sequence[Box], number: Ints) -> tuple[Link, ...]:
    """An arrow for every pair of boxes between which edges run; none to or from a leaf inside a box."""
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
    # Edges without an arrow to share get one that runs, as gradients do, from the later box to the earlier one.
    links += [Link(boxes[a].key, boxes[b].key, "autograd") for a, b in back]
    return with_quiet(links, boxes, prepared.parts)
