"""An error that autograd is known for is explained at the step where it came up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from graphviz_tools import record_torch


def leaf() -> torch.Tensor:
    return torch.ones(2, requires_grad=True)


def overwritten() -> torch.Tensor:
    y = leaf().exp()
    y.add_(1)
    return y.sum()


def twice() -> None:
    y = (leaf() ** 2).sum()
    y.backward()
    y.backward()


def of_inference() -> torch.Tensor:
    with torch.inference_mode():
        y = torch.ones(2) * 2
    return leaf() * y


def not_a_number() -> None:
    x = leaf()
    with pytest.warns(UserWarning), torch.autograd.detect_anomaly():
        (x * 0 / (x - x)).sum().backward()


FAILURES: dict[str, tuple[Callable[[], object], str, str]] = {
    "overwritten": (overwritten, "ExpBackward0", "write into a clone"),
    "twice": (twice, "PowBackward0", "retain_graph=True"),
    "leaf": (lambda: leaf().add_(1), "add_", "torch.no_grad()"),
    "view of a leaf": (lambda: leaf()[0].add_(1), "add_", "shares the leaf's memory"),
    "no graph": (lambda: leaf().detach().sum().backward(), "backward", "no graph to go back through"),
    "vector": (lambda: (leaf() * 2).backward(), "RuntimeError", "sum, mean"),
    "unused": (lambda: torch.autograd.grad(leaf().sum(), leaf()), "grad", "allow_unused=True"),
    "inference": (of_inference, "mul", "torch.no_grad()"),
    "anomaly": (not_a_number, "DivBackward0", "not a number"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_failing_step_says_what_the_error_means(name: str) -> None:
    program, op, words = FAILURES[name]
    recording = record_torch(program)
    (failed,) = [step for step in recording.steps if step.error]
    assert failed is recording.steps[-1] and failed.error == recording.error
    assert (failed.op, words in failed.note) == (op, True), failed
    assert failed.line is not None and failed.line.file == __file__
