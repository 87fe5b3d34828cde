"""A tall, thin layout broken into columns, so that it fills a panel.

Graphviz lays a chain of sixty boxes out as a strip that nobody can read as a whole. The innermost part that makes
the layout tall is cut between its boxes, and the pieces are placed side by side; what is around it makes room. The
weights at its top that several pieces read stay above them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphviz_tools.drawing.outline import Outline
from graphviz_tools.drawing.parts import LEAF_KINDS
from graphviz_tools.drawing.places import Layout, Place, Point, curve_between
from graphviz_tools.transforms.scopes import Path

PANEL = (900.0, 640.0)  # width and height to fill, in points
READABLE = 0.72  # a layout that fits the panel at this scale stays as it is
MOST_COLUMNS = 8
GUTTER = 46.0  # between columns
GAP = 12.0  # between boxes beside the columns
BESIDE = 20.0  # between boxes of a row above them
TURN = 13.0  # distance from a box at which an arrow turns into a gutter
TALL = 0.6  # of the whole height: a frame higher than this makes a layout tall

Atom = str | Path  # a box, by its key, or a frame


@dataclass(frozen=True, slots=True)
class _Shift:
    """How far something moves; `column` is that of a piece, None for what is outside the pieces."""

    dx: float
    dy: float
    column: int | None = None


def in_columns(layout: Layout, outline: Outline) -> Layout:
    """`layout` in the number of columns that shows it largest; unchanged when that is one or nothing can be cut."""
    if _scale(layout.width, layout.height) >= READABLE:
        return layout
    container = _container(layout)
    bands = _bands(layout, _atoms(layout, outline, container))
    bands = bands[_header(outline, bands) :]
    atoms = _flat(bands)
    best, columns = _scale(layout.width, layout.height) * 1.15, None
    for count in range(2, min(MOST_COLUMNS, len(bands)) + 1):
        cut = _cut(layout, bands, count)
        width = sum(_box(layout, _flat(column)).width + GUTTER for column in cut) - GUTTER
        height = max(_box(layout, _flat(column)).height for column in cut)
        inner = _box(layout, atoms)
        scale = _scale(layout.width - inner.width + width, layout.height - inner.height + height)
        if scale > best:
            best, columns = scale, cut
    return layout if columns is None else _Wrap(layout, outline, container, [*map(_flat, columns)]).layout()


def _scale(width: float, height: float) -> float:
    return min(PANEL[0] / max(width, 1.0), PANEL[1] / max(height, 1.0))


def _container(layout: Layout) -> Path:
    """The innermost part that is nearly as tall as the whole."""
    path: Path = ()
    while True:
        inside = [
            p for p, at in layout.frames.items() if p[:-1] == path and at.height >= TALL * layout.height
        ]
        if len(inside) != 1:
            return path
        path = inside[0]


def _atoms(layout: Layout, outline: Outline, container: Path) -> list[Atom]:
    """The boxes and frames directly in `container`."""
    boxes: list[Atom] = [box.key for box in outline.boxes if box.frame == container and not box.holder]
    return boxes + [path for path in layout.frames if path[:-1] == container and path]


def _place(layout: Layout, atom: Atom) -> Place:
    return layout.boxes[atom] if isinstance(atom, str) else layout.frames[atom]


def _bands(layout: Layout, atoms: Iterable[Atom]) -> list[list[Atom]]:
    """The atoms from top to bottom, in groups that a horizontal cut can separate."""
    bands: list[list[Atom]] = []
    low = float("-inf")
    for atom in sorted(atoms, key=lambda atom: _place(layout, atom).top):
        place = _place(layout, atom)
        if place.top > low:
            bands.append([])
        bands[-1].append(atom)
        low = max(low, place.bottom)
    return bands


def _header(outline: Outline, bands: Sequence[Sequence[Atom]]) -> int:
    """How many bands at the top hold only weights, inputs and other leaves."""
    leaves = {box.key for box in outline.boxes if box.kind in LEAF_KINDS}
    return next((n for n, band in enumerate(bands) if not leaves.issuperset(band)), 0)


def _cut(layout: Layout, bands: Sequence[list[Atom]], count: int) -> list[list[list[Atom]]]:
    """The bands in at most `count` columns, with the tallest column as short as possible."""
    tops = [min(_place(layout, atom).top for atom in band) for band in bands]
    bottoms = [max(_place(layout, atom).bottom for atom in band) for band in bands]
    low, high = max(b - t for t, b in zip(tops, bottoms, strict=True)), bottoms[-1] - tops[0]

    def fill(most: float) -> list[list[list[Atom]]]:
        columns: list[list[list[Atom]]] = []
        start = 0.0
        for band, top, bottom in zip(bands, tops, bottoms, strict=True):
            if not columns or bottom - start > most:
                columns.append([])
                start = top
            columns[-1].append(band)
        return columns

    for _ in range(20):
        middle = (low + high) / 2
        if len(fill(middle)) <= count:
            high = middle
        else:
            low = middle
    return fill(high)


def _flat(bands: Iterable[Sequence[Atom]]) -> list[Atom]:
    return [atom for band in bands for atom in band]


def _box(layout: Layout, atoms: Iterable[Atom]) -> Place:
    """The rectangle around `atoms`."""
    return Place.around([_place(layout, atom) for atom in atoms])


class _Wrap:
    """Puts the atoms of one container into columns and moves everything else."""

    def __init__(
        self, layout: Layout, outline: Outline, container: Path, columns: Sequence[list[Atom]]
    ) -> None:
        self._old, self._outline = layout, outline
        self._boxes, self._frames = dict(layout.boxes), dict(layout.frames)
        self._shifts: dict[str, _Shift] = {}  # of the boxes that move
        self._lefts: list[float] = []
        self._pieces = [_box(layout, column) for column in columns]
        self._stand_side_by_side(columns)
        self._grow(container, _atoms(layout, outline, container))
        self._bottom, self._risen = float("inf"), 0.0
        if container:
            self._bottom = layout.frames[container].bottom
            self._risen = self._frames[container].bottom - self._bottom
        for depth in range(len(container) - 1, -1, -1):
            self._make_room(container[:depth], container[: depth + 1])
        self._aligned: set[str] = set()
        for row in self._sources_above(container):
            self._align(row)

    def layout(self) -> Layout:
        new = Place.around([*self._boxes.values(), *self._frames.values()])
        old = Place.around([*self._old.boxes.values(), *self._old.frames.values()])
        width, height = self._old.width - old.right + new.right, self._old.height - old.bottom + new.bottom
        return Layout(width, height, self._boxes, self._links(), self._frames)

    def _stand_side_by_side(self, columns: Sequence[list[Atom]]) -> None:
        left, top = min(piece.left for piece in self._pieces), self._pieces[0].top
        for number, (column, piece) in enumerate(zip(columns, self._pieces, strict=True)):
            for atom in column:
                self._move(atom, _Shift(left - piece.left, top - piece.top, number))
            self._lefts.append(left)
            left += piece.width + GUTTER

    def _raised(self, y: float) -> float:
        """How far down something moves that is beside the columns or below them all."""
        if y >= self._bottom:
            return self._risen
        beside = next((piece for piece in self._pieces if y <= piece.bottom), self._pieces[-1])
        return self._pieces[0].top - beside.top

    def _move(self, atom: Atom, shift: _Shift) -> None:
        """Move `atom` with all that is in it."""
        if isinstance(atom, str):
            self._shifts[atom] = shift
            self._boxes[atom] = self._old.boxes[atom].moved(shift.dx, shift.dy)
            return
        for path, place in self._old.frames.items():
            if path[: len(atom)] == atom:
                self._frames[path] = place.moved(shift.dx, shift.dy)
        for box in self._outline.boxes:
            if box.frame[: len(atom)] == atom and not box.holder:
                self._move(box.key, shift)

    def _grow(self, frame: Path, atoms: Sequence[Atom]) -> None:
        """Fit `frame` around its content, with the margins that it had."""
        if not frame:
            return
        was, inner = self._old.frames[frame], _box(self._old, atoms)
        now = Place.around([self._boxes[a] if isinstance(a, str) else self._frames[a] for a in atoms])
        self._frames[frame] = Place.between(
            now.left - (inner.left - was.left),
            now.top - (inner.top - was.top),
            now.right + (was.right - inner.right),
            now.bottom + (was.bottom - inner.bottom),
        )

    def _make_room(self, outer: Path, grown: Path) -> None:
        """Move what is in `outer` beside and below its frame `grown`."""
        was, now = self._old.frames[grown], self._frames[grown]
        atoms = _atoms(self._old, self._outline, outer)
        beside: list[Place] = []
        for atom in sorted(atoms, key=lambda atom: _place(self._old, atom).top):
            place = _place(self._old, atom)
            right = now.right - was.right if place.left >= was.right - 1 else 0.0
            if place.top >= was.bottom - 1:
                self._move(atom, _Shift(self._lefts[-1] - self._pieces[-1].left, now.bottom - was.bottom))
            elif place.bottom > was.top and atom != grown:
                down = self._raised(place.y)
                moved = place.moved(right, down)
                lowest = max(
                    (other.bottom + GAP for other in beside if _meet(other, moved)), default=moved.top
                )
                self._move(atom, _Shift(right, down + max(lowest - moved.top, 0.0)))
                beside.append(moved.moved(0.0, max(lowest - moved.top, 0.0)))
        self._grow(outer, atoms)

    def _sources_above(self, container: Path) -> Iterable[dict[str, float]]:
        """Rows of boxes above the columns that read nothing and feed only the first, each box with the middle of what
        it feeds."""
        links = [link for link in self._outline.links if not link.quiet]
        fed = {link.target for link in links}
        rows: defaultdict[float, dict[str, float]] = defaultdict(dict)
        for box in self._outline.boxes:
            if (
                box.holder
                or box.key in fed
                or box.frame == container
                or box.frame != container[: len(box.frame)]
            ):
                continue
            place, targets = self._boxes[box.key], [link.target for link in links if link.source == box.key]
            columns = {self._shifts[key].column if key in self._shifts else None for key in targets}
            if columns == {0} and box.key not in self._shifts and place.bottom <= self._pieces[0].top:
                middles = [self._boxes[key].x for key in targets]
                rows[round(place.y)][box.key] = sum(middles) / len(middles)
        return rows.values()

    def _align(self, row: dict[str, float]) -> None:
        """Move the boxes of a row above what they feed, unless something else is in their way."""
        moved: dict[str, Place] = {}
        right = float("-inf")
        for key, middle in sorted(row.items(), key=lambda item: item[1]):
            place = self._boxes[key]
            moved[key] = place.moved(max(middle, right + BESIDE + place.width / 2) - place.x, 0.0)
            right = moved[key].right
        others = [place for key, place in self._boxes.items() if key not in row]
        if not any(_overlap(place, other) for place in moved.values() for other in others):
            self._boxes.update(moved)
            self._aligned.update(moved)

    def _links(self) -> tuple[tuple[Point, ...], ...]:
        still = _Shift(0.0, 0.0)
        links = []
        for number, (link, points) in enumerate(zip(self._outline.links, self._old.links, strict=True)):
            source, target = self._shifts.get(link.source, still), self._shifts.get(link.target, still)
            if link.source in self._aligned and points:
                start, end = self._boxes[link.source], self._boxes[link.target]
                links.append(curve_between((start.x, start.bottom), (end.x, end.top)))
            elif source == target or not points:
                links.append(tuple((x + source.dx, y + source.dy) for x, y in points))
            else:
                links.append(self._led(link.source, link.target, number, points))
        return tuple(links)

    def _led(self, source: str, target: str, number: int, was: tuple[Point, ...]) -> tuple[Point, ...]:
        """A new route for an arrow between columns: down from its source, along a gutter, down to its target."""
        start, end = self._boxes[source], self._boxes[target]
        column = self._shifts[target].column if target in self._shifts else None
        above = source not in self._shifts and start.bottom <= end.top
        if column == 0 and above:
            share = self._shifts[target].dx / (len(was) - 1)
            return tuple((x + n * share, y) for n, (x, y) in enumerate(was))
        if column is None or (source not in self._shifts and not above):
            return curve_between((start.x, start.bottom), (end.x, end.top))
        x = self._lefts[column] - GUTTER / 2 + (number % 5 - 2) * 5
        return _through((start.x, start.bottom), x, (end.x, end.top))


def _overlap(one: Place, other: Place) -> bool:
    return (
        one.left < other.right + BESIDE
        and other.left < one.right + BESIDE
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _meet(one: Place, other: Place) -> bool:
    """Whether the two overlap in width and are too near in height."""
    return one.left < other.right and other.left < one.right and one.bottom + GAP > other.top


def _through(start: Point, x: float, end: Point) -> tuple[Point, ...]:
    """From `start` to `end` along the vertical line at `x`, where there is room for two turns."""
    (start_x, start_y), (end_x, end_y) = start, end
    first, last = start_y + TURN, end_y - TURN
    if abs(last - first) < 2 * TURN:
        return curve_between(start, end)
    way = TURN if last > first else -TURN
    return (
        start,
        (start_x, first),
        (x, first - way),
        (x, first + way),
        (x, first + (last - first) / 3),
        (x, first + (last - first) * 2 / 3),
        (x, last - way),
        (x, last + way),
        (end_x, last),
        end,
    )
