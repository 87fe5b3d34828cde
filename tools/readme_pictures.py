"""Make the pictures of the README: the Stepper on a transformer layer, the Duet on a small model, in Chromium.

python tools/readme_pictures.py [--out docs/images]
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from graphviz_tools import record_tensorflow, record_torch
from graphviz_tools.frameworks import import_tensorflow
from widgets import Duet, Stepper
from widgets.view import View

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def stepper() -> Stepper:
    """A GPT-2 of two layers, forward and backward."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    shape = {"n_layer": 2, "n_embd": 32, "n_head": 2, "vocab_size": 64, "n_positions": 32}
    model = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=0, eos_token_id=0))
    tokens = torch.randint(0, 64, (1, 8))

    def loss(model, tokens):
        found = model(tokens, labels=tokens)
        return found.loss

    return Stepper(record_torch(loss, model, tokens, backward=True, title="GPT-2"))


def duet() -> Duet:
    """The same perceptron as PyTorch runs it and as TensorFlow builds it."""
    import torch

    tf = import_tensorflow()
    torch.manual_seed(0)
    first, second = torch.randn(3, 4, requires_grad=True), torch.randn(4, 2, requires_grad=True)
    x = torch.tensor([[1.0, 2.0, -1.0]])

    def eager(x):
        h = torch.relu(x @ first)
        p = h @ second
        return (p**2).mean()

    weights = tf.constant(first.detach().numpy()), tf.constant(second.detach().numpy())

    def static(x):
        h = tf.nn.relu(x @ weights[0])
        p = h @ weights[1]
        return tf.reduce_mean(p**2)

    return Duet(record_torch(eager, x, backward=True), record_tensorflow(static, tf.constant(x.numpy())))


def photograph(page: Page, view: View, name: str, out: Path, still: float) -> None:
    """Write NAME.png (after the share `still` of all steps) and NAME.gif (every step, or 40 of them)."""
    with tempfile.TemporaryDirectory() as folder:
        page.goto(view.to_html(Path(folder) / "page.html").as_uri())
        page.wait_for_selector(".shell")
        count = int(page.locator(".timeline input").get_attribute("max") or 0) + 1
        frames = []
        for step in sorted({round(i * (count - 1) / 39) for i in range(40)} | {round(still * count)}):
            page.locator(".timeline input").fill(str(step))
            page.wait_for_timeout(120)
            shot = page.locator(".shell").screenshot()
            if step == round(still * count):
                (out / f"{name}.png").write_bytes(shot)
            frames.append(
                Image.open(io.BytesIO(shot)).convert("P", palette=Image.Palette.ADAPTIVE, colors=64)
            )
    frames[0].save(
        out / f"{name}.gif", save_all=True, append_images=frames[1:], duration=500, loop=0, optimize=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    program = shutil.which("chromium")
    if program is None:
        sys.exit("readme_pictures needs a chromium on the PATH")
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 760}, reduced_motion="reduce")
        photograph(page, stepper(), "stepper", out, still=0.3)
        photograph(page, duet(), "duet", out, still=0.35)
        browser.close()


if __name__ == "__main__":
    main()
