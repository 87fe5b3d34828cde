"""Match two sequences of ops: first in order, by meaning, value and words; then the rest, one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from graphviz_tools.alignment.items import Item, same_numbers
from graphviz_tools.analysis.op_vocabulary import ends_in, meaning, same_meaning
from graphviz_tools.language import _

ENOUGH = 4.0  # a match needs equal meaning (3) and one more good reason
ROUNDING = 2e-6  # of the largest number that is added: some ten units in the last place of a float32
SUMS = frozenset(["sum", "mean", "add", "sub"])
TABLE = (
    1_000_000  # cells of one dynamic-programming table; longer sequences are cut where they surely correspond
)


@dataclass(frozen=True, slots=True)
class Match:
    """Item `eager` of one sequence does what item `static` of the other does."""

    eager: int
    static: int
    reason: str


def match(eager: list[Item], static: list[Item]) -> list[Match]:
    """The matches, each item in at most one.

    First by value in the order of both programs, then by value in any order, then, in the gaps, by words.
    """
    found: list[Match] = []
    for e, s in _pieces(eager, static):
        found += _best(eager, static, e, s, by_value=True)
    moved = _moved(eager, static, found)
    taken_eager, taken_static = {m.eager for m in moved}, {m.static for m in moved}
    for e, s in _gaps(found, len(eager), len(static)):
        left, right = [i for i in e if i not in taken_eager], [j for j in s if j not in taken_static]
        found += _best(eager, static, left, right, by_value=False)
    return sorted((*found, *moved), key=lambda m: m.eager)


def match_turns(eager: list[Item], static: list[Item]) -> list[Match]:
    """Pair ops that ran in turns with ops that are known only as parts of a graph.

    When a line's op is in the graph k times and ran k·n times, the i-th run belongs to the i-th op, and each turn
    of the loop starts again with the first.
    """
    ran, drawn = _by_words(eager), _by_words(static)
    found = []
    for (sense, words), places in ran.items():
        alike = [(likeness(words, key.words), key) for key in drawn if key.words and key.sense == sense]
        best, key = max(alike, default=(0.0, None))
        if key is None or best < 0.6 or len(places) % len(drawn[key]):
            continue
        for turn, place in enumerate(places):
            node = drawn[key][turn % len(drawn[key])]
            found.append(Match(place, node, _("same op, same line; the graph did not need to run it")))
    taken_eager, taken_static = {m.eager for m in found}, {m.static for m in found}
    return found + _only_ones(
        {i: item for i, item in enumerate(eager) if i not in taken_eager},
        {j: item for j, item in enumerate(static) if j not in taken_static},
    )


def _only_ones(eager: dict[int, Item], static: dict[int, Item]) -> list[Match]:
    """Pairs of ops that are the only ones left with their meaning."""
    left, right = _by_meaning(eager), _by_meaning(static)
    return [
        Match(left[sense][0], right[sense][0], _("the only such op; the graph did not need to run it"))
        for sense in left.keys() & right.keys()
        if len(left[sense]) == len(right[sense]) == 1
    ]


def _by_meaning(items: dict[int, Item]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, item in items.items():
        groups[meaning(item.op)].append(place)
    return groups


class _Line(NamedTuple):
    """What an op means, and the words of its line."""

    sense: str
    words: tuple[str, ...]


def _by_words(items: list[Item]) -> dict[_Line, list[int]]:
    groups: dict[_Line, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        groups[_Line(meaning(item.op), item.words)].append(place)
    return groups


def _moved(eager: list[Item], static: list[Item], found: list[Match]) -> list[Match]:
    """Pairs of equal meaning and value whose order differs between the two programs."""
    free_eager = set(range(len(eager))) - {m.eager for m in found}
    free_static = sorted(set(range(len(static))) - {m.static for m in found})
    more = []
    for i in sorted(free_eager):
        scores = {j: score(eager[i], static[j], by_value=True) for j in free_static}
        best = max((j for j in free_static if scores[j] >= ENOUGH + 3), key=scores.__getitem__, default=None)
        if best is not None and same_numbers(eager[i].written, static[best].written):
            more.append(Match(i, best, _("same op and value, in another order")))
            free_static.remove(best)
    return more


def score(eager: Item, static: Item, by_value: bool) -> float:
    """How well two ops correspond; below `ENOUGH` they do not.

    Without `by_value`, unequal numbers do not count against a pair: the two programs may have been given
    different numbers, or taken different branches.
    """
    same = same_meaning(eager.op, static.op)
    if not same and not ends_in(eager.op, static.op):
        return 0.0
    equal = same_numbers(eager.written, static.written) or _cancelled(eager, static)
    words = likeness(eager.words, static.words)
    if not same and not equal:
        return 0.0
    points = (3.0 if same else 1.5) + 2.0 * words
    if equal:
        points += 4.0
    elif equal is False and by_value:
        return 0.0
    shared = _shared(eager, static)
    if equal is False and shared == 1.0:  # the same inputs, another result: another op
        return 0.0
    points += shared
    if equal is None and _same_shape(eager, static):
        points += 1.0
    return points


@lru_cache(maxsize=65536)
def likeness(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """From 0 to 1: how much of two lines of code is the same."""
    return SequenceMatcher(None, a, b, autojunk=False).ratio() if a and b else 0.0


def _shared(eager: Item, static: Item) -> float:
    """The share of the eager op's inputs that the static op reads too."""
    known = [value for value in eager.reads if value.numbers is not None]
    if not known:
        return 0.0
    return sum(any(same_numbers(v, w) for w in static.reads) for v in known) / len(known)


