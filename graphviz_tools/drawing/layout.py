"""Positions from Graphviz, once for a whole outline.

Each box gets the size that it will need at its fullest, so that nothing moves while the steps go by.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import graphviz

from graphviz_tools.drawing.appearance import REPEATED
from graphviz_tools.drawing.boxes import Box, Frame, ScopePath
from graphviz_tools.drawing.columns import in_columns
from graphviz_tools.drawing.detours import with_detours
from graphviz_tools.drawing.graphviz import run_graphviz
from graphviz_tools.drawing.outline import Outline
from graphviz_tools.drawing.places import POINTS, Layout, Place, Point, curve, spline
from graphviz_tools.drawing.text import shorten
from graphviz_tools.drawing.timeline import Moment

TITLE = 28  # characters of a title
HELD_TITLE = 20  # and of one inside another box
LABEL = 9  # characters that fit beside an arrow; longer text is shown in the box that it reaches
TITLE_ADVANCE, TEXT_ADVANCE = 7.3, 6.1  # points per character: 12 px bold monospace, 10.5 px sans
LINE, PADDING = 14.0, 10.0
HELD_HEIGHT, HELD_GAP, HELD_ROW = 32.0, 6.0, 250.0  # boxes inside a box: height, gap, width of a full row

MOST_WRAPS = 3  # containers, one inside another, that are put into columns
SOURCE_KINDS = ("input", "parameter", "constant")  # leaves that nothing writes into


def lay_out(outline: Outline, box_moments: Mapping[str, Sequence[Moment]]) -> Layout:
    """Place everything in `outline`, with room in each box for the longest text in its moments."""
    if not outline.boxes:
        return Layout(120.0, 48.0, {}, (), {})
    sizes = {box.key: _size(box, box_moments[box.key]) for box in outline.boxes}
    inside = _inside(outline, sizes)
    source = _dot_source(outline, {key: _around(sizes[key], inside[key]) for key in inside})
    placed = _read(json.loads(run_graphviz(source, "dot", "json0")), outline)
    placed = _with_quiet_links(_wrapped(placed, outline), outline).from_corner()
    for key, rows in inside.items():
        if rows:
            placed.boxes[key] = replace(placed.boxes[key], foot=_foot(rows))
            placed.boxes.update(_held(placed.boxes[key], rows))
    return placed


def _wrapped(placed: Layout, outline: Outline) -> Layout:
    """`placed` in columns: first what makes it tall, then what is around that."""
    wrapped = placed
    for _ in range(MOST_WRAPS):
        before, wrapped = wrapped, in_columns(wrapped, outline)
        if wrapped is before:
            break
    return placed if wrapped is placed else with_detours(wrapped, outline)


def _with_quiet_links(placed: Layout, outline: Outline) -> Layout:
    """`placed` with a plain curve for each link that had no say in it."""
    links = list(placed.links)
    for number, link in enumerate(outline.links):
        if link.quiet:
            links[number] = curve(placed.boxes[link.source], placed.boxes[link.target])
    return with_detours(replace(placed, links=tuple(links)), outline, quiet=True)


def title_text(box: Box) -> str:
    """The title as it is drawn; inside another box only the last part of a parameter's, `weight`."""
    if not box.holder:
        return shorten(_end_of_path(box.title), TITLE)
    last = re.split(r"[./]", box.title)[-1]
    return shorten(last if last.isidentifier() else box.title, HELD_TITLE)


def _end_of_path(title: str) -> str:
    """A title that is too long, as TensorFlow's names of variables are, with the end of its path only."""
    path = re.search(r"\w+(/\w+){2,}$", title)
    if path is None or len(title) <= TITLE:
        return title
    room = TITLE - path.start() - 2
    words = path[0].split("/")
    while len(words) > 1 and len("/".join(words)) > room:
        words.pop(0)
    return f"{title[: path.start()]}…/{'/'.join(words)}"


Row = list[tuple[str, float]]  # keys and widths of the boxes in one row inside another box


def _inside(outline: Outline, sizes: Mapping[str, tuple[float, float]]) -> dict[str, list[Row]]:
    """For each box that is not inside another, the rows of boxes inside it."""
    rows: dict[str, list[Row]] = {box.key: [] for box in outline.boxes if not box.holder}
    for box in outline.boxes:
        if box.holder:
            (width, _), there = sizes[box.key], rows[box.holder]
            if not there or _row_width(there[-1]) + HELD_GAP + width > HELD_ROW:
                there.append([])
            there[-1].append((box.key, width))
    return rows


def _row_width(row: Row) -> float:
    return sum(width for _, width in row) + HELD_GAP * (len(row) - 1)


def _foot(rows: Sequence[Row]) -> float:
    return len(rows) * (HELD_HEIGHT + HELD_GAP)


def _around(size: tuple[float, float], rows: Sequence[Row]) -> tuple[float, float]:
    """The size of a box with its own text above `rows`."""
    if not rows:
        return size
    width, height = size
    return max(width, max(map(_row_width, rows)) + 2 * HELD_GAP), height + _foot(rows)


def _held(holder: Place, rows: Sequence[Row]) -> dict[str, Place]:
    """The places of the boxes inside `holder`."""
    found = {}
    top = holder.y + holder.height / 2 - _foot(rows)
    for number, row in enumerate(rows):
        left = holder.x - _row_width(row) / 2
        y = top + number * (HELD_HEIGHT + HELD_GAP) + HELD_HEIGHT / 2
        for key, width in row:
            found[key] = Place(left + width / 2, y, width, HELD_HEIGHT)
            left += width + HELD_GAP
    return found


