"""Making a model is not a training step: initialisation belongs to forward, an update written by hand to optimize."""

from __future__ import annotations

import torch

from graphviz_tools import record_torch


def make_and_run() -> torch.Tensor:
    return torch.nn.Linear(2, 1)(torch.ones(1, 2)).sum()


def update_by_hand() -> None:
    weight = torch.ones(2, requires_grad=True)
    (weight * weight).sum().backward()
    with torch.no_grad():
        weight -= 0.1 * weight.grad


def test_initialising_parameters_is_forward() -> None:
    recording = record_torch(make_and_run)
    assert {step.phase for step in recording.steps} == {"forward", "backward"}


def test_an_update_written_by_hand_is_optimize() -> None:
    recording = record_torch(update_by_hand, backward=False)
    assert [step.op for step in recording.steps if step.phase == "optimize"] == ["sub_"]
