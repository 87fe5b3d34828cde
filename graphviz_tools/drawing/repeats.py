"""Find the arrows that only repeat what another arrow says.

A weight is read in every iteration of a training loop, and at every call of its module. If all these arrows were
drawn, they would bury the rest. So the first stays, and one that only repeats it is *quiet*: it is drawn while a
value or a gradient runs over it, or when its box is pointed at, and has no influence on where boxes are placed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphviz_tools.drawing.boxes import Box, Link
from graphviz_tools.drawing.homes import first_call
from graphviz_tools.drawing.parts import LEAF_KINDS, Part
from graphviz_tools.transforms.scopes import Path


def with_quiet(links: Sequence[Link], boxes: Sequence[Box], parts: Mapping[Path, Part]) -> tuple[Link, ...]:
    """`links`, of which these are quiet: from something outside a loop into any iteration but the first that reads
    it, and from a leaf into any call but the first of a module that reads it."""
    by_key = {box.key: box for box in boxes}
    number = {box.key: n for n, box in enumerate(boxes)}
    first_turn: dict[tuple[str, Path], Path] = {}
    first_reader: dict[tuple[str, Path, str], Path] = {}
    quiet: set[int] = set()
    ends = [_down(link) for link in links]
    place = [number[lower] for _, lower in ends]
    for n in sorted(range(len(links)), key=place.__getitem__):
        source, target = (by_key[key] for key in ends[n])
        inside, there = source.around, target.around
        own = {turn[:-1] for turn in _turns(inside, parts)}  # loops of which the source is a part itself
        turns = [
            first_turn.setdefault((source.key, turn[:-1]), turn) != turn
            for turn in _turns(there, parts)
            if turn[:-1] not in own
        ]
        called = tuple(map(first_call, there))
        again = (
            source.kind in LEAF_KINDS
            and first_reader.setdefault((source.key, called, target.op), there) != there
        )
        if again or any(turns):
            quiet.add(n)
    return tuple(replace(link, quiet=True) if n in quiet else link for n, link in enumerate(links))


def _down(link: Link) -> tuple[str, str]:
    """The ends of a link in the direction in which values run."""
    return (link.target, link.source) if link.kind == "autograd" else (link.source, link.target)


def _turns(path: Path, parts: Mapping[Path, Part]) -> list[Path]:
    """The iterations around `path`, or at it, from the outermost."""
    depths = (path[:depth] for depth in range(1, len(path) + 1))
    return [turn for turn in depths if turn in parts and parts[turn].kind == "iteration"]
