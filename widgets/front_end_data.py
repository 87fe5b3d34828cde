"""What the Stepper's and the Duet's front ends are given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from graphviz_tools.drawing.scene import Scene, make_scene
from graphviz_tools.language import _
from graphviz_tools.recording import Recording
from graphviz_tools.transforms.repeats import any_repeats
from widgets.questions import questions
from widgets.recording_data import recording_json, scene_json

Json = dict[str, Any]
ROOM = 200_000  # bytes of a page for the recording and its further scenes; the front end takes the rest


def heading(recording: Recording) -> str:
    """The name above a side: the framework and its mode."""
    headings = {
        "torch": _("PyTorch · eager"),
        "tensorflow": _("TensorFlow · static"),
        "tensorflow.eager": _("TensorFlow · eager"),
        "torch.compile": _("torch.compile · captured"),
        "torch.export": _("torch.export · captured"),
        "torchscript": _("TorchScript · static"),
        "jax": _("JAX · traced"),
        "onnx": _("ONNX · file"),
    }
    return headings.get(recording.framework, recording.framework)


def side_json(recording: Recording, scene: Scene) -> Json:
    return {
        "heading": heading(recording),
        "recording": recording_json(recording, scene.prepared.arrivals),
        "scene": scene_json(scene),
        "folds": any_repeats(recording),
    }


def stepper_json(recording: Recording, scene: Scene, seed: int) -> Json:
    asked = [question.json() for question in questions(recording, seed, scene.prepared.arrivals)]
    title = recording.title or recording.framework
    return {"view": "stepper", "name": "Stepper", "title": title, "questions": asked} | side_json(
        recording, scene
    )


def duet_json(
    recordings: Sequence[Recording], scenes: Sequence[Scene], beats: Sequence[tuple[int, int]], seed: int
) -> Json:
    return {
        "view": "duet",
        "name": "Duet",
        "title": _title(recordings),
        "sides": [side_json(r, s) for r, s in zip(recordings, scenes, strict=True)],
        "beats": [list(beat) for beat in beats],
        "questions": _duet_questions(scenes, beats, seed),
    }


def _title(recordings: Sequence[Recording]) -> str:
    """Both names, or the one that both have."""
    first, *more = dict.fromkeys(recording.title or recording.framework for recording in recordings)
    return _("{first} and {second}", first=first, second=more[0]) if more else first


def names(recording: Recording, nodes: Sequence[int]) -> list[str]:
    """What a learner calls these nodes."""
    return [(n := recording.nodes[node]).label or n.name or n.op for node in nodes]


def _duet_questions(scenes: Sequence[Scene], beats: Sequence[tuple[int, int]], seed: int) -> list[Json]:
    """The sides' questions at the beats that reveal their steps; the sides take turns where both have one."""
    asked = [
        {question.step: question for question in questions(s.recording, seed, s.prepared.arrivals)}
        for s in scenes
    ]
    found: list[Json] = []
    before = (-1, -1)
    for number, beat in enumerate(beats):
        order = (0, 1) if len(found) % 2 == 0 else (1, 0)
        side = next((s for s in order if beat[s] != before[s] and beat[s] in asked[s]), None)
        if side is not None:
            question = asked[side][beat[side]].json()
            where = heading(scenes[side].recording)
            found.append(question | {"step": number, "prompt": f"{where}: {question['prompt']}"})
        before = beat
    return found


def with_further_scenes(data: Json, scenes: Sequence[Scene]) -> Json:
    """`data` for a page, with what opening, closing or folding one more scope needs, while there is room."""
    left = ROOM - len(json.dumps(data))
    carried = []
    for side, scene in enumerate(scenes):
        for fold, make in _further(scene):
            entry = {"side": side, "fold": fold, "scene": scene_json(make())}
            left -= len(json.dumps(entry))
            if left < 0:
                return data | {"scenes": carried}
            carried.append(entry)
    return data | {"scenes": carried}


def _further(scene: Scene) -> Iterator[tuple[bool, Callable[[], Scene]]]:
    yield True, lambda: make_scene(scene.recording, fold=True)
    for path in sorted(scene.opened, key=len):
        left_open = [other for other in scene.opened if other[: len(path)] != path]
        yield False, lambda left_open=left_open: make_scene(scene.prepared, left_open)
    for box in scene.outline.boxes:
        if box.scope is not None:
            yield False, lambda path=box.scope: make_scene(scene.prepared, [*scene.opened, path])
