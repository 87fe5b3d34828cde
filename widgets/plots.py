"""Plots with matplotlib: memory over steps, the ops that are called most, time per op, loss curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graphviz_tools.drawing.palette import PALETTE
from graphviz_tools.drawing.text import bytes_text
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Recording

_PAINT = PALETTE["light"]
_LINES = ("-", "--", "-.", ":")  # curves differ by more than colour


def plot_memory(recording: Recording, ax: Axes | None = None) -> Axes:
    """Bytes alive after each step, and how many of them autograd's saved tensors hold, over coloured phases.

    Raises UserError when `recording` is not a Recording or recorded no memory.
    """
    _check(recording)
    known = [(step.index, step.memory) for step in recording.steps if step.memory is not None]
    if not known:
        raise UserError(
            _(
                "this recording holds no memory: record_torch and record_tensorflow_eager measure it, a graph has none"
            )
        )
    ax = ax or plt.subplots(figsize=(8, 3), layout="constrained")[1]
    steps = [index + 1 for index, _ in known]
    for phase, start, stop in recording.phases():
        ax.axvspan(start + 0.5, stop + 0.5, color=_PAINT[phase], alpha=0.35, lw=0)
        ax.text(
            (start + stop + 1) / 2, 1.01, phase, ha="center", va="bottom", transform=ax.get_xaxis_transform()
        )
    ax.step(steps, [m.alive for _, m in known], where="mid", color=_PAINT["ink"], label="alive")
    saved = [m.saved for _, m in known]
    ax.fill_between(
        steps, saved, step="mid", color=_PAINT["accent"], alpha=0.45, hatch="//", label=_("saved by autograd")
    )
    ax.yaxis.set_major_formatter(lambda count, _: bytes_text(round(count)))
    ax.set(xlabel="step", xlim=(0.5, len(recording.steps) + 0.5), ylim=(0, None))
    ax.legend(frameon=False)
    return ax


def plot_ops(recording: Recording, top: int = 12, ax: Axes | None = None) -> Axes:
    """How often each op ran, the `top` most frequent, with backward's functions in the gradient's colour.

    A count and no time: recording a program changes how long its ops take, not how often they run.
    Raises UserError when `recording` is not a Recording or `top` is below 1.
    """
    _check(recording)
    if top < 1:
        raise UserError(_("top must be at least 1, got {top}", top=top))
    counted = Counter((step.op, step.phase == "backward") for step in recording.steps).most_common(top)[::-1]
    ax = ax or plt.subplots(figsize=(6, 0.32 * len(counted) + 1), layout="constrained")[1]
    names = [op + (" (backward)" if backward else "") for (op, backward), _ in counted]
    paint = [_PAINT["gradient"] if backward else _PAINT["accent"] for (_, backward), _ in counted]
    bars = ax.barh(names, [count for _, count in counted], color=paint)
    for bar, ((_op, backward), _count) in zip(bars, counted, strict=True):
        bar.set_hatch("//" if backward else "")
    ax.bar_label(bars, padding=3)
    ax.set(xlabel=_("times run"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_times(profile: Any, top: int = 12, ax: Axes | None = None) -> Axes:
    """Milliseconds that each op took by itself on the CPU, the `top` slowest, with how often it ran.

    `profile` is a finished `torch.profiler.profile()` of the program as it runs unrecorded: recording would change
    the times. Raises UserError for anything else, and when it holds no op or `top` is below 1.
    """
    if not hasattr(profile, "key_averages"):
        raise UserError(_("expected a torch.profiler.profile(), got {kind}", kind=type(profile).__name__))
    if top < 1:
        raise UserError(_("top must be at least 1, got {top}", top=top))
    ops = sorted(profile.key_averages(), key=lambda op: op.self_cpu_time_total)[-top:]
    if not ops:
        raise UserError(
            _("this profile holds no op: run the program inside `with torch.profiler.profile() as p:`")
        )
    ax = ax or plt.subplots(figsize=(6, 0.32 * len(ops) + 1), layout="constrained")[1]
    bars = ax.barh(
        [op.key for op in ops], [op.self_cpu_time_total / 1000 for op in ops], color=_PAINT["accent"]
    )
    ax.bar_label(bars, [f"{op.count}×" for op in ops], padding=3)
    ax.set(xlabel=_("milliseconds of CPU by itself"))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_losses(losses: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """Loss curves side by side, one for each name: `{"PyTorch": [...], "Keras": [...]}`, one number a step.

    The largest difference between two curves is said in the title. Raises UserError when there is no curve.
    """
    if not losses:
        raise UserError(_('there is no curve to plot: pass {"PyTorch": [...], "Keras": [...]}'))
    ax = ax or plt.subplots(figsize=(7, 3.2), layout="constrained")[1]
    hues = ("accent", "gradient", "good", "parameter-line")
    for number, (name, values) in enumerate(losses.items()):
        steps = range(1, len(values) + 1)
        colour, dashes = _PAINT[hues[number % 4]], _LINES[number % 4]
        ax.plot(
            steps, values, label=name, color=colour, linestyle=dashes, linewidth=4 - number % 4, alpha=0.85
        )
    apart = [
        max((abs(a - b) for a, b in zip(one, other, strict=False)), default=0.0)
        for one, other in pairwise(losses.values())
    ]
    if apart:
        ax.set_title(_("largest difference {apart:.2g}", apart=max(apart)), fontsize=10, loc="left")
    ax.set(xlabel="step", ylabel="loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _check(recording: object) -> None:
    if not isinstance(recording, Recording):
        raise UserError(_("expected a Recording, got {kind}", kind=type(recording).__name__))
