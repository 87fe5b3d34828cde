"""Make the README's pictures: a Stepper on GPT-2, and an animated Duet, as a browser shows them.

    python tools/readme_pictures.py

Needs Chromium on the PATH, playwright and transformers (the `test` extra). Writes docs/images/.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from transformers import GPT2Config, GPT2LMHeadModel

import graphviz_tools as gt
from graphviz_tools.frameworks import import_tensorflow
from widgets import Duet, Stepper

HERE = Path(__file__).resolve().parent.parent / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def program(x: Any) -> Any:
    h = x * 2
    while h.sum() < 30:
        h = h * h
    return h.sum()


def twin(x: Any) -> Any:
    h = x * 2
    while tf.reduce_sum(h) < 30:
        h = h * h
    return tf.reduce_sum(h)


tf = import_tensorflow()


def gpt2_stepper() -> Stepper:
    """Three blocks of GPT-2, forward and backward, stopped in the middle of backward."""
    torch.manual_seed(0)
    config = GPT2Config(n_layer=3, n_embd=32, n_head=2, vocab_size=50, bos_token_id=0, eos_token_id=0)
    model = GPT2LMHeadModel(config)
    tokens = torch.randint(0, 50, (1, 8))

    def loss(tokens: torch.Tensor) -> torch.Tensor:
        return model(tokens, labels=tokens).loss

    return Stepper(gt.record_torch(loss, tokens, title="GPT-2"))


def duet() -> Duet:
    eager = gt.record_torch(program, torch.tensor([1.0, 2.0, 3.0], requires_grad=True))
    return Duet(eager, gt.record_tensorflow(twin, tf.constant([1.0, 2.0, 3.0])))


def opened(browser: Any, view: Any, folder: Path, width: int, height: int) -> Page:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    page.goto(view.to_html(folder / "page.html").as_uri())
    page.wait_for_selector(".shell")
    return page


def frames(page: Page, presses: int) -> Iterator[Image.Image]:
    """The widget after each press of the right arrow key."""
    shell = page.locator(".shell")
    for _ in range(presses):
        shell.press("ArrowRight")
        page.wait_for_timeout(350)
        yield Image.open(io.BytesIO(shell.screenshot())).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)


def main() -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium on the PATH: install Debian's package chromium")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        stepper = gpt2_stepper()
        page = opened(browser, stepper, folder, 1400, 760)
        middle = next(i for i, step in enumerate(stepper.recording.steps) if step.phase == "backward") + 12
        page.locator(".timeline input").fill(str(middle))
        page.wait_for_timeout(800)
        page.locator(".shell").screenshot(path=HERE / "stepper.png")
        pair = duet()
        pictures = list(frames(opened(browser, pair, folder, 1300, 860), 48))
        browser.close()
    pictures[0].save(
        HERE / "duet.gif", save_all=True, append_images=pictures[1:], duration=700, loop=0, optimize=True
    )
    for path in sorted(HERE.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
