"""The tree of what can be drawn: parts inside parts, down to single nodes.

A part is a scope, or a stretch of neighbours that `stretches.py` put together. Nodes are numbered by their
place in the tree, so that a part is a range of places; that makes closing and opening quick at any size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphviz_tools.drawing.homes import Homes, scope_label
from graphviz_tools.recording import Recording, Scope
from graphviz_tools.transforms.scopes import Path

LEAF_KINDS = ("input", "parameter", "variable", "constant", "output")


@dataclass(slots=True, eq=False)
class Part:
    """`items` are nodes and parts in the order in which they were made; the part takes the places from `start`
    to `stop`. `scope` is the path of its scope, without stretches around it (None for a stretch).
    `shape` is equal for parts that are built alike."""

    path: Path
    kind: str
    label: str
    scope: Path | None = None
    items: list[int | Part] = field(default_factory=list)
    start: int = 0
    stop: int = 0
    ops: int = 0
    shape: int = 0

    @property
    def pattern(self) -> str:
        """Its name without numbers: equal for `layers.0` and `layers.1`."""
        return re.sub(r"\d+", "#", self.path[-1]) if self.path else ""

    def inside(self) -> Iterator[Part]:
        """The parts directly in it."""
        return (item for item in self.items if isinstance(item, Part))


def read_tree(recording: Recording, homes: Homes) -> Part:
    """The root of the tree of scopes."""
    parts: dict[Path, Part] = {(): Part((), "module", "", ())}

    def part(path: Path) -> Part:
        known = parts.get(path)
        if known is None:
            scope = homes.listed.get(path) or Scope(path, "module")
            known = parts[path] = Part(path, scope.kind, scope_label(scope), path)
            part(path[:-1]).items.append(known)
        return known

    for node in recording.nodes:
        if homes.onto[node.id] == node.id and node.id not in homes.holder:
            part(homes.scopes[node.id]).items.append(node.id)
    _measure(parts[()], recording)
    return parts[()]


def _measure(part: Part, recording: Recording) -> None:
    """Count the ops in `part` and say how it is built."""
    spelled: list[object] = []
    for item in part.items:
        if isinstance(item, Part):
            _measure(item, recording)
            part.ops += item.ops
            spelled.append((item.pattern, item.shape))
        else:
            node = recording.nodes[item]
            part.ops += node.kind in ("op", "branch")
            spelled.append((node.kind, node.op, node.line.line if node.line else 0))
    part.shape = hash(tuple(spelled))


def number_places(root: Part, holder: dict[int, int]) -> list[int]:
    """Give every part its range; returns the nodes by place. A leaf inside another box follows its holder."""
    held: dict[int, list[int]] = {}
    for leaf, reader in holder.items():
        held.setdefault(reader, []).append(leaf)
    order: list[int] = []

    def number(part: Part) -> None:
        part.start = len(order)
        for item in part.items:
            if isinstance(item, Part):
                number(item)
            else:
                order.append(item)
                order.extend(held.get(item, ()))
        part.stop = len(order)

    number(root)
    return order


def walk(part: Part) -> Iterator[Part]:
    """Every part inside `part`, each before its own."""
    for inner in part.inside():
        yield inner
        yield from walk(inner)
