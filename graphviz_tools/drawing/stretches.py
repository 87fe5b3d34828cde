"""Put neighbours together until no part holds more than a picture can show.

A loop of 200 iterations, a function of 20,000 ops and an op that reads 1,000 weights are all drawn by one rule:
neighbours become a *stretch*, a closed box that opens on a click, and a stretch of very many is itself made
of stretches. Neighbours of one kind come first: the first and the last of a hundred equal layers stay, with "× 98"
between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from graphviz_tools.drawing.parts import LEAF_KINDS, Part
from graphviz_tools.recording import Recording

Item = int | Part

MOST_ITEMS = 40  # boxes that a part may hold side by side
PIECES = 12  # stretches that a part with more items is cut into
MOST_OWNED = 6  # weights side by side, before those of each module are put together
MOST_STATEMENTS = 24  # boxes side by side, before the ops of each line are put together
MOST_ALIKE = 4  # neighbours of one kind that are all shown
MOST_PIECES = 20  # stretches, of 10, 100, ... items each, that a stretch of many alike is cut into


class Stretches:
    """Puts the items of one Recording's parts together."""

    def __init__(self, recording: Recording, owners: Mapping[int, str]) -> None:
        """`owners` gives, for a leaf outside its module, that module."""
        self._nodes, self._owners = recording.nodes, owners

    def put_together(self, part: Part) -> None:
        """Put neighbours in `part`, and in every part inside it, into stretches."""
        for inner in part.inside():
            self.put_together(inner)
        leaves = [item for item in part.items if self._kind(item) in LEAF_KINDS]
        if leaves:
            part.items = [item for item in part.items if self._kind(item) not in LEAF_KINDS]
        part.items = [*self._leaves(part, leaves), *self._alike_together(part)]
        if len(part.items) > MOST_STATEMENTS:
            part.items = [*self._by_statement(part)]
        self.cut(part, MOST_ITEMS)

    def cut(self, part: Part, most: int) -> None:
        """Put the items of `part` into a few stretches when there are more than `most`."""
        if len(part.items) <= most:
            return
        size = -(-len(part.items) // PIECES)
        pieces = [part.items[start : start + size] for start in range(0, len(part.items), size)]
        part.items = [
            piece[0] if len(piece) == 1 else self._stretch(part, f"part {number}", piece)
            for number, piece in enumerate(pieces, 1)
        ]

    def _stretch(
        self, part: Part, word: str, items: list[Item], kind: str = "stretch", label: str = ""
    ) -> Part:
        made = Part((*part.path, word), kind, label or self._reach(items), items=items)
        for item in items:
            if isinstance(item, Part):
                _move(item, made.path)
        made.ops = sum(item.ops if isinstance(item, Part) else self._works(item) for item in items)
        made.shape = hash(
            tuple(item.shape if isinstance(item, Part) else self._nodes[item].op for item in items)
        )
        self.cut(made, MOST_ITEMS)
        return made

    def _leaves(self, part: Part, leaves: Sequence[Item]) -> Iterator[Item]:
        """The leaves of each kind; many of them as one stretch, or one for each module that they belong to."""
        for kind in LEAF_KINDS:
            those = [leaf for leaf in leaves if self._kind(leaf) == kind]
            owned = self._by_owner(those) if len(those) > MOST_OWNED else {}
            for owner, its in owned.items():
                word = f"{owner}: {len(its):,} {kind}s"
                yield self._stretch(part, word, its, kind, word)
            those = [leaf for leaf in those if not any(leaf in its for its in owned.values())]
            if len(those) > PIECES:
                word = f"{len(those):,} {kind}s"
                yield self._stretch(part, word, those, kind, word)
            else:
                yield from those

    def _by_owner(self, leaves: Sequence[Item]) -> dict[str, list[Item]]:
        """The leaves of each module with several."""
        of: defaultdict[str, list[Item]] = defaultdict(list)
        for leaf in leaves:
            if isinstance(leaf, int) and self._owners.get(leaf):
                of[self._owners[leaf]].append(leaf)
        return {owner: its for owner, its in of.items() if len(its) > 1}

    def _alike_together(self, part: Part) -> Iterator[Item]:
        """The items, with those between the first and the last of many iterations or many equal modules as one."""
        for key, run in groupby(part.items, _sort):
            neighbours = list(run)
            first = 2 if key == "iteration" else 1
            middle = [item for item in neighbours[first:-1] if isinstance(item, Part)]
            if key is None or len(neighbours) <= MOST_ALIKE:
                yield from neighbours
            else:
                yield from (*neighbours[:first], _alike(part, middle), neighbours[-1])

    def _by_statement(self, part: Part) -> Iterator[Item]:
        """The items, with several ops of one line that follow each other as one."""
        for line, run in groupby(
            part.items, lambda item: self._nodes[item].line if isinstance(item, int) else None
        ):
            items = list(run)
            if line is None or len(items) <= 2:
                yield from items
            else:
                label = self._reach(items).removesuffix(" …")
                yield self._stretch(part, str(items[0]), items, label=label)

    def _reach(self, items: Sequence[Item]) -> str:
        """The first and the last item of a stretch in words: `mul … sum`."""
        first, last = (
            item.label if isinstance(item, Part) else self._nodes[item].label or self._nodes[item].op
            for item in (items[0], items[-1])
        )
        return f"{first} …" if first == last else f"{first} … {last}"

    def _kind(self, item: Item) -> str:
        return "" if isinstance(item, Part) else self._nodes[item].kind

    def _works(self, node: int) -> bool:
        return self._nodes[node].kind in ("op", "branch")


def _sort(item: Item) -> object:
    """Equal for neighbours that may be put together because they are alike."""
    if isinstance(item, int):
        return None
    return "iteration" if item.kind == "iteration" else (item.pattern, item.shape)


def _alike(part: Part, middle: list[Part]) -> Part:
    """Neighbours as one stretch that counts them; one of very many is made of stretches."""
    first, last = middle[0], middle[-1]
    words = _range(first.path[-1], last.path[-1])
    alike = len({item.shape for item in middle}) == 1
    count = f"× {len(middle):,}" if alike else f"({len(middle):,})"
    made = Part((*part.path, words), first.kind, f"{words} {count}")
    size = 1
    while -(-len(middle) // size) > MOST_PIECES:
        size *= 10
    pieces = [middle[at : at + size] for at in range(0, len(middle), size)]
    made.items = [piece[0] if len(piece) == 1 else _alike(made, piece) for piece in pieces]
    for item in made.inside():
        _move(item, made.path)
    made.ops = sum(item.ops for item in middle)
    made.shape = hash((first.shape, len(middle)))
    return made


def _range(first: str, last: str) -> str:
    """`iteration 3 … 59`."""
    words, other = first.split(" "), last.split(" ")
    return f"{first} … {other[-1] if words[:-1] == other[:-1] else last}"


def _move(part: Part, outer: tuple[str, ...]) -> None:
    """Give `part` and all in it paths inside `outer`."""
    part.path = (*outer, part.path[-1])
    for inner in part.inside():
        _move(inner, part.path)
