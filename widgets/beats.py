"""The beats of a Duet: which step of each side is shown together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from graphviz_tools.recording import Recording

Beat = tuple[int, int]
STAGE = {"forward": 0, "trace": 0, "backward": 1, "optimize": 1, "run": 2}


def beats(left: Recording, right: Recording, pairs: Iterable[Beat]) -> tuple[Beat, ...]:
    """Every step of both sides, in order; at step -1 a side has not begun.

    `pairs` are steps (left, right) that belong together. A pair becomes one beat where that keeps both sides
    in their own order (the largest such set of pairs is taken); what is between two pairs is shown first on
    the left, then on the right. After the last pair, forward and tracing end first; what a traced graph then
    runs comes when the left side is done.
    """
    found: list[Beat] = []
    a = b = 0
    for at, beside in _in_order(pairs):
        found += [(i, b - 1) for i in range(a, at)]
        found += [(at - 1, j) for j in range(b, beside)]
        found.append((at, beside))
        a, b = at + 1, beside + 1
    left_rest = [(STAGE[step.phase], 0) for step in left.steps[a:]]
    right_rest = [(STAGE[step.phase], 1) for step in right.steps[b:]]
    for _, side in sorted(left_rest + right_rest):
        a, b = (a + 1, b) if side == 0 else (a, b + 1)
        found.append((a - 1, b - 1))
    return tuple(found)


def _in_order(pairs: Iterable[Beat]) -> list[Beat]:
    """The longest subset of `pairs` in which both sides only go forward (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    downward = sorted((at, -beside) for at, beside in set(pairs))
    ordered = [(at, -beside) for at, beside in downward]
    before: list[int | None] = []
    for place, (_, beside) in enumerate(ordered):
        length = bisect_left(tails, beside)
        before.append(ends[length - 1] if length else None)
        if length == len(tails):
            tails.append(beside)
            ends.append(place)
        else:
            tails[length], ends[length] = beside, place
    chain: list[Beat] = []
    place = ends[-1] if ends else None
    while place is not None:
        chain.append(ordered[place])
        place = before[place]
    return chain[::-1]
