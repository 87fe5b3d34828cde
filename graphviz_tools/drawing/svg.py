"""One moment of a laid-out Recording as SVG, with every colour written out, so that it looks the same in a
notebook, on a code host and on a slide."""

from __future__ import annotations

from html import escape

from graphviz_tools.drawing.appearance import corner
from graphviz_tools.drawing.boxes import Box, Frame, Link
from graphviz_tools.drawing.layout import LABEL, Place, Point, title_text
from graphviz_tools.drawing.palette import KIND_COLOUR, colours
from graphviz_tools.drawing.scene import Scene
from graphviz_tools.drawing.text import shorten
from graphviz_tools.drawing.timeline import Moment

MONO = "ui-monospace, SFMono-Regular, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
SANS = "system-ui, 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"
MARGIN = 14.0


def svg_text(scene: Scene, step: int, theme: str) -> str:
    """The whole picture after `step` (-1: before the first) in `theme`."""
    paint = colours(theme)
    layout = scene.layout
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    now = {box.key: scene.at(box.key, step) for box in scene.outline.boxes}
    current = scene.current(step)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(scene.sentence(step))}" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.1f} {height:.1f}" '
        f'font-family="{SANS}">',
        f"<title>{escape(scene.sentence(step))}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{paint["paper"]}"/>',
        f'<g transform="translate({MARGIN},{MARGIN})">',
    ]
    parts += [_frame(frame, layout.frames[frame.path], paint) for frame in scene.outline.frames]
    parts += [
        _link(link, points, now, paint)
        for link, points in zip(scene.outline.links, layout.links, strict=True)
        if not link.quiet
    ]
    parts += [
        _box(box, layout.boxes[box.key], now[box.key], box.key == current, paint)
        for box in scene.outline.boxes
    ]
    parts += [_gradient(layout.links[link], text, paint) for link, text in scene.flowing(step)]
    return "\n".join([*parts, "</g>", "</svg>"])


def path_data(points: tuple[Point, ...]) -> str:
    """A chain of Bézier curves as the `d` of an SVG path."""
    first, *rest = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{first}C{' '.join(rest)}"


def _frame(frame: Frame, place: Place, paint: dict[str, str]) -> str:
    left, top = place.x - place.width / 2, place.y - place.height / 2
    dash = ' stroke-dasharray="6 3"' if frame.kind in ("iteration", "cond", "body", "branch") else ""
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="8" '
        f'fill="{paint["panel"]}" fill-opacity=".6" stroke="{paint["rule"]}"{dash}/>'
        f'<text x="{left + 10:.1f}" y="{top + 17:.1f}" font-size="10.5" fill="{paint["muted"]}">'
        f"{escape(shorten(frame.label, 28))}</text>"
    )


def _link(link: Link, points: tuple[Point, ...], now: dict[str, Moment], paint: dict[str, str]) -> str:
    if not points:
        return ""
    there = now[link.source].status != "ghost" and now[link.target].status != "ghost"
    colour = (
        paint["ghost-line"] if not there else paint["gradient"] if link.kind == "autograd" else paint["edge"]
    )
    dash = ' stroke-dasharray="4 3"' if link.kind != "data" else ""
    return f'<path d="{path_data(points)}" fill="none" stroke="{colour}"{dash}/>' + _head(points, colour, 3.2)


def _gradient(points: tuple[Point, ...], text: str, paint: dict[str, str]) -> str:
    """A gradient on its way: the link's own curve, run from its end to its start."""
    if not points:
        return ""
    back = points[::-1]
    x, y = back[len(back) // 2]
    label = text if len(text) <= LABEL else ""
    return (
        f'<path d="{path_data(back)}" fill="none" stroke="{paint["gradient"]}" stroke-width="2.4"/>'
        + _head(back, paint["gradient"], 4.6)
        + f'<text x="{x + 7:.1f}" y="{y + 4:.1f}" font-size="10.5" font-weight="700" '
        f'fill="{paint["gradient"]}" '
        f'stroke="{paint["paper"]}" stroke-width="3" paint-order="stroke">{escape(label)}</text>'
    )


def _head(points: tuple[Point, ...], colour: str, size: float) -> str:
    """An arrow head at the end of a curve, along its last tangent."""
    (x0, y0), (x, y) = points[-2], points[-1]
    length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 1e-6)
    dx, dy = (x - x0) / length * size, (y - y0) / length * size
    corners = ((x, y), (x - 2 * dx - dy, y - 2 * dy + dx), (x - 2 * dx + dy, y - 2 * dy - dx))
    return f'<path d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in corners)}Z" fill="{colour}"/>'


def _box(box: Box, place: Place, moment: Moment, current: bool, paint: dict[str, str]) -> str:
    ghost = moment.status == "ghost"
    family = KIND_COLOUR[box.kind]
    fill = paint["current"] if current else "none" if ghost else paint[f"{family}-fill"]
    failed = moment.status == "failed"
    line = (
        paint["bad"]
        if failed
        else paint["accent"]
        if current
        else paint["ghost-line"]
        if ghost
        else paint[f"{family}-line"]
    )
    dash = ' stroke-dasharray="4 3"' if moment.status == "handle" or box.kind == "branch" else ""
    left, top = place.x - place.width / 2, place.y - place.height / 2
    title = title_text(box) + (" ▸" if box.scope is not None else "")
    large, small, pitch = (10.5, 9.5, 12) if box.holder else (12, 10.5, 15)
    ink, faded = paint["ghost-ink" if ghost else "ink"], ghost or moment.freed
    rows = [(title, ink, f'font-family="{MONO}" font-weight="700" font-size="{large}"')]
    if not (box.holder and moment.gradient):  # inside another box there is room for one
        rows.append((moment.subtitle, paint["ghost-ink" if faded else "muted"], f'font-size="{small}"'))
    if moment.gradient:
        rows.append((moment.gradient, paint["gradient"], f'font-size="{small}" font-weight="700"'))
    parts = [
        f'<g data-box="{box.key}"><title>{escape(f"{box.kind} {box.title}: {moment.subtitle}")}</title>',
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" '
        f'rx="{corner(box.kind)}" fill="{fill}" stroke="{line}" '
        f'stroke-width="{2.6 if current else 1.1}"{dash}/>',
    ]
    start = place.words - (len(rows) - 1) * pitch / 2 + 4
    for number, (text, colour, style) in enumerate(rows):
        parts.append(
            f'<text x="{place.x:.1f}" y="{start + pitch * number:.1f}" text-anchor="middle" '
            f'fill="{colour}" {style}>'
            f"{escape(text)}</text>"
        )
    return "".join([*parts, "</g>"])
