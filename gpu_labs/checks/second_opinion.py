"""TensorFlow as the second oracle: the same numbers through `tf.GradientTape`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from gpu_labs.checks.function_task import Compared, compare
from gpu_labs.checks.report import Report, Verdict


def second_opinion(
    function: Callable[..., torch.Tensor],
    tensorflow_function: Callable[..., Any],
    *arguments: Any,
    tolerance: float = 1e-9,
) -> Report:
    """Compare a function's value and gradients with those of a function of TensorFlow tensors.

    Args:
        function: takes the arguments and returns one tensor.
        tensorflow_function: takes the same arguments, with `tf.Tensor` in place of `torch.Tensor`.
        arguments: tensors and Python numbers. The gradient is that of the sum of the result.
        tolerance: relative and absolute.
    """
    import tensorflow as tf

    leaves = [a.detach().clone().requires_grad_() if isinstance(a, torch.Tensor) else a for a in arguments]
    value = function(*leaves)
    value.sum().backward()
    twins = [tf.constant(a.detach().numpy()) if isinstance(a, torch.Tensor) else a for a in arguments]
    watched = [twin for twin in twins if isinstance(twin, tf.Tensor)]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        twin_value = tensorflow_function(*twins)
        total = tf.reduce_sum(twin_value)
    gradients = [leaf.grad for leaf in leaves if isinstance(leaf, torch.Tensor)]
    twin_gradients = [
        tf.convert_to_tensor(g) for g in tape.gradient(total, watched)
    ]  # of rows alone, where it gathers
    pairs: list[tuple[str, Any, Any]] = [("value", value.detach(), twin_value)]
    pairs += [
        (f"gradient {number}", got, expected)
        for number, (got, expected) in enumerate(zip(gradients, twin_gradients, strict=True))
    ]
    verdicts = []
    for what, got, expected in pairs:
        compared = Compared(what, np.asarray(got), np.asarray(expected), tolerance, "TensorFlow's")
        verdict = compare(what, compared)
        verdicts.append(verdict or Verdict(what))
    return Report("against TensorFlow", tuple(verdicts))
