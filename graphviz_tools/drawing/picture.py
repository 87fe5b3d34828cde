"""A static picture of a Recording: what a saved notebook, a slide or a pull request shows.

draw(recording)                         # after the last step, shown as SVG in a notebook
draw(recording, step=3).to_png("three.png")
draw(recording).to_gif("steps.gif")     # every step
"""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from graphviz_tools.arguments import check_choice, file_to_write
from graphviz_tools.drawing.boxes import ScopePath
from graphviz_tools.drawing.dot import dot_text
from graphviz_tools.drawing.graphviz import run_graphviz
from graphviz_tools.drawing.palette import Theme, colours
from graphviz_tools.drawing.scene import Scene, make_scene
from graphviz_tools.drawing.svg import svg_text
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Recording

LONGEST = 60  # seconds that a GIF may show one step
FRAMES = 120  # a GIF of more steps shows this many, evenly spread


def draw(
    recording: Recording,
    step: int | None = None,
    *,
    theme: Theme = "light",
    open: Collection[ScopePath] | None = None,
    fold: bool = False,
    autograd: bool = False,
) -> Picture:
    """The graph of `recording` as it is after `step` (0-based; None: the last), the rest as ghosts.

    `open` are the scopes drawn open (None: as many as keep the picture readable), `fold=True` rolls repeated
    blocks up into one with a count, and `autograd=True` shows autograd's own nodes, which are otherwise
    hidden behind the op that made them.

    Raises UserError when `recording` is not a Recording, and for a step,
    theme or scope that does not exist.
    """
    colours(theme)
    check_choice("fold", fold)
    check_choice("autograd", autograd)
    scene = make_scene(recording, open, fold=fold, autograd=autograd)
    last = len(recording.steps) - 1
    if step is None:
        step = last
    if not isinstance(step, int) or isinstance(step, bool) or not -1 <= step <= last:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UserError(_("step {step!r} of a recording whose steps are 0 to {last}", step=step, last=last))
    return Picture(scene, step, theme)


@dataclass(frozen=True)
class Picture:
    """What `draw` returns: `.svg` and `.dot` are text; the `to_...` methods write a file and return its path."""

    scene: Scene
    step: int
    theme: Theme

    @cached_property
    def svg(self) -> str:
        return svg_text(self.scene, self.step, self.theme)

    @cached_property
    def dot(self) -> str:
        return dot_text(self.scene, self.step, self.theme)

    @cached_property
    def png(self) -> bytes:
        return run_graphviz(self.dot, "nop2", "png", dpi=144)

    def to_svg(self, path: str | Path) -> Path:
        return _written(path, self.svg.encode(), ".svg")

    def to_dot(self, path: str | Path) -> Path:
        return _written(path, self.dot.encode(), ".dot")

    def to_png(self, path: str | Path) -> Path:
        return _written(path, self.png, ".png")

    def to_html(self, path: str | Path) -> Path:
        """A page with this one picture; `widgets.Stepper(recording).to_html(path)` writes one that plays."""
        title = escape(self.scene.sentence(self.step))
        head = f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>'
        return _written(path, f"{head}\n{self.svg}\n</html>\n".encode(), ".html")

    def to_gif(self, path: str | Path, seconds_per_step: float = 0.8) -> Path:
        """An animation from the first step to this one; the last frame stays for three times as long."""
        if not (isinstance(seconds_per_step, (int, float)) and 0 < seconds_per_step <= LONGEST):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UserError(
                _(
                    "seconds_per_step must be a number above 0 and at most {most}, got {seconds_per_step!r}",
                    most=LONGEST,
                    seconds_per_step=seconds_per_step,
                )
            )
        return _written(path, _gif(self, seconds_per_step), ".gif")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Picture: {self.scene.sentence(self.step)}>"


def _gif(picture: Picture, seconds_per_step: float) -> bytes:
    from PIL import Image  # comes with matplotlib; only an animation needs it

    stride = -(-(picture.step + 1) // FRAMES) or 1
    steps = [*range(picture.step % stride, picture.step + 1, stride)] or [picture.step]
    dots = (dot_text(picture.scene, step, picture.theme) for step in steps)
    frames = [Image.open(io.BytesIO(run_graphviz(dot, "nop2", "png"))).convert("RGB") for dot in dots]
    each = int(1000 * seconds_per_step)
    out = io.BytesIO()
    frames[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[each] * (len(frames) - 1) + [3 * each],
        loop=0,
    )
    return out.getvalue()


def _written(path: str | Path, content: bytes, suffix: str) -> Path:
    """Write `content`, adding `suffix` where `path` has none."""
    place = file_to_write(path, suffix)
    place.write_bytes(content)
    return place
