"""Which parts are open: as many as fit, by one budget.

The time that Graphviz needs for a picture grows with its boxes and, faster, with the length of its arrows, counted in
the rows that they cross. So a picture has a budget of both. Whatever is asked for, parts are closed until it fits.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

import numpy as np

from graphviz_tools.arguments import in_brief
from graphviz_tools.drawing.ends import Ints
from graphviz_tools.drawing.homes import GRADIENT
from graphviz_tools.drawing.in_time import Place, in_time
from graphviz_tools.drawing.parts import LEAF_KINDS, Part
from graphviz_tools.drawing.prepared import Prepared
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.transforms.scopes import Path


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many boxes, and so many rows crossed by all arrows together."""

    boxes: int
    rows: int


FIRST = Budget(60, 600)  # a first picture with more is hard to read
ASKED = Budget(150, 1200)  # and one with more is slow to lay out, also where scopes are opened by hand
SHORT = 12  # items of an iteration that is opened beside others


def choose_open(
    prepared: Prepared, asked: Collection[Path] | None, budget: Budget | None = None
) -> tuple[Path, ...]:
    """The paths of the parts to open, each after those around it.

    `asked` are paths of scopes or of parts; when not all of a list fit, the first are closed first, and the last
    stays open if it fits alone. None opens what fits, from the outside in, the smallest first.
    Raises UserError for a path that is neither a scope nor a part.
    """
    if asked is None:
        wanted, limit = _outside_in(prepared), budget or FIRST
    else:
        wanted, limit = _latest_first(prepared, asked), budget or ASKED
    opened: list[Part] = []
    boxes = len(prepared.root.items)
    alone = len(prepared.root.items) == 1
    known: set[Path] = {()}
    for group in wanted:
        fresh = [part for part in group if part.path not in known and part.path[:-1] in known]
        more = sum(len(part.items) - 1 for part in fresh)
        if fresh and (boxes + more <= limit.boxes or (alone and len(fresh) == 1)):
            boxes += more
            alone = alone and len(fresh[0].items) == 1
            known.update(part.path for part in fresh)
            opened += fresh
    return tuple(part.path for part in _within(prepared, opened, limit))


def _outside_in(prepared: Prepared) -> Iterator[list[Part]]:
    """Every part that is a scope, level by level, and in each level the smallest first. Parts of one kind are opened
    all or none, except iterations, of which the short ones and the first are; what an optimizer computes, and
    what a gradient's gradient needs, is opened only when asked for."""
    level, optimizers = [prepared.root], prepared.homes.optimizers
    while level:
        inside = [inner for part in level for inner in part.inside()]
        level = [part for part in inside if part.scope is not None and part.scope not in optimizers]
        level = [part for part in level if part.label != GRADIENT]
        turns = [part for part in level if part.kind == "iteration"]
        later = {b.path for a, b in itertools.pairwise(turns) if a.path[:-1] == b.path[:-1]}
        level = [part for part in level if part.path not in later or len(part.items) <= SHORT]
        alike: defaultdict[object, list[Part]] = defaultdict(list)
        for part in level:
            turn = part.path if part.kind == "iteration" else ()
            alike[part.kind, part.label.rpartition(": ")[2], turn].append(part)
        yield from sorted(alike.values(), key=lambda group: sum(len(part.items) - 1 for part in group))


def _latest_first(prepared: Prepared, asked: Collection[Path]) -> Iterator[list[Part]]:
    """The parts of `asked` from the last to the first, each after the parts around it."""
    for path in reversed(paths_of(asked)):
        part = _part_of(prepared, path)
        for depth in range(1, len(part.path) + 1):
            yield [prepared.parts[part.path[:depth]]]