def _cancelled(eager: Item, static: Item) -> bool | None:
    """Like `same_numbers`, but also True for sums of the same numbers that differ by no more than the rounding of
    what cancelled in them."""
    known = same_numbers(eager.written, static.written)
    if known is not False or not same_meaning(eager.op, static.op) or meaning(eager.op) not in SUMS:
        return known
    scale = max((abs(n) for v in eager.reads for n in v.numbers or () if n == n), default=0.0)
    assert eager.written is not None and static.written is not None
    a, b = eager.written.numbers or (), static.written.numbers or ()
    small = len(a) == len(b) and all(abs(x - y) <= ROUNDING * scale for x, y in zip(a, b, strict=True))
    return small and _shared(eager, static) == 1.0


def _same_shape(eager: Item, static: Item) -> bool:
    if eager.written is None or static.written is None:
        return False
    return eager.written.shape == static.written.shape


def _best(
    eager: list[Item], static: list[Item], e: Sequence[int], s: Sequence[int], by_value: bool
) -> list[Match]:
    """The order-preserving matching of two stretches with the highest sum of scores (Needleman-Wunsch)."""
    if not e or not s:
        return []
    left, right = (Counter(meaning(side[i].op) for i in at) for side, at in ((eager, e), (static, s)))
    total = [[0.0] * (len(s) + 1) for _ in range(len(e) + 1)]
    points: dict[tuple[int, int], float] = {}
    for i, x in enumerate(e):
        above, row = total[i], total[i + 1]
        for j, y in enumerate(s):
            here = score(eager[x], static[y], by_value)
            if here and not by_value and _same_shape(eager[x], static[y]):
                sense = meaning(eager[x].op)
                here += 1.0 if left[sense] == right[sense] == 1 else 0.0  # the only one here
            best = max(above[j + 1], row[j])
            if here >= ENOUGH:
                points[i, j] = here
                best = max(best, above[j] + here)
            row[j + 1] = best
    found = []
    i, j = len(e), len(s)
    while i and j:
        here = points.get((i - 1, j - 1), 0.0)
        if here and total[i][j] == total[i - 1][j - 1] + here:
            found.append(Match(e[i - 1], s[j - 1], _reason(eager[e[i - 1]], static[s[j - 1]])))
            i, j = i - 1, j - 1
        elif total[i][j] == total[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return found


def _reason(eager: Item, static: Item) -> str:
    words = [
        _("same op")
        if same_meaning(eager.op, static.op)
        else _("{static} ends {eager}", static=static.op, eager=eager.op)
    ]
    equal = same_numbers(eager.written, static.written)
    if eager.words and likeness(eager.words, static.words) > 0.8:
        words.append(_("same line"))
    if equal is not None:
        words.append(_("same value") if equal else _("other value"))
    return ", ".join(words)


def _pieces(eager: list[Item], static: list[Item]) -> list[tuple[range, range]]:
    """The two sequences, cut where long runs of equal meaning and words surely correspond."""
    whole = (range(len(eager)), range(len(static)))
    if len(eager) * len(static) <= TABLE:
        return [whole]
    keys = [[(meaning(item.op), item.words) for item in side] for side in (eager, static)]
    blocks = SequenceMatcher(None, *keys, autojunk=False).get_matching_blocks()
    pieces, i, j = [], 0, 0
    for block in blocks:
        end_i, end_j = block.a + block.size, block.b + block.size
        if (end_i - i) * (end_j - j) > TABLE // 4 or block.size == 0:
            pieces.append((range(i, end_i), range(j, end_j)))
            i, j = end_i, end_j
    return [*pieces, (range(i, len(eager)), range(j, len(static)))]


def _gaps(found: list[Match], eager: int, static: int) -> list[tuple[range, range]]:
    """The gaps between neighbouring matches, on both sides."""
    ends = [(-1, -1), *sorted((m.eager, m.static) for m in found), (eager, static)]
    return [
        (range(a + 1, c), range(b + 1, d)) for (a, b), (c, d) in pairwise(ends) if c > a + 1 and d > b + 1
    ]
