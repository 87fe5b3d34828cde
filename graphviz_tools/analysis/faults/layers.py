"""Gradients that grow or shrink from layer to layer on their way back."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from graphviz_tools.analysis.faults.finding import Finding, finding_at
from graphviz_tools.analysis.faults.program import Leaf, Program, is_bad, magnitude
from graphviz_tools.language import _
from graphviz_tools.recording import Step

_LAYERS = 4  # fewer layers show no trend
_SHRINKS, _GROWS = 1e-4, 1e4  # the first third of the layers against the last third
_HUGE = 1e6  # a gradient of this size has exploded whatever the others are
_LOOKUPS = frozenset({"embedding", "embedding_bag"})


@dataclass(frozen=True, slots=True)
class _Gradient:
    """The gradient of one weight in one backward pass: its largest element, and the steps that read the weight and
    that made the gradient."""

    read_at: int
    size: float
    leaf: Leaf
    step: Step


def changing_gradients(program: Program) -> Iterator[Finding]:
    """At most one finding for gradients that vanish and one for gradients that explode."""
    found: dict[str, Finding] = {}
    for layers in _weights(program):
        sizes = [layer.size for layer in layers]
        if any(is_bad(layer.step.grads_in[0]) for layer in layers):
            continue
        growth = _growth(sizes)
        if growth is not None and 0 < growth < _SHRINKS:
            found.setdefault("vanishing", _vanishing(program, layers[0], len(layers), growth))
        elif sizes and (max(sizes) > _HUGE or (growth is not None and growth > _GROWS and max(sizes) > 1)):
            found.setdefault("exploding", _exploding(program, max(layers, key=lambda layer: layer.size)))
    yield from found.values()


def _weights(program: Program) -> list[list[_Gradient]]:
    """For each backward pass, the gradients of the weights in the order in which the forward pass reads them.

    A bias is left out (that of a layer before a normalization has a gradient of zero), and so is a table.
    """
    began = [loss.began for loss in program.losses]
    found: list[list[_Gradient]] = [[] for _ in began]
    for leaf in program.leaves:
        read = next((step for step in leaf.reads if step.phase == "forward"), None)
        if len(leaf.value.shape or ()) < 2 or read is None or read.op in _LOOKUPS:
            continue
        for step in leaf.gradients:
            size = magnitude(step.grads_in[0]) if step.grads_in else math.nan
            if not math.isnan(size):
                found[bisect_left(began, step.index) - 1].append(_Gradient(read.index, size, leaf, step))
    return [sorted(layers, key=lambda layer: layer.read_at) for layers in found]


def _growth(sizes: list[float]) -> float | None:
    """How much larger the gradients of the first layers are than those of the last."""
    if len(sizes) < _LAYERS:
        return None
    third = max(1, len(sizes) // 3)
    first, last = median(sizes[:third]), median(sizes[-third:])
    return first / last if last else None


def _vanishing(program: Program, first: _Gradient, layers: int, growth: float) -> Finding:
    return finding_at(
        program.recording,
        "vanishing gradient",
        first.step.index,
        _(
            "The gradient vanishes on its way back through {layers} layers: at `{leaf}` it is "
            "{growth:.0e} of what it is at the last layers, so the first ones hardly learn.",
            layers=layers,
            leaf=first.leaf.name,
            growth=growth,
        ),
        _(
            "Use ReLU or GELU in place of sigmoid or tanh, add normalization layers or skip connections, and an "
            "initialization made for the activation."
        ),
    )


def _exploding(program: Program, largest: _Gradient) -> Finding:
    return finding_at(
        program.recording,
        "exploding gradient",
        largest.step.index,
        _(
            "The gradient explodes on its way back: at `{leaf}` it reaches {largest:.1e}.",
            leaf=largest.leaf.name,
            largest=largest.size,
        ),
        _(
            "Clip it with `torch.nn.utils.clip_grad_norm_`, start with smaller weights, add normalization layers, or "
            "scale the inputs and targets."
        ),
    )
