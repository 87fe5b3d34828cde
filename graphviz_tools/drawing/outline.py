"""What a picture shows of a Recording: boxes, the links between them, and the frames of open scopes.

An autograd node is hidden behind the op that made it. To show fewer boxes, `collapse` the Recording first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from graphviz_tools.drawing.leaf_placement import beside_readers, holders
from graphviz_tools.recording import EdgeKind, Recording
from graphviz_tools.transforms.collapse import folding
from graphviz_tools.transforms.fold import fold as fold_graph
from graphviz_tools.transforms.scopes import opening

ScopePath = tuple[str, ...]
MOST_BOXES = 60  # a first picture with more is slow to lay out and hard to read


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `members` are the drawn nodes that it stands for: a node, and the autograd
    nodes hidden behind it. `scope` is the path of the closed scope that it is, if it is one. A box with a
    `holder` is drawn inside the box of that key, as a weight is in the op that reads it."""

    key: str
    kind: str
    op: str
    title: str
    members: tuple[int, ...]
    frame: ScopePath
    scope: ScopePath | None = None
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow between boxes, for all the `edges` that run there; `gradients` are the autograd edges that
    run the other way over the same arrow."""

    source: str
    target: str
    kind: EdgeKind
    edges: tuple[int, ...] = ()
    gradients: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """An open scope, drawn around its boxes."""

    path: ScopePath
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Outline:
    """Everything that is drawn, with no positions yet."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    frames: tuple[Frame, ...]


def shown(
    recording: Recording, opened: Collection[ScopePath] | None = None, *, fold: bool = False
) -> tuple[Recording, list[int], frozenset[ScopePath]]:
    """The collapsed graph to draw, without steps; for each node of `recording` its place there; and the open
    scopes.

    `opened` are the scopes to draw open; None opens as many as keep the picture readable. `fold=True` rolls
    repeated blocks up into one with a count. Raises UserError for a path that is no scope.
    """
    # A step belongs where its node went, so only the graph needs folding.
    graph = beside_readers(replace(recording, steps=()))
    places = list(range(len(graph.nodes)))
    if fold:
        rolled = folding(graph, "repeat")
        graph, places = fold_graph(graph, rolled), rolled.places()
    paths = opening(graph, MOST_BOXES) if opened is None else frozenset(map(tuple, opened))
    closed = folding(graph, "module", paths)
    into = closed.places()
    return fold_graph(graph, closed), [into[place] for place in places], paths


def outline(recording: Recording, *, autograd: bool = False) -> Outline:
    """The boxes, links and frames of `recording`, with every node that it has.

    `autograd=True` draws the autograd nodes as boxes of their own, with the gradients' own arrows.
    """
    members: dict[int, list[int]] = {}
    for node in recording.nodes:
        drawn = node.id if autograd else recording.seen(node.id)
        members.setdefault(drawn, []).append(node.id)
    held = {} if autograd else holders(recording)
    made = [_box(recording, drawn, tuple(inside), held.get(drawn)) for drawn, inside in members.items()]
    boxes = tuple(sorted(made, key=lambda box: bool(box.holder)))  # what lies in a box is drawn after it
    home = {member: box.key for box in boxes for member in box.members}
    held_by = {(box.key, box.holder) for box in boxes if box.holder}
    links = tuple(link for link in _links(recording, home, autograd) if _ends(link) not in held_by)
    return Outline(boxes, links, _frames(recording, {box.frame for box in boxes}))


def _ends(link: Link) -> tuple[str, str]:
    """Where a link runs from and to, as data does."""
    return (link.target, link.source) if link.kind == "autograd" else (link.source, link.target)


def _box(recording: Recording, drawn: int, inside: tuple[int, ...], holder: int | None) -> Box:
    node = recording.nodes[drawn]
    scope = (*node.scope, node.name) if node.kind == "scope" else None
    title = node.label or node.name or node.op
    within = "" if holder is None else f"n{holder}"
    return Box(f"n{drawn}", node.kind, node.op, title, inside, node.scope, scope, within)


def _frames(recording: Recording, innermost: set[ScopePath]) -> tuple[Frame, ...]:
    listed = {scope.path: scope for scope in recording.scopes}
    order = {path: place for place, path in enumerate(listed)}
    paths = {path[:depth] for path in innermost for depth in range(1, len(path) + 1)}
    frames = []
    for path in sorted(paths, key=lambda p: (len(p), order.get(p, len(order)), p)):
        scope = listed.get(path)
        frames.append(Frame(path, scope.kind if scope else "module", (scope and scope.label) or path[-1]))
    return tuple(frames)


def _links(recording: Recording, home: dict[int, str], autograd: bool) -> tuple[Link, ...]:
    found: dict[EdgeKind, dict[tuple[str, str], list[int]]] = {"data": {}, "control": {}, "autograd": {}}
    for number, edge in enumerate(recording.edges):
        ends = home[edge.source], home[edge.target]
        if ends[0] != ends[1]:
            found[edge.kind].setdefault(ends, []).append(number)
    gradients = found["autograd"]
    links = []
    for ends, edges in found["data"].items():
        back = () if autograd else tuple(gradients.pop((ends[1], ends[0]), ()))
        links.append(Link(*ends, "data", tuple(edges), back))
    for ends, edges in found["control"].items():
        if ends not in found["data"]:
            links.append(Link(*ends, "control", tuple(edges)))
    # What has no arrow to share runs, as gradients do, from the later box to the earlier one.
    links += [Link(late, early, "autograd", (), tuple(edges)) for (late, early), edges in gradients.items()]
    return tuple(links)
