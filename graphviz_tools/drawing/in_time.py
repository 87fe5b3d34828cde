"""What no arrow joins, in the order of time: the later piece stands below the one that ended before it.

In an iteration of a training loop the gradients are clipped, an optimizer steps and a copy of the model follows it.
No value runs from one to the next, so that `dot` would set them side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Place = tuple[object, ...]  # the path of the part around a box, and what it is in there


def in_time(places: Sequence[Place], pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Pairs of boxes of which the second stands below the first. Boxes are numbers in the order of time; `places`
    says where each one is (an empty place: nowhere), and `pairs` are joined by an arrow."""
    joined: dict[Place, Place] = {}

    def piece(place: Place) -> Place:
        while (next_one := joined.get(place, place)) != place:
            place = next_one
        return place

    for a, b in pairs:
        depth = _common(places[a], places[b])
        if depth is not None:
            one, other = piece(places[a][:depth]), piece(places[b][:depth])
            if one != other:
                joined[other] = one
    reach: dict[Place, dict[Place, tuple[int, int]]] = {}
    for n, place in enumerate(places):
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
    """How long the paths are that tell two places apart; None for places of which one is around the other."""
    for depth, (a, b) in enumerate(zip(one, other, strict=False), 1):
        if a != b:
            return depth
    return None
