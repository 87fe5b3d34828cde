"""Programs that fail."""

from __future__ import annotations

import contextlib

import torch
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def shapes_that_do_not_match() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        return y @ torch.zeros(4)

    return program, [x]


@specimen
def an_error_of_the_program() -> Program:
    x = leaf(3)

    def program():
        y = x * 2
        return y / len([]) + 1 / 0

    return program, [x]


@specimen
def saved_tensor_overwritten() -> Program:
    x = leaf(3)

    def program():
        y = x.exp()
        y.add_(1)
        y.sum().backward()

    return program, [x]


@specimen
def custom_backward_that_raises() -> Program:
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ValueError("broken on purpose")

    x = leaf(3)
    return lambda: (Broken.apply(x) * 3).sum(), [x]


@specimen
def module_that_raises() -> Program:
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4))
    return lambda: net(torch.randn(2, 3)), [*net.parameters()]


@specimen
def hook_that_raises() -> Program:
    x = leaf(3)

    def broken(gradient):
        raise RuntimeError("broken on purpose")

    def program():
        y = x * 2
        y.register_hook(broken)
        return y.sum()

    return program, [x]


@specimen
def write_to_a_leaf() -> Program:
    x = leaf(3)
    return lambda: x.add_(1).sum(), [x]


@specimen
def saved_tensor_overwritten_through_a_view() -> Program:
    x = leaf(3)

    def program():
        y = x.sigmoid()
        z = y * 2
        y[0] = 0
        return z.sum()

    return program, [x]


@specimen
def not_a_number_found_by_detect_anomaly() -> Program:
    x = leaf(3)

    def program():
        with torch.autograd.detect_anomaly():
            y = (x - x).sqrt()
            (y * 0 / (x - x)).sum().backward()

    return program, [x]


@specimen
def errors_that_the_program_catches() -> Program:
    bad, good = nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 4)), nn.Linear(3, 2)
    x = torch.randn(2, 3)

    def program():
        with contextlib.suppress(RuntimeError):
            bad(x)
        y = good(x).sum()
        y.backward()
        with contextlib.suppress(RuntimeError):
            y.exp().backward()
        return good(x).mean()

    return program, [*bad.parameters(), *good.parameters()]
