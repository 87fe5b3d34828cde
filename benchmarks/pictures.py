"""How fast a large Recording becomes a picture, against Graphviz's `dot` on the same graph uncollapsed.

    python -m benchmarks.pictures

Three figures for a GPT-2 of 96 layers, forward and backward, more than 10,000 steps: the first picture, opening
one of its modules, and one step in the browser with 1,000 visible boxes (left out without Chromium).
Our first picture is collapsed, which is the point; `dot` gets every op of the same recording, uncollapsed.
"""

from __future__ import annotations

import multiprocessing
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import graphviz

from benchmarks.browser import chromium, new_page
from benchmarks.measure import Row, Timing, compared, in_turn, publish
from benchmarks.programs import PROGRAMS
from graphviz_tools.drawing.graphviz import run_graphviz
from graphviz_tools.drawing.opening import Budget, choose_open
from graphviz_tools.drawing.outline import outline
from graphviz_tools.drawing.prepared import prepare
from graphviz_tools.drawing.scene import make_scene
from graphviz_tools.recording import Recording
from widgets import Stepper
from widgets.front_end_data import stepper_json
from widgets.page import write_page
from widgets.recording_data import scene_json

LAYERS = 96
LENGTHS = (1_000, 5_000, 20_000)
LAYERS_BESIDE_DOT = (4, 8, 16)
PATIENCE = 30  # seconds before plain dot is stopped
MANY = Budget(1_500, 100_000)
VISIBLE = 1000  # boxes, at least, in the browser


def main() -> list[Row]:
    rows = growth() + [row for layers in LAYERS_BESIDE_DOT for row in beside_dot(layers)]
    recording = gpt2(LAYERS)
    scene = make_scene(recording)
    module = next(box.scope for box in scene.outline.boxes if box.scope is not None)
    block = next(path for path in sorted(_paths(recording), key=len) if _layer(path) == 1)
    ways = {
        "first picture": lambda: make_scene(recording),
        "Stepper made": lambda: Stepper(recording),
        f"open {module[-1]}": lambda: scene_json(make_scene(scene.prepared, [*scene.opened, module])),
        f"open {'.'.join(block)}": lambda: scene_json(make_scene(scene.prepared, [*scene.opened, block])),
    }
    timings = dict(zip(ways, in_turn(*ways.values(), rounds=3), strict=True))
    rows.append(dot_row("first picture", recording, timings.pop("first picture"), len(scene.outline.boxes)))
    for what, timing in timings.items():
        rows.append(Row(what, str(timing), "", "", f"{cpu(ways[what]):.3g} s of CPU"))
    step = browser_step(recording)
    if step:
        median, slowest, boxes = step
        note = f"{boxes:,} visible boxes, style and layout included; median and slowest of 200"
        rows.append(Row("one step in Chromium", f"{median:.3g} ms (slowest {slowest:.3g} ms)", "", "", note))
    return rows


def growth() -> list[Row]:
    """Rows of the first picture and of opening a closed part, for longer and longer programs."""
    rows = []
    for program in PROGRAMS:
        for steps in LENGTHS:
            recording = program(steps)
            scene = make_scene(recording)
            closed = [box.scope for box in scene.outline.boxes if box.scope is not None]
            widest = max(closed, key=lambda path: scene.prepared.parts[path].ops)
            ways = (
                lambda recording=recording: make_scene(recording),
                lambda scene=scene, widest=widest: scene_json(
                    make_scene(scene.prepared, [*scene.opened, widest])
                ),
            )
            first, opened = in_turn(*ways, rounds=3)
            what = f"{program.__name__} of {steps:,} steps"
            rows.append(
                Row(f"{what}, first picture", str(first), "", "", f"{len(scene.outline.boxes)} boxes")
            )
            rows.append(Row(f"{what}, opening", str(opened), "", ""))
    return rows


def beside_dot(layers: int) -> list[Row]:
    """Rows of the first picture, and of a picture of every op, against `dot` on every op of the same recording."""
    recording = gpt2(layers)
    first = in_turn(lambda: make_scene(recording), rounds=3)[0]
    rows = [
        dot_row(f"first picture, {layers} layers", recording, first, len(make_scene(recording).outline.boxes))
    ]
    if layers == LAYERS_BESIDE_DOT[0]:
        paths = frozenset(_paths(recording))
        every = in_turn(lambda: make_scene(recording, paths), rounds=3)[0]
        boxes = len(make_scene(recording, paths).outline.boxes)
        rows.append(dot_row(f"all open, {layers} layers", recording, every, boxes))
    return rows


