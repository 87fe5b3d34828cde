"""How fast a large Recording becomes a picture, beside Graphviz's `dot` on the same graph uncollapsed.

    python -m benchmarks.pictures

Three figures: the first picture of a 48-layer GPT-2 (forward and backward), opening one of its modules, and one
step in the browser with 1,000 visible boxes (left out where there is no Chromium).
"""

from __future__ import annotations

import multiprocessing
import shutil
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import Row, in_turn, table
from graphviz_tools.outline import outline
from graphviz_tools.recording import Recording
from graphviz_tools.scene import make_scene
from graphviz_tools.story import moments
from widgets import Stepper

PATIENCE = 20  # seconds that plain dot gets
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def main() -> list[Row]:
    recording = gpt2(48)
    shown = make_scene(recording)
    module = next(box.scope for box in shown.outline.boxes if box.scope is not None)
    first, view, opened = in_turn(
        lambda: make_scene(recording),
        lambda: Stepper(recording),
        lambda: make_scene(recording, shown.opened | {module}),
        rounds=3,
    )
    size = f"{len(recording.nodes):,} nodes, {len(recording.steps):,} steps, {len(shown.outline.boxes)} boxes"
    plain = dot_alone(recording)
    rows = [
        Row("first picture", f"{first.median:.3g} s", f"dot: {plain}", "", f"{size}; {first.spread}"),
        Row("Stepper made", f"{view.median:.3g} s", "", "", f"with all its data; {view.spread}"),
        Row(f"open {module[-1]}", f"{opened.median * 1e3:.3g} ms", "", "", opened.spread),
    ]
    step = browser_step(recording)
    if step:
        median, slowest, boxes = step
        note = f"{boxes:,} visible boxes, style and layout included; slowest of 200: {slowest:.3g} ms"
        rows.append(Row("one step in Chromium", f"{median:.3g} ms", "", "", note))
    return rows


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


def dot_alone(recording: Recording) -> str:
    """Seconds that `dot` takes for every op and edge with no collapsing, or that it was stopped."""
    work = multiprocessing.get_context("fork").Process(target=_every_box, args=(recording,))
    alone = in_turn(lambda: (work.start(), work.join(PATIENCE)), rounds=1, warm_up=0)[0]
    if work.is_alive():
        work.terminate()
        work.join()
        return f"stopped after {PATIENCE} s"
    return f"{alone.median:.3g} s"


def _every_box(recording: Recording) -> None:
    from graphviz_tools.layout import lay_out

    flat = replace(recording, nodes=tuple(replace(node, scope=()) for node in recording.nodes), scopes=())
    drawing = outline(flat, autograd=True)
    home = [""] * len(flat.nodes)
    for box in drawing.boxes:
        for member in box.members:
            home[member] = box.key
    lay_out(drawing, moments(flat, drawing, home))


def browser_step(recording: Recording) -> tuple[float, float, int] | None:
    """Median and slowest of 200 steps in milliseconds with about 1,000 visible boxes, and how many they were."""
    program = shutil.which("chromium")
    if program is None:
        return None
    from playwright.sync_api import sync_playwright

    opened = frozenset(path for path in _paths(recording) if _layer(path) < 20)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Stepper(recording, open=opened).to_html(Path(folder) / "page.html")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(viewport={"width": 1350, "height": 900}, reduced_motion="reduce")
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
        browser.close()
    return statistics.median(times), max(times), boxes


def _paths(recording: Recording) -> set[tuple[str, ...]]:
    return {n.scope[:depth] for n in recording.nodes for depth in range(1, len(n.scope) + 1)}


def _layer(path: tuple[str, ...]) -> int:
    """The number of the transformer block that a scope lies in; 0 outside of any."""
    return next((int(part) for part in path if part.isdigit()), 0)


if __name__ == "__main__":
    print(table("Pictures of a large Recording", main()))
