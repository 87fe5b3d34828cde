"""Fold what repeats: twelve equal layers, a hundred turns of an unrolled loop.

The content of a scope is read as a word, with one letter for a node's kind, op and source line, or for a
child scope's whole structure. A repetition is a *tandem repeat* of that word, a block that follows itself
without a gap, whose blocks are also wired equally inside. (Main and Lorentz, "An O(n log n) algorithm for
finding all repetitions in a string", J. Algorithms 5, 1984, is the classic; comparing the word with itself,
moved by each period, in NumPy is quicker at our sizes.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from graphviz_tools.recording import Node, NodeKind, Recording
from graphviz_tools.transforms.fold import Folding, Path, leaders, members

LONGEST_BLOCK = 1024  # letters; a longer block is not searched for
SHIFTS = 16  # ways to cut a stretch into blocks that are tried

CODE: frozenset[NodeKind] = frozenset(
    {"op", "branch", "constant"}
)  # what a line of code makes again at every turn


@dataclass(slots=True, eq=False)
class _Box:
    """A scope as a word: `items` in order of appearance, their `letters`, whether each `works` (a parameter
    does not), and for each item the `wires` that reach it from other items of the same scope, as (item,
    source slot, target slot, kind)."""

    path: Path
    place: int = 0
    items: list[int | _Box] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)
    works: list[bool] = field(default_factory=list)
    wires: dict[int, list[tuple[int, int, int, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Repeat:
    start: int
    period: int
    times: int

    @property
    def stop(self) -> int:
        return self.start + self.period * self.times


class _Stretch(NamedTuple):
    """Items start..stop-1, which equal themselves moved by `period`."""

    start: int
    stop: int
    period: int


def rolled(recording: Recording) -> Folding:
    """Fold each repeated block into its first occurrence, the longest repetitions first."""
    roll = _Roll()
    root = _read(recording)
    roll.fold_inside(root)
    _pair_autograd(recording, roll.node_onto)

    first = leaders(_last(roll.node_onto, node.id) for node in recording.nodes)
    groups = members(first)
    boxes = {n: _times(recording.nodes[n], len(group)) for n, group in groups.items() if len(group) > 1}
    shown = _moved(roll.scope_onto)
    count = Counter(shown(scope.path) for scope in recording.scopes)
    labels = {
        s.path: f"{s.label or s.path[-1]} × {count[s.path]}" for s in recording.scopes if count[s.path] > 1
    }
    return Folding(first, boxes, shown, labels, alike=True)


def any_repeats(recording: Recording) -> bool:
    """Whether `rolled` would fold anything, known at the first repetition."""

    def found(box: _Box) -> bool:
        if next(_repeats(box, 0, len(box.items)), None) is not None:
            return True
        return any(found(item) for item in box.items if isinstance(item, _Box))

    return found(_read(recording))


def _times(node: Node, count: int) -> Node:
    return replace(node, label=f"{node.label or node.name or node.op} × {count}")


def _pair_autograd(recording: Recording, onto: dict[int, int]) -> None:
    """Fold the autograd nodes of each folded op onto those of the op that it was folded onto."""
    owned: dict[int, list[Node]] = {}
    for node in recording.nodes:
        if node.owner is not None:
            owned.setdefault(node.owner, []).append(node)
    for again, first in list(onto.items()):
        for a, b in zip(owned.get(first, ()), owned.get(again, ()), strict=False):
            if a.op == b.op:
                onto[b.id] = a.id


def _last(onto: dict, start):
    while start in onto:
        start = onto[start]
    return start


def _moved(onto: dict[Path, Path]):
    """A function that gives the path at which a scope's content is found after folding."""

    @cache
    def shown(path: Path) -> Path:
        for depth in range(1, len(path) + 1):
            if path[:depth] in onto:
                return shown(onto[path[:depth]] + path[depth:])
        return path

    return shown


# --- reading a Recording as words -------------------------------------------------------------------------


def _read(recording: Recording) -> _Box:
    """The outermost scope, with every scope inside it spelled."""
    boxes: dict[Path, _Box] = {(): _Box(())}
    place = [-1] * len(recording.nodes)  # autograd nodes have none: they follow their owners

    def box(path: Path) -> _Box:
        if path not in boxes:
            parent = box(path[:-1])
            boxes[path] = _Box(path, len(parent.items))
            parent.items.append(boxes[path])
        return boxes[path]

    for node in recording.nodes:
        if node.kind != "autograd":
            home = box(node.scope)
            place[node.id] = len(home.items)
            home.items.append(node.id)
    _wire(recording, boxes, place)
    _spell(boxes[()], recording, {})
    return boxes[()]