def dot_row(what: str, recording: Recording, ours: Timing, boxes: int) -> Row:
    """The row of a picture with `boxes` boxes, against `dot`, which draws one box per op."""
    note = f"{len(recording.steps):,} steps, {len(recording.nodes):,} nodes in {boxes:,} boxes; dot draws every op"
    alone = dot_alone(recording)
    if alone is None:
        return Row(
            what,
            str(ours),
            f"stopped after {PATIENCE} s",
            f"over {PATIENCE / ours.median:,.0f}x faster",
            note,
        )
    return Row(what, str(ours), str(alone), compared(ours, alone), note)


def cpu(work: Callable[[], object]) -> float:
    """Seconds of processor time of one call; on a busy machine they mean more than wall time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def gpt2(layers: int) -> Recording:
    """Forward and backward of a GPT-2 of width 64 over 16 tokens."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from graphviz_tools import record_torch

    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            n_layer=layers,
            n_embd=64,
            n_head=4,
            vocab_size=256,
            n_positions=64,
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    tokens = torch.randint(0, 256, (1, 16))
    return record_torch(
        lambda ids: model(ids, labels=ids).loss, tokens, backward=True, title=f"GPT-2, {layers} layers"
    )


def dot_alone(recording: Recording) -> Timing | None:
    """Seconds of `dot` for every op and edge, uncollapsed; None when it was stopped."""
    work = multiprocessing.get_context("fork").Process(target=_every_box, args=(recording,))
    alone = in_turn(lambda: (work.start(), work.join(PATIENCE)), rounds=1, warm_up=0)[0]
    if work.is_alive():
        work.terminate()
        work.join()
        return None
    return alone


def _every_box(recording: Recording) -> None:
    """One box for each op, one arrow for each value: nothing but `dot`, with no text to measure."""
    dot = graphviz.Digraph(
        node_attr={"shape": "box", "fixedsize": "true", "width": "1.8", "height": "0.6", "label": ""},
        edge_attr={"arrowhead": "none"},
    )
    for node in recording.nodes:
        if node.owner is None:
            dot.node(f"n{node.id}")
    for edge in recording.edges:
        if edge.kind == "data":
            dot.edge(f"n{edge.source}", f"n{edge.target}")
    run_graphviz(dot.source, "dot", "json0")


def browser_step(recording: Recording) -> tuple[float, float, int] | None:
    """Median and slowest of 200 steps in milliseconds with about 1,000 visible boxes, and their number."""
    if chromium() is None:
        return None
    opened = _enough_open(recording)
    with (
        tempfile.TemporaryDirectory() as folder,
        new_page(viewport={"width": 1350, "height": 900}, reduced_motion="reduce") as page,
    ):
        scene = make_scene(recording, opened, budget=MANY)
        page_file = write_page(stepper_json(recording, scene, 0), Path(folder) / "page.html")
        page.goto(page_file.as_uri())
        page.wait_for_selector(".shell", timeout=120_000)
        boxes = page.locator(".box").count()
        times = page.evaluate(
            """() => { const shell = document.querySelector('.shell'); const times = [];
            for (let i = 0; i < 200; i++) { const start = performance.now();
              shell.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
              document.querySelector('.content').getBoundingClientRect(); document.body.offsetHeight;
              times.push(performance.now() - start); }
            return times; }"""
        )
    return statistics.median(times), max(times), boxes


def _enough_open(recording: Recording) -> frozenset[tuple[str, ...]]:
    """The scopes of enough blocks to show `VISIBLE` boxes."""
    prepared = prepare(recording)
    for layers in range(1, LAYERS):
        paths = frozenset(path for path in _paths(recording) if _layer(path) < layers)
        if len(outline(prepared, choose_open(prepared, paths, MANY))[0].boxes) >= VISIBLE:
            return paths
    return frozenset(_paths(recording))


def _paths(recording: Recording) -> set[tuple[str, ...]]:
    return {n.scope[:depth] for n in recording.nodes for depth in range(1, len(n.scope) + 1)}


def _layer(path: tuple[str, ...]) -> int:
    """The number of the transformer block that a scope such as `(..., "h.7", "attn")` lies in; 0 outside."""
    found = next((re.fullmatch(r"h\.(\d+)", part) for part in path if part.startswith("h.")), None)
    return int(found.group(1)) if found else 0


if __name__ == "__main__":
    publish("Pictures of a large Recording", main())
