"""What a view shows at one time: the Recordings with or without their plumbing, drawn, and its steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphviz_tools.drawing.scene import Scene
from graphviz_tools.recording import Recording
from graphviz_tools.transforms.simplify import shown_steps


@dataclass(frozen=True, slots=True)
class Stage:
    """`beats[i]` are the steps, one a side, that the view's step `i` shows; `data` is for the browser."""

    recordings: tuple[Recording, ...]
    scenes: tuple[Scene, ...]
    beats: tuple[tuple[int, ...], ...]
    data: dict[str, Any]


def places(few: Stage, all_ops: Stage) -> list[int]:
    """For each step of `few`, which leaves plumbing out, the step of `all_ops` at which as much is shown."""
    numbers = [
        shown_steps(whole) if whole is not drawn else range(len(whole.steps))
        for whole, drawn in zip(all_ops.recordings, few.recordings, strict=True)
    ]
    found, at, last = [], 0, len(all_ops.beats) - 1
    for beat in few.beats:
        wanted = [steps[step] if step >= 0 else -1 for steps, step in zip(numbers, beat, strict=True)]
        while at < last and any(is_at < to for is_at, to in zip(all_ops.beats[at], wanted, strict=True)):
            at += 1
        found.append(at)
    return found


def same_place(step: int, places: Sequence[int], all_ops: bool) -> int:
    """`step` after plumbing was put in (`all_ops`) or left out."""
    if all_ops:
        return places[step] if step >= 0 else -1
    return bisect_right(places, step) - 1
