"""Checkpoints, and hooks on what is saved."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def checkpointed() -> Program:
    lin, x = nn.Linear(4, 4), leaf(2, 4)

    def block(h):
        return torch.tanh(lin(h)) * h

    def program():
        h = checkpoint(block, x, use_reentrant=False)
        return checkpoint(block, h, use_reentrant=False).sum()

    return program, [x, *lin.parameters()]


@specimen
def checkpointed_reentrant() -> Program:
    lin, x = nn.Linear(4, 4), leaf(2, 4)

    def program():
        return checkpoint(lambda h: F.dropout(lin(h).relu(), 0.5), x, use_reentrant=True).sum()

    return program, [x, *lin.parameters()]


@specimen
def saved_tensor_hooks() -> Program:
    x = leaf(3)

    def program():
        with torch.autograd.graph.saved_tensors_hooks(lambda t: t.double(), lambda t: t.float()):
            y = (x * x).exp()
        return y.sum()

    return program, [x]


@specimen
def checkpoints_in_sequence_and_nested() -> Program:
    net, x = nn.Sequential(*[nn.Linear(4, 4) for _ in range(4)]), leaf(2, 4)

    def inner(h):
        return h.sin() * h

    def outer(h):
        return checkpoint(inner, h, use_reentrant=False).exp()

    def program():
        h = checkpoint_sequential(net, 2, x, use_reentrant=False)
        return checkpoint(outer, h, use_reentrant=False).sum()

    return program, [x, *net.parameters()]


@specimen
def saved_tensors_offloaded() -> Program:
    x = leaf(8)

    def program():
        with torch.autograd.graph.save_on_cpu():
            return (x.exp() * x).sum()

    return program, [x]


@specimen
def saved_tensor_hooks_forbidden() -> Program:
    x = leaf(8)

    def program():
        with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
            return (x.exp() * x).sum()

    return program, [x]