def paths_of(asked: Collection[Path]) -> list[Path]:
    """The paths in `asked` in their order; for a set, the longest first. Raises UserError for anything but paths,
    such as the name of a scope."""
    if isinstance(asked, str) or not isinstance(asked, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        asked = cast("list[Path]", [asked])
    paths = list(asked)
    for path in paths:
        if not isinstance(path, (tuple, list)) or not all(isinstance(part, str) for part in path):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UserError(
                _(
                    "open takes the paths of scopes, for example open=[({example!r},)], not {kind}",
                    example=path if isinstance(path, str) else "layer1",
                    kind=_("a str") if isinstance(path, str) else in_brief(path),
                )
            )
    ordered = isinstance(asked, Sequence)
    return [tuple(path) for path in (paths if ordered else sorted(paths, key=len, reverse=True))]


def _part_of(prepared: Prepared, path: Path) -> Part:
    """The part with that path, or the one that shows that scope. Raises UserError when there is no such scope, or
    nothing is drawn in it."""
    part = prepared.root if not path else prepared.parts.get(path) or prepared.by_scope.get(path)
    if part is None and any(scope.path[: len(path)] == path for scope in prepared.recording.scopes):
        raise UserError(_("nothing is drawn in the scope {path!r}: leave it out of open=", path=path))
    if part is None:
        known = [*prepared.by_scope]
        names = {".".join(scope): scope for scope in known}
        near = ", ".join(repr(names[name]) for name in get_close_matches(".".join(path), names))
        if near:
            raise UserError(_("no scope {path!r}; the nearest: {near}", path=path, near=near))
        some = ", ".join(map(repr, known[:10])) or "none"
        rest = _(" and {count} more", count=len(known) - 10) if len(known) > 10 else ""
        raise UserError(_("no scope {path!r}; the scopes are {some}{rest}", path=path, some=some, rest=rest))
    return part


def _within(prepared: Prepared, opened: list[Part], limit: Budget) -> list[Part]:
    """As many of `opened`, from the first on, as keep the arrows within the limit."""
    if _rows(prepared, opened) <= limit.rows:
        return opened
    fits, fails = 0, len(opened)
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if _rows(prepared, opened[:middle]) <= limit.rows:
            fits = middle
        else:
            fails = middle
    return opened[:fits]


def visible(prepared: Prepared, opened: Collection[Path]) -> Iterator[tuple[int | Part, Path]]:
    """The nodes and the closed parts that are visible when `opened` are open, each with the path of the part around
    it, in the order of their places."""

    def seen(part: Part) -> Iterator[tuple[int | Part, Path]]:
        for item in part.items:
            if isinstance(item, Part) and item.path in opened:
                yield from seen(item)
            else:
                yield item, part.path

    return seen(prepared.root)


def box_numbers(prepared: Prepared, boxes: Sequence[int | Part]) -> Ints:
    """For each place the number of the box in `boxes` that shows it; for a leaf in another box, that box's number."""
    starts = [prepared.places[box] if isinstance(box, int) else box.start for box in boxes]
    lengths = np.diff([*starts, len(prepared.order)])
    return np.repeat(np.arange(len(boxes)), lengths)


def _rows(prepared: Prepared, opened: Sequence[Part]) -> int:
    """The rows that all arrows together cross."""
    boxes = list(visible(prepared, {part.path for part in opened}))
    number = box_numbers(prepared, [item for item, _ in boxes])
    pairs: set[tuple[int, int]] = set()
    for wires in prepared.wires.values():
        source, target = number[wires.source], number[wires.target]
        low, high = np.minimum(source, target), np.maximum(source, target)
        keys = np.unique(low[low != high] * len(boxes) + high[low != high])
        pairs.update((int(key) // len(boxes), int(key) % len(boxes)) for key in keys)
    kept = {*pairs, *_below(prepared, opened, number), *in_time(places_in_time(prepared, boxes), pairs)}
    rank = [0] * len(boxes)
    for high, low in sorted((high, low) for low, high in kept):
        rank[high] = max(rank[high], rank[low] + 1)
    return sum(rank[high] - rank[low] for low, high in pairs)


def places_in_time(prepared: Prepared, boxes: Sequence[tuple[int | Part, Path]]) -> list[Place | None]:
    """Where each visible box is, for `in_time`."""
    nodes = prepared.recording.nodes

    def place(item: int | Part, frame: Path) -> Place | None:
        kind = item.kind if isinstance(item, Part) else nodes[item].kind
        if kind in LEAF_KINDS:
            return () if kind == "input" else None
        return item.path if isinstance(item, Part) else (*frame, item)

    return [place(item, frame) for item, frame in boxes]


def _below(prepared: Prepared, opened: Sequence[Part], number: Ints) -> Iterator[tuple[int, int]]:
    """The last box of each iteration and the first of the next, which is drawn below it."""
    for part in (prepared.root, *opened):
        for a, b in iterations_in_turn(part):
            yield int(number[a.stop - 1]), int(number[b.start])


def iterations_in_turn(part: Part) -> Iterator[tuple[Part, Part]]:
    """Each iteration directly in `part`, with the next."""
    return itertools.pairwise(inner for inner in part.inside() if inner.kind == "iteration")