def _size(box: Box, past: Sequence[Moment]) -> tuple[float, float]:
    if box.holder:
        words = max(len(text) for moment in past for text in (moment.subtitle, moment.gradient))
        return max(len(title_text(box)) * 6.7, words * 5.7) + PADDING, HELD_HEIGHT
    title = len(title_text(box)) + (2 if box.scope is not None else 0)
    under = max(len(text) for moment in past for text in (moment.subtitle, moment.gradient))
    width = max(title * TITLE_ADVANCE, under * TEXT_ADVANCE, 56.0) + 2 * PADDING
    lines = 3 if any(moment.gradient for moment in past) else 2
    return width, lines * LINE + PADDING


def _dot_source(outline: Outline, sizes: Mapping[str, tuple[float, float]]) -> str:
    """DOT with sizes only. Names are numbers, so that no text of a user's program is read as DOT."""
    names = {box.key: f"b{i}" for i, box in enumerate(outline.boxes)}
    dot = graphviz.Digraph(
        graph_attr={"ranksep": "0.3", "nodesep": "0.3", "margin": "0", "pad": "0", "newrank": "true"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowhead": "none"},
    )
    boxes: defaultdict[ScopePath, list[Box]] = defaultdict(list)
    inner: defaultdict[ScopePath, list[tuple[int, Frame]]] = defaultdict(list)
    for box in outline.boxes:
        if not box.holder:
            boxes[box.frame].append(box)
    for number, frame in enumerate(outline.frames):
        inner[frame.path[:-1]].append((number, frame))

    def fill(graph: graphviz.Digraph, path: ScopePath) -> None:
        for box in boxes[path]:
            width, height = sizes[box.key]
            graph.node(names[box.key], width=f"{width / POINTS:.4f}", height=f"{height / POINTS:.4f}")
        for number, frame in inner[path]:
            # An empty HTML table keeps room for the label without asking for a font.
            width = len(shorten(frame.label, TITLE)) * TEXT_ADVANCE + (110 if frame.kind in REPEATED else 34)
            room = f'BORDER="0" FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="16"'
            inside = graphviz.Digraph(f"cluster_{number}")
            inside.attr(label=f"<<TABLE {room}><TR><TD></TD></TR></TABLE>>", labeljust="l", margin="8")
            fill(inside, frame.path)
            graph.subgraph(inside)

    fill(dot, ())
    spine = _spine(outline)
    back = _upwards(outline)
    for number, link in enumerate(outline.links):
        if link.quiet:
            continue
        upper, lower = (link.target, link.source) if number in back else (link.source, link.target)
        dot.edge(names[upper], names[lower], id=f"l{number}", weight="8" if number in spine else "1")
    holder = {box.key: box.holder or box.key for box in outline.boxes}
    for first, then in outline.order:
        dot.edge(names[holder[first]], names[holder[then]], style="invis", weight="50")
    for first, then in outline.above:
        dot.edge(names[holder[first]], names[holder[then]], style="invis", weight="0")
    return dot.source


def _upwards(outline: Outline) -> set[int]:
    """The links that run back, against the order in which things are made: those of gradients, and from a loop's
    body to its variable. For ranks they count the other way round. A leaf exists before everything that reads it."""
    made = {box.key: -1 if box.kind in SOURCE_KINDS else box.node for box in outline.boxes}
    return {
        number
        for number, link in enumerate(outline.links)
        if link.kind == "autograd" or (link.kind == "data" and made[link.source] > made[link.target] >= 0)
    }


def _spine(outline: Outline) -> set[int]:
    """The link to each box from its source that was made last; kept straight, these show the main path."""
    made = {box.key: number for number, box in enumerate(outline.boxes)}
    last: dict[str, int] = {}
    for number, link in enumerate(outline.links):
        before = last.get(link.target)
        if (
            link.kind == "data"
            and not link.quiet
            and (before is None or made[outline.links[before].source] < made[link.source])
        ):
            last[link.target] = number
    return set(last.values())


def _read(placed: dict, outline: Outline) -> Layout:
    _, _, width, height = map(float, placed["bb"].split(","))
    boxes, frames = {}, {}
    for item in placed["objects"]:
        name = item["name"]
        if name.startswith("cluster_"):
            left, low, right, high = map(float, item["bb"].split(","))
            centre = (left + right) / 2, height - (low + high) / 2
            frames[outline.frames[int(name[8:])].path] = Place(*centre, right - left, high - low)
        else:
            x, y = map(float, item["pos"].split(","))
            size = float(item["width"]) * POINTS, float(item["height"]) * POINTS
            boxes[outline.boxes[int(name[1:])].key] = Place(x, height - y, *size)
    back = _upwards(outline)
    links: list[tuple[Point, ...]] = [()] * len(outline.links)
    for item in placed.get("edges", ()):
        if "id" not in item:
            continue  # it only holds an order
        number = int(item["id"][1:])
        points = tuple((x, height - y) for x, y in spline(item["pos"]))
        links[number] = points[::-1] if number in back else points
    return Layout(width, height, boxes, tuple(links), frames)
