"""A Recording as the browser gets it: plain JSON, every value once, every text already worded.

The browser looks things up and draws; it works nothing out. What a box says at a step comes from
`graphviz_tools.drawing.timeline`, its place from `graphviz_tools.drawing.layout`.
"""

from __future__ import annotations

import base64
import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from graphviz_tools.analysis.findings import findings
from graphviz_tools.analysis.memory_table import memory
from graphviz_tools.drawing.appearance import NOT_FINITE, PHASES
from graphviz_tools.drawing.arrivals import Arrival, arrivals
from graphviz_tools.drawing.layout import title_text
from graphviz_tools.drawing.scene import Scene
from graphviz_tools.drawing.svg import path_data
from graphviz_tools.drawing.text import bytes_text, number_text, shape_text, type_text, value_text
from graphviz_tools.language import _
from graphviz_tools.recording import Number, Recording, Step, Value
from widgets.source_names import source_names

Json = dict[str, Any]
_LAP = re.compile(r"\biteration (\d+)")
NUMBERS = 64  # elements that are shown as numbers; more become a heat map


def recording_json(recording: Recording, came: Iterable[Arrival] | None = None) -> Json:
    """Everything about `recording` that does not depend on which scopes are open. `came` are its arrivals, where
    they are known already."""
    table = _Values()
    lines = _Lines(recording)
    details = _details(recording, table, arrivals(recording) if came is None else came)
    return {
        "title": recording.title or recording.framework,
        "framework": recording.framework,
        "versions": recording.versions,
        "error": recording.error,
        "omitted": [f"{left.count} {left.what} ({left.why})" for left in recording.omitted],
        "findings": [
            {
                "step": f.step,
                "line": lines.number(f),
                "kind": _(f.kind),
                "sentence": f.sentence,
                "advice": f.advice,
            }
            for f in findings(recording)
        ],
        "sources": lines.sources,
        "lines": lines.places,
        "phase": [PHASES.index(step.phase) for step in recording.steps],
        "op": [step.op for step in recording.steps],
        "line": [lines.number(step) for step in recording.steps],
        "memory": [None if s.memory is None else [s.memory.alive, s.memory.saved] for s in recording.steps],
        "peak": _peak(recording),
        "turn": [_turn(step) for step in recording.steps],
        "details": details,
        "values": table.values,
    }


def scene_json(scene: Scene) -> Json:
    """The drawing with some scopes open: boxes, links, frames, and what changes when."""
    place = {box.key: i for i, box in enumerate(scene.outline.boxes)}
    running: defaultdict[int, list[list[Any]]] = defaultdict(list)
    for flow in scene.flows:
        running[flow.link].append([flow.step, flow.text])
    layout = scene.layout
    return {
        "key": scene_key(scene.opened),
        "opened": ["/".join(path) for path in scene.opened],
        "width": round(layout.width, 1),
        "height": round(layout.height, 1),
        "boxes": [
            {
                "key": box.key,
                "kind": box.kind,
                "title": title_text(box),
                "full": box.title,
                "scope": None if box.scope is None else list(box.scope),
                "at": _rectangle(layout.boxes[box.key]),
                "foot": round(layout.boxes[box.key].foot, 1),
                "held": bool(box.holder),
                "moments": [
                    [m.step, m.status, m.subtitle, m.gradient, int(m.freed)] for m in scene.moments[box.key]
                ],
            }
            for box in scene.outline.boxes
        ],
        "links": [
            {
                "from": place[link.source],
                "to": place[link.target],
                "kind": link.kind,
                "d": path_data(points) if points else "",
                "back": path_data(points[::-1]) if points and link.returns else "",
                "flows": running.get(number, []),
                "quiet": link.quiet,
            }
            for number, (link, points) in enumerate(zip(scene.outline.links, layout.links, strict=True))
        ],
        "frames": [
            {
                "path": list(frame.path),
                "kind": frame.kind,
                "label": in_words(frame.label),
                "at": _rectangle(layout.frames[frame.path]),
            }
            for frame in scene.outline.frames
        ],
        "box": [-1 if s.node is None else place[scene.home[s.node]] for s in scene.recording.steps],
    }


def scene_key(opened: Iterable[tuple[str, ...]]) -> str:
    """A name for a set of open scopes, equal in Python and in the browser."""
    return "|".join(sorted("/".join(path) for path in opened))


def value_json(value: Value) -> Json:
    """One value: worded, with its numbers when few and as a quantised heat map when many."""
    found: Json = {"name": value.name, "type": type_text(value), "short": value_text(value)}
    if value.is_handle:
        return found | {"handle": value.text}
    if value.shape is None:
        return found
    found["shape"] = shape_text(value.shape)
    if value.summary is not None and value.summary.min is not None:
        s = value.summary
        found["stats"] = [_tell(s.min), _tell(s.max), _tell(s.mean)]
        if s.nonfinite:
            found["nonfinite"] = s.nonfinite
        if s.sampled is not None:
            found["sampled"] = s.sampled
    if value.numbers is not None:
        found |= _picture_of(value.numbers, value)
    if value.flags:
        found["flags"] = list(value.flags)
    if value.nbytes:
        found["bytes"] = value.nbytes
    return found


