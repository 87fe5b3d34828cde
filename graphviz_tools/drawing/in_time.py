"""Put what no arrow joins in the order of time: the later piece is placed below the one that ended before it.

In an iteration of a training loop the gradients are clipped, an optimizer steps and a copy of the model follows it.
No value runs from one to the next, so `dot` would set them side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Place = tuple[object, ...]  # the path of the part around a box, and what it is in there


def in_time(places: Sequence[Place | None], pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Pairs of boxes whose second is to be placed below the first. Boxes are numbers in the order of time; `places`
    says where each one is, and `pairs` are joined by an arrow. Boxes fed by the same box count as joined. An input,
    whose place is empty, feeds others; a weight, which has no place, does not: it is read everywhere."""
    joined: dict[Place, Place] = {}

    def piece(place: Place) -> Place:
        while (next_one := joined.get(place, place)) != place:
            place = next_one
        return place

    def join(one: Place, other: Place) -> None:
        depth = _common(one, other)
        if depth is not None:
            first, second = piece(one[:depth]), piece(other[:depth])
            if first != second:
                joined[second] = first

    fed: dict[tuple[int, Place], Place] = {}
    for a, b in pairs:
        source, target = places[a], places[b]
        if source is not None and target is not None:
            join(source, target)
            for depth in range(len(target)):
                join(fed.setdefault((a, target[:depth]), target), target)
    reach: dict[Place, dict[Place, tuple[int, int]]] = {}
    for n, place in enumerate(place or () for place in places):
        for depth in range(1, len(place) + 1):
            pieces = reach.setdefault(place[: depth - 1], {})
            its = piece(place[:depth])
            first, _ = pieces.get(its, (n, n))
            pieces[its] = first, n
    for pieces in reach.values():
        last = -1
        for first, end in sorted(pieces.values()):
            if 0 <= last < first:
                yield last, first
            last = max(last, end)


def _common(one: Place, other: Place) -> int | None:
    """The length of the shortest paths that tell two places apart; None when one is around the other."""
    for depth, (a, b) in enumerate(zip(one, other, strict=False), 1):
        if a != b:
            return depth
    return None
