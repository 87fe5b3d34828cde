"""Arrows: each begins and ends at its boxes and runs through no other box."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphviz_tools import record_torch
from graphviz_tools.drawing.places import Place, Point
from graphviz_tools.drawing.scene import make_scene
from tests.graphviz_tools.sources.torch.torch_zoo import ZOO


def points_on(curves: tuple[Point, ...]) -> Iterator[Point]:
    for i in range(0, len(curves) - 3, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = curves[i : i + 4]
        for t in (n / 40 for n in range(41)):
            u = 1 - t
            yield (
                u**3 * ax + 3 * u * u * t * bx + 3 * u * t * t * cx + t**3 * dx,
                u**3 * ay + 3 * u * u * t * by + 3 * u * t * t * cy + t**3 * dy,
            )


def inside(place: Place, point: Point, margin: float) -> bool:
    x, y = point
    return place.left - margin < x < place.right + margin and place.top - margin < y < place.bottom + margin


@pytest.mark.parametrize(
    "name",
    [
        "recursion_over_a_tree",
        "loop_with_rmsprop",
        "loop_of_backward_passes_through_time",
        "loop_of_power_iterations",
    ],
)
def test_no_arrow_runs_through_a_box_that_it_does_not_join(name: str) -> None:
    scene = make_scene(record_torch(ZOO[name]()[0]))
    titles = {box.key: box.title for box in scene.outline.boxes}
    places = {box.key: scene.layout.boxes[box.key] for box in scene.outline.boxes if not box.holder}
    for link, points in zip(scene.outline.links, scene.layout.links, strict=True):
        for end, point in ((link.source, points[0]), (link.target, points[-1])):
            assert inside(places[end], point, 2.0), f"the arrow does not touch {titles[end]}"
        for key, place in places.items():
            if key not in (link.source, link.target):
                met = [point for point in points_on(points) if inside(place, point, -2.0)]
                assert not met, f"{titles[link.source]} -> {titles[link.target]} crosses {titles[key]}"
