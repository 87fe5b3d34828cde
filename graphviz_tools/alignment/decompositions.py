"""One op here, several there: `linear` is MatMul and BiasAdd, `SquaredDifference` is sub and pow.

Matching pairs the one with a single op of the several; the others join it here, when they feed that op and are on
its line of code, or can be a part of what the one op does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from graphviz_tools.alignment.items import Item, same_numbers
from graphviz_tools.analysis.op_vocabulary import made_of, same_meaning, stands_for_several
from graphviz_tools.recording import Recording


def parts(
    recording: Recording,
    many: list[Item],
    one: list[Item],
    owner: dict[int, int],
    ends: Callable[[str, str], bool],
) -> dict[int, int]:
    """The items of `many` (what `recording` executed) without a match, and the item of `one` they belong to.

    `owner` gives, by place, what is matched; `ends(a, b)` is true when op `a` of `one` may end in op `b`.
    """
    found: dict[int, int] = {}
    producers = _producers(recording, many)
    for place, item in enumerate(many):
        known = owner | found
        if place in known:
            whole = known[place]
            if stands_for_several(one[whole].op):
                for part in _unmatched_above(place, producers, known):
                    related = same_meaning(one[whole].op, many[part].op) or ends(one[whole].op, many[part].op)
                    related = related or made_of(one[whole].op, many[part].op)
                    if related or many[part].words == item.words:
                        found[part] = whole
            continue
        for before in producers[place]:
            whole = known.get(before)
            ended = whole is not None and (ends(one[whole].op, item.op) or _stores(one[whole].op, item.op))
            if whole is not None and ended and same_numbers(one[whole].written, item.written):
                found[place] = whole
    return found


def _stores(op: str, store: str) -> bool:
    """True for an assignment that stores what an in-place op computed."""
    return op.endswith("_") and store.startswith("Assign")


def _unmatched_above(place: int, producers: dict[int, set[int]], known: dict[int, int]) -> list[int]:
    above: list[int] = []
    waiting = [before for before in producers[place] if before not in known]
    while waiting:
        part = waiting.pop()
        if part not in above:
            above.append(part)
            waiting += [before for before in producers[part] if before not in known]
    return above


def _producers(recording: Recording, items: list[Item]) -> dict[int, set[int]]:
    """For each item, the items that its inputs come from, past bookkeeping, as they last ran before it."""
    fed: dict[int, list[int]] = defaultdict(list)
    for edge in recording.edges:
        if edge.kind == "data":
            fed[edge.target].append(edge.source)
    last: dict[int, int] = {}
    producers: dict[int, set[int]] = {}
    for place, item in enumerate(items):
        producers[place] = set()
        waiting, seen = list(fed[item.node]), {item.node}
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in last:
                producers[place].add(last[node])
            else:
                waiting += fed[node]
        last[item.node] = place
    return producers
