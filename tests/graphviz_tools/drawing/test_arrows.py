"""Arrows: each begins and ends at its boxes and runs through no other box."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

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
            if key not in (link.source, link.target) and not link.quiet:
                met = [point for point in points_on(points) if inside(place, point, -2.0)]
                assert not met, f"{titles[link.source]} -> {titles[link.target]} crosses {titles[key]}"


class Decoder(torch.nn.Module):
    """Its weights are read for the first time inside the first turn of its loop."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = torch.nn.LSTMCell(4, 8), torch.nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h, c = torch.zeros(2, 8), torch.zeros(2, 8)
        logits = []
        for t in range(6):
            h, c = self.cell(x[t], (h, c))
            logits.append(self.out(h))
        return torch.stack(logits)


def test_a_weight_stands_above_the_closed_iterations_that_read_it() -> None:
    recording = record_torch(Decoder(), torch.randn(6, 2, 4))
    loop = next(scope.path for scope in recording.scopes if scope.kind == "loop")
    scene = make_scene(recording, [loop])
    place = {box.title: scene.layout.boxes[box.key] for box in scene.outline.boxes}
    for name in ("cell.weight_ih", "cell.bias_hh", "out.weight"):
        assert place[name].bottom <= place["iteration 1"].top


def test_what_follows_a_module_in_columns_stands_below_its_last_box() -> None:
    model = torch.nn.Transformer(16, 2, 2, 2, 32, batch_first=True)

    def program(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        mask = torch.nn.Transformer.generate_square_subsequent_mask(5)
        return model(source, target, tgt_mask=mask).pow(2).mean()

    scene = make_scene(record_torch(program, torch.randn(2, 6, 16), torch.randn(2, 5, 16), backward=True))
    boxes = {box.key: box for box in scene.outline.boxes}
    (link,) = [link for link in scene.outline.links if boxes[link.target].op == "pow"]
    source, target = scene.layout.boxes[link.source], scene.layout.boxes[link.target]
    assert boxes[link.source].op == "layer_norm" and target.top >= source.bottom