def _tell(number: float | None) -> str:
    return "none" if number is None else number_text(number)


def _picture_of(numbers: Sequence[Number], value: Value) -> Json:
    """`rows` x `columns` cells: `cells` as text when few, else `heat`, one byte a cell."""
    shape = tuple(size or 0 for size in value.shape or ())
    columns = value.grid[1] if value.grid else shape[-1] if shape else 1
    rows = len(numbers) // columns if columns else 0
    if len(numbers) <= NUMBERS and value.grid is None:
        return {"rows": rows, "columns": columns, "cells": [number_text(n) for n in numbers]}
    magnitudes = [abs(n) if isinstance(n, complex) else float(n) for n in numbers]
    finite = [n for n in magnitudes if math.isfinite(n)]
    if value.summary is not None:  # the sample may miss the extremes of the whole
        finite += [n for n in (value.summary.min, value.summary.max) if n is not None]
    largest = max(map(abs, finite), default=0.0) or 1.0
    cells = bytes(round(127 + 127 * n / largest) if math.isfinite(n) else NOT_FINITE for n in magnitudes)
    return {
        "rows": rows,
        "columns": columns,
        "heat": base64.b64encode(cells).decode(),
        "scale": _tell(largest),
    }


def _rectangle(place: Any) -> list[float]:
    """Left, top, width, height."""
    left, top = place.x - place.width / 2, place.y - place.height / 2
    return [round(left, 1), round(top, 1), round(place.width, 1), round(place.height, 1)]


def _details(recording: Recording, table: _Values, came: Iterable[Arrival]) -> list[Json]:
    """For each step its values and words; empty entries are left out."""
    sums = {found.summed: found for found in came if len(found.came) == found.expected > 1}
    made: defaultdict[int, list[int]] = defaultdict(list)
    for step in recording.steps:
        if step.node is not None and step.phase != "backward":
            made[step.node].append(step.index)
    found = []
    for step in recording.steps:
        detail: Json = {
            "reads": [table.place(v) for v in step.reads],
            "writes": [table.place(v) for v in step.writes],
            "gradients": [table.place(v) for v in step.grads_in if v is not None],
            "leaving": [table.place(v) for v in step.grads_out if v is not None],
            "sum": [table.place(v) for v in sums[step.index].came] if step.index in sums else [],
            "saved": [saved.name for saved in step.saved],
            "freed": [recording.nodes[node].name or recording.nodes[node].op for node in step.freed],
            "control": _control(step),
            "error": step.error,
            "note": step.note,
        }
        if step.phase == "backward" and step.node is not None:
            detail["function"] = recording.nodes[step.node].op
            earlier = made[recording.seen(step.node)]
            detail["of"] = earlier[bisect_right(earlier, step.index) - 1 :][:1]
        found.append({name: entry for name, entry in detail.items() if entry})
    return found


def _peak(recording: Recording) -> Json | None:
    """The step at which most memory is alive, in words; None where memory was not measured."""
    if recording.storages and recording.steps:
        table = memory(recording)
        kinds = ", ".join(f"{_(kind)} {bytes_text(nbytes)}" for kind, nbytes in table.by_kind().items())
        return {"at": table.peak_step, "words": f"{bytes_text(table.peak)} ({kinds})"}
    measured = [(s.memory.alive, -s.index) for s in recording.steps if s.memory is not None]
    if not measured:
        return None
    most, place = max(measured)
    return {"at": -place, "words": bytes_text(most)}


def _turn(step: Step) -> str:
    """The iteration that a step belongs to, in words."""
    return in_words(next((part for part in reversed(step.scope) if part.startswith("iteration")), ""))


def in_words(label: str) -> str:
    """The label of a scope in the reader's language: `while · iteration 2`."""
    return _LAP.sub(lambda lap: _("iteration {number}", number=lap[1]), label)


def _control(step: Step) -> str:
    if step.control is None:
        return ""
    control = step.control
    turn = _(", iteration {iteration}", iteration=control.iteration) if control.iteration is not None else ""
    return f"{control.decided} → {control.taken}{turn}".strip(" →")


class _Values:
    """Each distinct value once, by its place."""

    def __init__(self) -> None:
        self.values: list[Json] = []
        self._places: dict[Value, int] = {}

    def place(self, value: Value) -> int:
        found = self._places.get(value)
        if found is None:
            found = self._places[value] = len(self.values)
            self.values.append(value_json(value))
        return found


class _Lines:
    """Numbers for the source lines that steps and nodes name."""

    def __init__(self, recording: Recording) -> None:
        named = [item.line for item in (*recording.steps, *recording.nodes) if item.line is not None]
        distinct = sorted({(line.file, line.line) for line in named})
        short = source_names(
            [*(file for file, _line in distinct), *(source.file for source in recording.sources)]
        )
        self.places = [[short[file], line] for file, line in distinct]
        self._number = {place: i for i, place in enumerate(distinct)}
        self.sources = [
            {"file": short[s.file], "first": s.first_line, "text": s.text} for s in recording.sources
        ]

    def number(self, item: Any) -> int:
        return -1 if item.line is None else self._number[item.line.file, item.line.line]
