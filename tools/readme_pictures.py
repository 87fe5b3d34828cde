"""Make the README's pictures, still and animated, as a browser shows them: a Stepper on GPT-2, and a Duet on a
perceptron in PyTorch and in Keras.

    python tools/readme_pictures.py

Needs Chromium on the PATH, playwright and transformers (the `test` extra). Writes docs/images/.
"""

from __future__ import annotations

import importlib
import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
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
EAGER = """import torch
from torch import nn

net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))

def loss(x, y):
    error = net(x) - y
    square = error * error
    return square.mean()
"""
STATIC = """import tensorflow as tf
from tensorflow.keras import Sequential, layers

net = Sequential([layers.Dense(3, "relu"), layers.Dense(1)])

def loss(x, y):
    error = net(x) - y
    square = error * error
    return tf.reduce_mean(square)
"""
MODEL = """def loss(model, tokens):
    return model(tokens, labels=tokens).loss
"""


def imported(folder: Path, name: str, text: str) -> ModuleType:
    """Import `text` as a module, from a file of its own."""
    (folder / f"{name}.py").write_text(text)
    return importlib.import_module(name)


def gpt2_stepper(folder: Path) -> Stepper:
    """A Stepper over three blocks of GPT-2, forward and backward."""
    torch.manual_seed(0)
    config = GPT2Config(n_layer=3, n_embd=32, n_head=2, vocab_size=50, bos_token_id=0, eos_token_id=0)
    model = GPT2LMHeadModel(config)
    tokens = torch.randint(0, 50, (1, 8))
    loss = imported(folder, "my_loss", MODEL).loss
    return Stepper(gt.record_torch(loss, model, tokens, title="GPT-2"))


def duet(folder: Path) -> Duet:
    """A Duet of a two-layer perceptron and its loss in both frameworks, with the same weights."""
    tf = import_tensorflow()
    torch.manual_seed(3)
    eager, static = imported(folder, "eager", EAGER), imported(folder, "static", STATIC)
    x, y = [[0.5, 1.0], [1.5, -1.0]], [[1.0], [0.0]]
    static.net(tf.constant(x))
    static.net.set_weights([w.detach().numpy().T for w in eager.net.parameters()])
    recorded = gt.record_torch(eager.loss, torch.tensor(x), torch.tensor(y))
    return Duet(recorded, gt.record_tensorflow(static.loss, tf.constant(x), tf.constant(y)))


def opened(browser: Any, view: Any, folder: Path, width: int, height: int) -> Page:
    """The view's page, with reduced motion, so that each picture is complete at once."""
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
    )
    page.goto(view.to_html(folder / "page.html").as_uri())
    page.wait_for_selector(".shell")
    return page


def frames(page: Page, steps: Sequence[int]) -> list[Image.Image]:
    """Pictures of the widget at each of `steps`, all of one size."""
    taken = []
    for step in steps:
        page.locator(".timeline input").fill(str(step))
        picture = Image.open(io.BytesIO(page.screenshot()))
        taken.append(picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64))
    return taken


def animate(pictures: list[Image.Image], path: Path) -> None:
    first, *rest = pictures
    durations = [700] * len(rest) + [3000]
    first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)


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
        last = len(stepper.recording) - 1
        back = next(step.index for step in stepper.recording.steps if step.phase == "backward")
        animate(frames(page, [*range(4, 24), *range(back, back + 16), last]), HERE / "stepper.gif")
        page.locator(".timeline input").fill(str(back + 12))
        page.locator(".shell").screenshot(path=HERE / "stepper.png")
        pair = duet(folder)
        page = opened(browser, pair, folder, 1440, 860)
        animate(frames(page, range(len(pair.beats))), HERE / "duet.gif")
        middle = next(
            i for i, (_, beside) in enumerate(pair.beats) if pair.recordings[1].steps[beside].phase == "run"
        )
        page.locator(".timeline input").fill(str(middle - 1))
        page.locator(".shell").screenshot(path=HERE / "duet.png")
        browser.close()
    for path in sorted(HERE.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