def _wire(recording: Recording, boxes: dict[Path, _Box], place: list[int]) -> None:
    """Give each edge to the innermost scope that holds both its ends."""
    scope = [node.scope for node in recording.nodes]
    for edge in recording.edges:
        a, b = scope[edge.source], scope[edge.target]
        source, target = place[edge.source], place[edge.target]
        if source < 0 or target < 0 or edge.source == edge.target:
            continue
        depth = len(a)
        if a != b:
            depth = next(
                (d for d, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
            )
            source = source if len(a) == depth else boxes[a[: depth + 1]].place
            target = target if len(b) == depth else boxes[b[: depth + 1]].place
        wire = (source, edge.source_slot, edge.target_slot, edge.kind)
        boxes[a[:depth]].wires.setdefault(target, []).append(wire)


def _spell(box: _Box, recording: Recording, alphabet: dict[object, int]) -> int:
    """Write the letters of `box` and of all in it; return the letter that `box` itself is in its parent's
    word.

    Scopes whose names differ by more than a number ("q_proj" and "k_proj") are different things even when
    their insides are equal.
    """
    for item in box.items:
        if isinstance(item, _Box):
            letter = _spell(item, recording, alphabet)
        else:
            node = recording.nodes[item]
            line = (node.line.file, node.line.line) if node.line and node.kind in CODE else None
            letter = alphabet.setdefault((node.kind, node.op, line), len(alphabet))
        box.letters.append(letter)
        box.works.append(isinstance(item, _Box) or recording.nodes[item].kind in ("op", "branch"))
    name = re.sub(r"\d+", "#", box.path[-1]) if box.path else ""
    spelling = (name, tuple(box.letters), _wiring(box, 0, len(box.items)))
    return alphabet.setdefault(spelling, len(alphabet))


def _wiring(box: _Box, start: int, stop: int) -> tuple[object, ...]:
    """The wires among items start..stop-1, relative to `start`: equal for blocks that are wired equally."""
    return tuple(
        (item - start, source - start, *rest)
        for item in range(start, stop)
        for source, *rest in box.wires.get(item, ())
        if start <= source < stop
    )


# --- finding repetitions ----------------------------------------------------------------------------------


class _Roll:
    """What has been folded so far: each node, and each scope, onto its first occurrence."""

    def __init__(self) -> None:
        self.node_onto: dict[int, int] = {}
        self.scope_onto: dict[Path, Path] = {}

    def fold_inside(self, box: _Box) -> None:
        self._fold_stretch(box, 0, len(box.items))
        for item in box.items:
            if isinstance(item, _Box) and item.path not in self.scope_onto:
                self.fold_inside(item)

    def _fold_stretch(self, box: _Box, start: int, stop: int) -> None:
        for repeat in _repeats(box, start, stop):
            first = box.items[repeat.start : repeat.start + repeat.period]
            for begin in range(repeat.start + repeat.period, repeat.stop, repeat.period):
                self._pair(first, box.items[begin : begin + repeat.period])
            if repeat.period > 1:
                self._fold_stretch(box, repeat.start, repeat.start + repeat.period)

    def _pair(self, first: list[int | _Box], again: list[int | _Box]) -> None:
        for a, b in zip(first, again, strict=True):
            if isinstance(a, _Box) and isinstance(b, _Box):
                self.scope_onto[b.path] = a.path
                self._pair(a.items, b.items)
            elif isinstance(a, int) and isinstance(b, int):
                self.node_onto[b] = a


def _repeats(box: _Box, start: int, stop: int) -> Iterator[_Repeat]:
    """Repetitions in items start..stop-1 that do not overlap; those that fold most come first."""
    word = np.asarray(box.letters[start:stop])
    taken = np.zeros(len(word), bool)
    stretches = sorted(
        _stretches(word), key=lambda s: (-((s.stop - s.start) // s.period * s.period), s.period)
    )
    for first, last, period in stretches:
        free = np.flatnonzero(~taken[first:last])
        if not len(free):
            continue
        first, last = first + int(free[0]), first + int(free[-1]) + 1
        if last - first < 2 * period or taken[first:last].any():
            continue
        repeat = _best_blocks(box, start + first, start + last, period)
        if repeat is not None:
            taken[repeat.start - start : repeat.stop - start] = True
            yield repeat


def _stretches(word: NDArray[np.int64]) -> Iterator[_Stretch]:
    """Every longest stretch start..stop-1 of `word` that equals itself moved by a period."""
    for period in range(1, min(len(word) // 2, LONGEST_BLOCK) + 1):
        equal = word[period:] == word[:-period]
        if np.count_nonzero(equal) < period:
            continue
        turns = np.flatnonzero(np.diff(equal, prepend=False, append=False))
        for start, stop in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True):
            if stop - start >= period:
                yield _Stretch(start, stop + period, period)


def _best_blocks(box: _Box, start: int, stop: int, period: int) -> _Repeat | None:
    """Cut a stretch into blocks that are wired equally: the cut that folds most, then the one with the most
    wires inside a block (so that a layer is not cut through its middle)."""
    best: _Repeat | None = None
    best_score = (0, 0)
    for shift in range(min((stop - start) % period + 1, SHIFTS)):
        begins = range(start + shift, stop - period + 1, period)
        wiring = [_wiring(box, begin, begin + period) for begin in begins]
        for run, times in _runs(wiring):
            repeat = _Repeat(begins[run], period, times)
            score = (times, len(wiring[run]))
            if times > 1 and any(box.works[repeat.start : repeat.start + period]) and score > best_score:
                best, best_score = repeat, score
    return best


def _runs(values: list[tuple[object, ...]]) -> Iterator[tuple[int, int]]:
    """Runs of equal neighbours as (first, how many)."""
    start = 0
    for i in range(1, len(values) + 1):
        if i == len(values) or values[i] != values[start]:
            yield start, i - start
            start = i
