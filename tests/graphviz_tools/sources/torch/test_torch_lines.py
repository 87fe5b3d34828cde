"""Which line of the program a step shows: in backward, the forward line whose gradient is being computed."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from graphviz_tools import record_torch
from graphviz_tools.recording import Recording


def texts(recording: Recording, phase: str) -> list[tuple[str, str]]:
    return [(s.op, s.line.text if s.line else "") for s in recording.steps if s.phase == phase]


def straight(x, w):
    h = x * w
    y = h.sin()
    return (y * w).sum()


def test_backward_walks_the_lines_of_forward_in_reverse() -> None:
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    assert texts(record_torch(straight, x, w), "backward") == [
        ("backward", "return (y * w).sum()"),
        ("SumBackward0", "return (y * w).sum()"),
        ("MulBackward0", "return (y * w).sum()"),
        ("SinBackward0", "y = h.sin()"),
        ("MulBackward0", "h = x * w"),
        ("AccumulateGrad", "h = x * w"),
        ("AccumulateGrad", "h = x * w"),
    ]


def test_a_call_of_backward_in_the_program_keeps_its_line_for_the_start_alone() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        loss = (x * 2).sum()
        loss.backward()

    assert texts(record_torch(program), "backward") == [
        ("backward", "loss.backward()"),
        ("SumBackward0", "loss = (x * 2).sum()"),
        ("MulBackward0", "loss = (x * 2).sum()"),
        ("AccumulateGrad", "loss = (x * 2).sum()"),
    ]


def test_the_line_of_the_recorders_call_is_shown_only_where_there_is_no_other() -> None:
    recording = record_torch(straight, torch.ones(2, requires_grad=True), torch.zeros(3))
    lines = [item.line for item in (*recording.steps, *recording.nodes) if item.line is not None]
    assert lines and not [line.text for line in lines if "record_torch" in line.text]
    for program in (nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Sigmoid(), torch.sin):
        recording = record_torch(program, torch.ones(1, 2, requires_grad=True))
        assert all(step.line is not None and "record_torch" in step.line.text for step in recording.steps)


def test_the_graph_of_a_gradient_belongs_to_the_line_that_was_differentiated() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        y = (x**3).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        return g.sum()

    recording = record_torch(program)
    second = texts(recording, "backward")[3:]
    assert {line for op, line in second if op == "PowBackward0"} == {"y = (x**3).sum()"}
    assert all(line for _, line in second)


class Broken(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return gradients[0] * (1 / len([]))


def test_an_error_in_a_backward_of_ones_own_is_marked_at_its_line() -> None:
    recording = record_torch(lambda x: Broken.apply(x).sum(), torch.ones(2, requires_grad=True))
    last = recording.steps[-1]
    assert last.error == recording.error and last.error.startswith("ZeroDivisionError")
    assert (last.op, last.line and last.line.text) == (
        "BrokenBackward",
        "return gradients[0] * (1 / len([]))",
    )


def test_an_error_of_the_engine_is_marked_at_the_forward_line() -> None:
    def program(x):
        y = x.exp()
        y.add_(1)
        y.sum().backward()

    last = record_torch(program, torch.ones(2, requires_grad=True)).steps[-1]
    assert (last.op, last.line and last.line.text) == ("ExpBackward0", "y = x.exp()")
