"""Places in a picture, in points; y grows downwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphviz_tools.transforms.scopes import Path

Point = tuple[float, float]
POINTS = 72.0  # an inch


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle: its centre and its size, in points; y grows downwards. `foot` is the height at its lower
    end that is reserved for the boxes inside it."""

    x: float
    y: float
    width: float
    height: float
    foot: float = 0.0

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    @classmethod
    def between(cls, left: float, top: float, right: float, bottom: float) -> Place:
        return cls((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)

    @classmethod
    def around(cls, places: Sequence[Place]) -> Place:
        """The smallest rectangle around all of `places`, at least one."""
        return cls.between(
            min(place.left for place in places),
            min(place.top for place in places),
            max(place.right for place in places),
            max(place.bottom for place in places),
        )

    def moved(self, dx: float, dy: float) -> Place:
        return replace(self, x=self.x + dx, y=self.y + dy)

    @property
    def words(self) -> float:
        """The y at which its own text is centred."""
        return self.y - self.foot / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """The place of each box, link and frame of an outline: `links[i]` are the control points of a chain of
    cubic Bézier curves from the source's rim to the target's."""

    width: float
    height: float
    boxes: dict[str, Place]
    links: tuple[tuple[Point, ...], ...]
    frames: dict[Path, Place]

    def from_corner(self) -> Layout:
        """The same layout, shifted and enlarged so that every arrow is inside it."""
        xs, ys = ([point[axis] for points in self.links for point in points] for axis in (0, 1))
        dx, dy = -min(0.0, *xs, 0.0), -min(0.0, *ys, 0.0)
        return Layout(
            max(self.width, *xs, 0.0) + dx,
            max(self.height, *ys, 0.0) + dy,
            {key: place.moved(dx, dy) for key, place in self.boxes.items()},
            tuple(tuple((x + dx, y + dy) for x, y in points) for points in self.links),
            {path: place.moved(dx, dy) for path, place in self.frames.items()},
        )


def curve_between(start: Point, end: Point) -> tuple[Point, ...]:
    """A curve that leaves `start` and reaches `end` upright."""
    (start_x, start_y), (end_x, end_y) = start, end
    middle = (start_y + end_y) / 2
    return start, (start_x, middle), (end_x, middle), end


def curve(source: Place, target: Place) -> tuple[Point, ...]:
    """A curve from the rim of one place to that of another, whatever lies between."""
    if source.bottom <= target.top:
        return curve_between((source.x, source.bottom), (target.x, target.top))
    if source.top >= target.bottom:
        return curve_between((source.x, source.top), (target.x, target.bottom))
    to_right = source.x <= target.x
    start, end = (source.right, target.left) if to_right else (source.left, target.right)
    middle = (start + end) / 2
    return (start, source.y), (middle, source.y), (middle, target.y), (end, target.y)


def spline(text: str) -> list[Point]:
    """The first curve of a DOT `pos` attribute, such as `12,40 12,30 15,20 18,4`; its y grows upwards."""
    points = []
    for part in text.split(";")[0].split():
        if part[:2] not in ("s,", "e,"):
            x, y = part.split(",")
            points.append((float(x), float(y)))
    return points
