"""One moment of a laid-out Recording as DOT, styled and with positions: Graphviz renders the same
picture, and `dot` can lay it out again."""

from __future__ import annotations

import math
from html import escape

import graphviz

from graphviz_tools.drawing.boxes import Box, Frame, ScopePath
from graphviz_tools.drawing.layout import LABEL, Place, Point, title_text
from graphviz_tools.drawing.palette import KIND_COLOUR, colours
from graphviz_tools.drawing.places import POINTS
from graphviz_tools.drawing.scene import Scene
from graphviz_tools.drawing.text import shorten
from graphviz_tools.drawing.timeline import Moment

MONO, SANS = "DejaVu Sans Mono", "DejaVu Sans"
HEAD = 6.0  # points from the neck of an arrow head to its tip


def dot_text(scene: Scene, step: int, theme: str) -> str:
    """DOT source of the picture after `step` in `theme`, with `pos` attributes for `neato -n2`."""
    paint = colours(theme)
    height = scene.layout.height
    dot = graphviz.Digraph(
        "recording",
        graph_attr={
            "bgcolor": paint["paper"],
            "fontname": SANS,
            "fontsize": "10.5",
            "fontcolor": paint["muted"],
            "pad": "0.2",
            "bb": f"0,0,{scene.layout.width:.1f},{height:.1f}",
        },
        node_attr={"shape": "box", "fixedsize": "true", "fontname": SANS, "fontsize": "10.5"},
        edge_attr={"arrowsize": "0.6", "color": paint["edge"], "fontname": SANS, "fontsize": "10.5"},
    )
    current = scene.current(step)

    def fill(graph: graphviz.Digraph, path: ScopePath) -> None:
        for box in scene.outline.boxes:
            if box.frame == path:
                moment = scene.at(box.key, step)
                place = scene.layout.boxes[box.key]
                graph.node(box.key, **_node(box, place, moment, box.key == current, height, paint))
        for number, frame in enumerate(scene.outline.frames):
            if frame.path[:-1] == path:
                inside = graphviz.Digraph(f"cluster_{number}")
                inside.attr(**_cluster(frame, scene.layout.frames[frame.path], height, paint))
                fill(inside, frame.path)
                graph.subgraph(inside)

    fill(dot, ())
    running = dict(scene.flowing(step))
    for number, link in enumerate(scene.outline.links):
        there = all(scene.at(end, step).status != "ghost" for end in (link.source, link.target))
        attributes = {"pos": _pos(scene.layout.links[number], height, number in running), "style": "solid"}
        if link.kind != "data":
            attributes["style"] = "dashed"
        if link.quiet and number not in running:
            attributes["style"] = "invis"
        if link.kind == "autograd":
            attributes["color"] = paint["gradient"]
        if not there:
            attributes["color"] = paint["ghost-line"]
        if number in running:
            attributes |= {"color": paint["gradient"], "penwidth": "2.4", "dir": "back"}
            if len(running[number]) <= LABEL:
                attributes |= _label(running[number], scene.layout.links[number], height, paint)
        dot.edge(link.source, link.target, **attributes)
    return dot.source


def _node(
    box: Box, place: Place, moment: Moment, current: bool, height: float, paint: dict[str, str]
) -> dict[str, str]:
    ghost = moment.status == "ghost"
    family = KIND_COLOUR[box.kind]
    dashed = moment.status == "handle" or box.kind == "branch"
    title = title_text(box) + (" ▸" if box.scope is not None else "")
    ink = paint["ghost-ink" if ghost else "ink"]
    large, small = (10, 9) if box.holder else (12, 10.5)
    rows = [f'<FONT FACE="{MONO}" POINT-SIZE="{large}" COLOR="{ink}"><B>{escape(title)}</B></FONT>']
    muted = paint["ghost-ink" if ghost or moment.freed else "muted"]
    if not (box.holder and moment.gradient):  # inside another box there is room for one
        rows.append(f'<FONT POINT-SIZE="{small}" COLOR="{muted}">{escape(moment.subtitle)}</FONT>')
    if moment.gradient:
        gradient = f"<B>{escape(moment.gradient)}</B>"
        rows.append(f'<FONT POINT-SIZE="{small}" COLOR="{paint["gradient"]}">{gradient}</FONT>')
    label = "<BR/>".join(rows)
    if place.foot:
        label = (
            f'<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD>{label}</TD></TR>'
            f'<TR><TD FIXEDSIZE="TRUE" WIDTH="9" HEIGHT="{place.foot:.0f}"></TD></TR></TABLE>'
        )
    return {
        "label": f"<{label}>",
        "pos": f"{place.x:.2f},{height - place.y:.2f}",
        "width": f"{place.width / POINTS:.4f}",
        "height": f"{place.height / POINTS:.4f}",
        "style": f"rounded,filled{',dashed' if dashed else ''}",
        "fillcolor": paint["current"] if current else paint["paper"] if ghost else paint[f"{family}-fill"],
        "color": paint["bad"]
        if moment.status == "failed"
        else paint["accent"]
        if current
        else paint["ghost-line"]
        if ghost
        else paint[f"{family}-line"],
        "penwidth": "2.6" if current else "1",
        "tooltip": f"{box.kind} {box.title}",
    }


def _cluster(frame: Frame, place: Place, height: float, paint: dict[str, str]) -> dict[str, str]:
    left, right = place.x - place.width / 2, place.x + place.width / 2
    low, high = height - place.y - place.height / 2, height - place.y + place.height / 2
    label = shorten(frame.label, 28)
    return {
        "label": label,
        "lp": f"{left + 10 + 3.1 * len(label):.1f},{high - 13:.1f}",
        "bb": f"{left:.1f},{low:.1f},{right:.1f},{high:.1f}",
        "style": "rounded,filled",
        "fillcolor": paint["panel"],
        "color": paint["rule"],
    }


def _pos(points: tuple[Point, ...], height: float, back: bool) -> str:
    """A spline and the tip at the end with the arrow head (Graphviz draws the head between the two)."""
    if not points:
        return ""
    tip, before = points[:2] if back else points[:-3:-1]
    length = max(math.dist(tip, before), 1e-6)
    share = min(HEAD / length, 0.9)
    (tip_x, tip_y), (before_x, before_y) = tip, before
    neck = tip_x + (before_x - tip_x) * share, tip_y + (before_y - tip_y) * share
    curve = (neck, *points[1:]) if back else (*points[:-1], neck)
    end = f"{'s' if back else 'e'},{tip_x:.2f},{height - tip_y:.2f}"
    return " ".join([end, *(f"{x:.2f},{height - y:.2f}" for x, y in curve)])


def _label(text: str, points: tuple[Point, ...], height: float, paint: dict[str, str]) -> dict[str, str]:
    x, y = points[len(points) // 2]
    at = f"{x + 7 + 3.1 * len(text):.1f},{height - y:.1f}"
    return {"label": text, "lp": at, "fontcolor": paint["gradient"]}
