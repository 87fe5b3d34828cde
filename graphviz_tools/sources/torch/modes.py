"""Whether an op that works differently in training and in evaluation does what the model's mode says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

MODAL = frozenset({
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout", "feature_alpha_dropout",
    "batch_norm", "rrelu", "lstm", "gru", "rnn_tanh", "rnn_relu", "multi_head_attention_forward",
    "scaled_dot_product_attention",
})  # fmt: skip


def mode_flags(
    op: str, args: Sequence[Any], kwargs: dict[str, Any], running: Sequence[torch.nn.Module]
) -> tuple[str, ...]:
    """ "training" or "evaluation" where the op (one of MODAL) and the outermost module agree on it, and "ignores eval"
    for an op that is random in a module that was told to evaluate.

    One layer in another mode than its model is meant so: a frozen normalization, a dropout kept on. It has no flag.
    """
    training = _trains(op, args, kwargs)
    if training is None or not running:
        return ()
    if training == running[0].training:
        return ("training",) if training else ("evaluation",)
    if training and op != "batch_norm" and not running[-1].training:
        return ("ignores eval",)
    return ()


def _trains(op: str, args: Sequence[Any], kwargs: dict[str, Any]) -> bool | None:
    """Whether the op works as in training; None where it makes no difference."""
    if op == "scaled_dot_product_attention":
        share = kwargs.get("dropout_p", args[4] if len(args) > 4 else 0)
        return True if share else None  # without a share it may be in either mode
    if kwargs.get("p", 1) == 0 or kwargs.get("dropout_p", 1) == 0:
        return None
    training = kwargs.get("training", kwargs.get("train"))
    if training is not None:
        return bool(training)
    if op == "batch_norm":  # torch.batch_norm(input, weight, bias, mean, variance, training, ...)
        return bool(args[5]) if len(args) > 5 else None
    # torch.dropout(input, p, train), torch.lstm(..., dropout, train, ...): the share is their only float.
    place = next((i for i, argument in enumerate(args) if type(argument) is float), None)
    if place is None or place + 1 >= len(args) or args[place] == 0:
        return None
    return bool(args[place + 1])


def running_statistics(op: str, args: Sequence[Any], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The running mean and variance that a batch normalization is about to write. PyTorch does not count that as a
    write in place: their versions stay."""
    if op != "batch_norm" or not _trains(op, args, kwargs):
        return []
    # F.batch_norm(input, mean, variance, weight=...) or torch.batch_norm(input, weight, bias, mean, variance, ...)
    held = [
        kwargs.get("running_mean"),
        kwargs.get("running_var"),
        *(args[3:5] if len(args) > 5 else args[1:3]),
    ]
    return [tensor for tensor in held if isinstance(tensor, torch.Tensor)]
