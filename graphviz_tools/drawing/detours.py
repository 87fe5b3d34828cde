"""Lead arrows around the boxes that they would run through.

`dot` routes its arrows around boxes; arrows between boxes that moved into columns were never routed. Graphviz's other
router takes places as they are and finds the shortest route around the boxes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import graphviz
import numpy as np

from graphviz_tools.drawing.graphviz import run_graphviz
from graphviz_tools.drawing.outline import Outline
from graphviz_tools.drawing.places import POINTS, Layout, Place, Point, spline

CLEAR = 5.0  # points between an arrow and the boxes that it passes, where they are far enough apart
SAMPLES = np.linspace(0.0, 1.0, 13)[:, None]
NEAR = 160.0  # points from an arrow to the boxes that its detour minds: the router is slow with many
ROUNDS = 4  # of detours, each minding also what is near the one before
MOST = 40  # arrows in one picture; when more run through boxes, no route around them is clear


def with_detours(layout: Layout, outline: Outline, *, quiet: bool = False) -> Layout:
    """`layout` with a new route for every arrow (`quiet`: every quiet one) that crosses a box other than its ends."""
    keys = [box.key for box in outline.boxes if not box.holder]
    places = [layout.boxes[key] for key in keys]
    number = {key: n for n, key in enumerate(keys)}
    ends = [(number[link.source], number[link.target]) for link in outline.links]
    through = [
        n
        for n, (link, points) in enumerate(zip(outline.links, layout.links, strict=True))
        if link.quiet == quiet and _meets(points, places, ends[n])
    ]
    if not 0 < len(through) <= MOST:
        return layout
    links = list(layout.links)
    minded: set[int] = set()
    for _ in range(ROUNDS):
        seen = len(minded)
        minded |= _near([links[n] for n in through], places).union(*(ends[n] for n in through))
        if len(minded) == seen:
            break
        for n, points in _ways(places, minded, {n: ends[n] for n in through}).items():
            links[n] = points
        through = [n for n in through if _meets(links[n], places, ends[n])]
        if not through:
            break
    return replace(layout, links=tuple(links))


def _meets(points: Sequence[Point], places: Sequence[Place], ends: tuple[int, int]) -> bool:
    """Whether a chain of curves runs through one of `places` that is not at its ends."""
    if len(points) < 4:
        return False
    x, y = _samples(points).T[:, :, None]
    left, top, right, bottom = np.asarray([(p.left, p.top, p.right, p.bottom) for p in places]).T
    met = ((x > left + 1) & (x < right - 1) & (y > top + 1) & (y < bottom - 1)).any(0)
    met[list(ends)] = False
    return bool(met.any())


def _samples(points: Sequence[Point]) -> np.ndarray:
    """Points on a chain of curves."""
    curve = np.asarray(points, float)
    t, rest = SAMPLES, 1 - SAMPLES
    pieces = [
        rest**3 * a + 3 * rest**2 * t * b + 3 * rest * t**2 * c + t**3 * d
        for a, b, c, d in (curve[i : i + 4] for i in range(0, len(curve) - 3, 3))
    ]
    return np.vstack(pieces)


def _near(arrows: Sequence[Sequence[Point]], places: Sequence[Place]) -> set[int]:
    """The places near any of the arrows."""
    x, y = np.vstack([_samples(points) for points in arrows]).T[:, :, None]
    left, top, right, bottom = np.asarray([(p.left, p.top, p.right, p.bottom) for p in places]).T
    near = (x > left - NEAR) & (x < right + NEAR) & (y > top - NEAR) & (y < bottom + NEAR)
    return set(np.flatnonzero(near.any(0)).tolist())


def _clear(places: Sequence[Place]) -> float:
    """Points to keep free around each box; where those of two boxes met, the router would draw straight lines."""
    left, top, right, bottom = np.asarray([(p.left, p.top, p.right, p.bottom) for p in places]).T
    apart = np.maximum(left[:, None] - right, top[:, None] - bottom)
    gaps = np.maximum(apart, apart.T)[np.triu_indices(len(places), 1)]
    return max(min(CLEAR, float(gaps.min(initial=np.inf)) / 2 - 0.5), 0.5)


def _ways(
    places: Sequence[Place], minded: set[int], wanted: dict[int, tuple[int, int]]
) -> dict[int, tuple[Point, ...]]:
    """For each wanted arrow, by its number, a route around those of `places` that are `minded`."""
    dot = graphviz.Digraph(
        graph_attr={"splines": "true", "esep": f"+{_clear(places):.2f}"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowhead": "none"},
    )
    order = sorted(minded)
    for n in order:
        place = places[n]
        width, height = f"{place.width / POINTS:.4f}", f"{place.height / POINTS:.4f}"
        dot.node(f"b{n}", pos=f"{place.x:.2f},{-place.y:.2f}", width=width, height=height)
    for n, (source, target) in wanted.items():
        below = places[target].top >= places[source].bottom
        out, into = (":s", ":n") if below else ("", "")
        dot.edge(f"b{source}{out}", f"b{target}{into}", id=f"l{n}")
    placed = json.loads(run_graphviz(dot.source, "nop", "json0"))
    x, y = map(float, placed["objects"][0]["pos"].split(","))
    dx, dy = (
        places[order[0]].x - x,
        places[order[0]].y + y,
    )  # the picture's corner is where its lowest, leftmost thing is
    return {
        int(edge["id"][1:]): tuple((x + dx, dy - y) for x, y in spline(edge["pos"]))
        for edge in placed.get("edges", ())
    }
