"""Make the README's pictures: a Stepper on GPT-2, and an animated Duet, as a browser shows them.

    python tools/readme_pictures.py

Needs Chromium on the PATH, playwright and transformers (the `test` extra). Writes docs/images/.
"""

from __future__ import annotations

import importlib
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from transformers import GPT2Config, GPT2LMHeadModel

import graphviz_tools as gt
from graphviz_tools.frameworks import import_tensorflow
from widgets import Duet, Stepper

HERE = Path(__file__).resolve().parent.parent / "docs" / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


# Programs of their own, so that the code panel shows a learner's file and not this one.
EAGER = """def program(x):
    h = x * 2
    while h.sum() < 30:
        h = h * h
    return h.sum()
"""
STATIC = """import tensorflow as tf

def program(x):
    h = x * 2
    while tf.reduce_sum(h) < 30:
        h = h * h
    return tf.reduce_sum(h)
"""
MODEL = """def loss(model, tokens):
    return model(tokens, labels=tokens).loss
"""


def imported(folder: Path, name: str, text: str) -> ModuleType:
    """`text` as a module with a file of its own."""
    (folder / f"{name}.py").write_text(text)
    return importlib.import_module(name)


def gpt2_stepper(folder: Path) -> Stepper:
    """Three blocks of GPT-2, forward and backward, stopped in the middle of backward."""
    torch.manual_seed(0)
    config = GPT2Config(n_layer=3, n_embd=32, n_head=2, vocab_size=50, bos_token_id=0, eos_token_id=0)
    model = GPT2LMHeadModel(config)
    tokens = torch.randint(0, 50, (1, 8))
    loss = imported(folder, "my_loss", MODEL).loss
    return Stepper(gt.record_torch(loss, model, tokens, title="GPT-2"))


def duet(folder: Path) -> Duet:
    tf = import_tensorflow()
    numbers = [1.0, 2.0, 3.0]
    eager = gt.record_torch(
        imported(folder, "eager", EAGER).program, torch.tensor(numbers, requires_grad=True)
    )
    static = gt.record_tensorflow(imported(folder, "static", STATIC).program, tf.constant(numbers))
    return Duet(eager, static)


def opened(browser: Any, view: Any, folder: Path, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(view.to_html(folder / "page.html").as_uri())
    page.wait_for_selector(".shell")
    return page


def frames(page: Page, presses: int) -> Iterator[Image.Image]:
    """The page after each press of the right arrow key, all of one size."""
    for _ in range(presses):
        page.locator(".shell").press("ArrowRight")
        page.wait_for_timeout(350)
        yield Image.open(io.BytesIO(page.screenshot())).convert(
            "P", palette=Image.Palette.ADAPTIVE, colors=48
        )


def main() -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium on the PATH: install Debian's package chromium")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        sys.path.insert(0, place)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        stepper = gpt2_stepper(folder)
        page = opened(browser, stepper, folder, 1400, 760)
        middle = next(i for i, step in enumerate(stepper.recording.steps) if step.phase == "backward") + 12
        page.locator(".timeline input").fill(str(middle))
        page.wait_for_timeout(800)
        page.locator(".shell").screenshot(path=HERE / "stepper.png")
        pair = duet(folder)
        pictures = list(frames(opened(browser, pair, folder, 1200, 800), 44))
        browser.close()
    pictures[0].save(
        HERE / "duet.gif", save_all=True, append_images=pictures[1:], duration=700, loop=0, optimize=True
    )
    for path in sorted(HERE.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
