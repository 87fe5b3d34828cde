"""Programs for PyTorch's compilers: each a function or module, its arguments, and the lines of its ops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True, eq=False)
class Program:
    """`lines` maps an op to the text of the line that makes it; `breaks` are the lines of graph breaks."""

    make: Callable[[], tuple[Any, tuple[Any, ...]]]
    lines: dict[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()

    def build(self) -> tuple[Any, tuple[Any, ...]]:
        torch.manual_seed(0)
        return self.make()


def arithmetic(x, y):
    total = x * 2 + y
    return torch.tanh(total)


def loss_of(x, w, target):
    guess = x @ w
    error = guess - target
    return (error**2).mean()


def several_outputs(x):
    low, high = x.min(), x.max()
    return {"low": low, "range": high - low}


def loop_over_layers(x, weights):
    for weight in weights:
        x = torch.relu(x @ weight)
    return x.sum()


def python_branch_on_a_flag(x, double=True):
    if double:
        x = x * 2
    return x + 1


def writes_in_place(x):
    y = x.clone()
    y.add_(1)
    y[0] = 5.0
    return y * 2


def integers_and_indices(table, rows):
    picked = table[rows]
    return picked.argmax(dim=1)


def splits(x):
    first, second = x.chunk(2, dim=1)
    return first * torch.sigmoid(second)


def no_gradient(x, w):
    with torch.no_grad():
        scale = x.abs().max()
    return (x / scale) @ w


def einsum_attention(q, k, v):
    scores = torch.einsum("bid,bjd->bij", q, k) / q.shape[-1] ** 0.5
    return torch.softmax(scores, dim=-1) @ v


def prints_in_the_middle(x, w):
    h = x @ w
    print("between two graphs")
    return torch.relu(h).sum()


def branches_on_data(x, w):
    h = x @ w
    if h.sum() > 0:
        return (h * 2).sum()
    return (h - 1).sum()


def asks_for_a_number(x):
    y = x * 3
    scale = y.sum().item()
    return y * scale


def custom_gradient(x):
    return Doubled.apply(x).sum()


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(3, 5)
        self.out = nn.Linear(5, 2)

    def forward(self, x):
        h = torch.relu(self.hidden(x))
        return self.out(h)


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(8, 3)

    def forward(self, image):
        features = self.net(image)
        return self.head(features.flatten(1))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x):
        return x + self.down(F.gelu(self.up(self.norm(x))))


class Stack(nn.Module):
    def __init__(self, depth=3, width=4):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x.mean()


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 3)

    def forward(self, sequence):
        state = torch.zeros(sequence.shape[1], 3)
        for step in sequence:
            state = self.cell(step, state)
        return state


class Counted(nn.Module):
    """Keeps a count, and calls its `self` otherwise."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        self.norm = nn.BatchNorm1d(3)

    def forward(me, x):
        me.calls += 1
        return me.norm(x) * me.calls


class TiedLanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids):
        logits = self.head(self.words(ids))
        return F.cross_entropy(logits.flatten(0, 1), ids.flatten())


def broken_in_a_callee(x):
    first = between_prints(x)
    return between_prints(first) + 1


def between_prints(x):
    y = x.sin()
    print("in the callee")
    return y.cos()


def writes_to_its_argument(x):
    x.add_(1)
    return x * 2


def view_and_base(x):
    tail = x[1:]
    tail.mul_(2)
    return tail, x


def gradient_of_a_gradient(x):
    y = (x**3).sum()
    (grad,) = torch.autograd.grad(y, x, create_graph=True)
    return grad.sum()


def per_sample_gradients(x):
    return torch.func.vmap(torch.func.grad(lambda v: (v**3).sum()))(x)


def causal_attention(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True).sum()


def checkpointed(x):
    from torch.utils.checkpoint import checkpoint

    return checkpoint(lambda x: (x.sin() * x).cos(), x, use_reentrant=False).sum()


def mixed_precision(x, w):
    with torch.autocast("cpu", torch.bfloat16):
        product = x @ w
    return product.float().sum()


def spectrum(x):
    return torch.fft.fft(x).abs().sum()


def numpy_inside(x):
    doubled = np.sin(x.numpy())
    return torch.from_numpy(doubled) * 2


def leaf(*shape):
    return torch.randn(*shape, requires_grad=True)


COMPILED = {
    "arithmetic": Program(
        lambda: (arithmetic, (torch.randn(3), torch.randn(3))),
        {"aten.mul": "total = x * 2 + y", "aten.tanh": "return torch.tanh(total)"},
    ),
    "loss": Program(
        lambda: (loss_of, (torch.randn(4, 3), leaf(3, 1), torch.randn(4, 1))),
        {"aten.mm": "guess = x @ w", "aten.mean": "return (error**2).mean()"},
    ),
    "several outputs": Program(
        lambda: (several_outputs, (torch.randn(6),)), {"aten.max": "low, high = x.min(), x.max()"}
    ),
    "loop over layers": Program(
        lambda: (loop_over_layers, (torch.randn(2, 3), [leaf(3, 3) for _ in range(3)])),
        {"aten.relu": "x = torch.relu(x @ weight)"},
    ),
    "python branch": Program(lambda: (python_branch_on_a_flag, (torch.randn(2),)), {"aten.mul": "x = x * 2"}),
    "in place": Program(lambda: (writes_in_place, (torch.randn(3),)), {"aten.add": "y.add_(1)"}),
    "integers": Program(
        lambda: (integers_and_indices, (torch.randn(5, 3), torch.tensor([0, 4, 2]))),
        {"aten.index": "picked = table[rows]", "aten.argmax": "return picked.argmax(dim=1)"},
    ),
    "split": Program(lambda: (splits, (leaf(2, 4),)), {"aten.split": "first, second = x.chunk(2, dim=1)"}),
    "no gradient": Program(
        lambda: (no_gradient, (torch.randn(2, 3), leaf(3, 2))), {"aten.div": "return (x / scale) @ w"}
    ),
    "attention": Program(
        lambda: (einsum_attention, (leaf(2, 3, 4), leaf(2, 3, 4), leaf(2, 3, 4))),
        {"aten._softmax": "return torch.softmax(scores, dim=-1) @ v"},
    ),
    "a print": Program(
        lambda: (prints_in_the_middle, (torch.randn(2, 3), leaf(3, 3))),
        {"aten.mm": "h = x @ w", "aten.relu": "return torch.relu(h).sum()"},
        breaks=('print("between two graphs")',),
    ),
    "a branch on data": Program(
        lambda: (branches_on_data, (torch.randn(2, 3), leaf(3, 3))),
        {"aten.mm": "h = x @ w", "aten.gt": "if h.sum() > 0:"},
        breaks=("if h.sum() > 0:",),
    ),
    "a number": Program(
        lambda: (asks_for_a_number, (torch.ones(3),)), {"aten.sum": "scale = y.sum().item()"},
        breaks=("scale = y.sum().item()",),
    ),
    "custom gradient": Program(
        lambda: (custom_gradient, (leaf(3),)), {"aten.sum": "return Doubled.apply(x).sum()"}
    ),
    "perceptron": Program(
        lambda: (Perceptron(), (torch.randn(4, 3),)),
        {"aten.relu": "h = torch.relu(self.hidden(x))"},
    ),
    "convolution": Program(
        lambda: (Convolution(), (torch.randn(2, 1, 6, 6),)),
        {"aten.convolution": "features = self.net(image)"}
    ),
    "stack of blocks": Program(
        lambda: (Stack(), (torch.randn(2, 4),)),
        {"aten.gelu": "return x + self.down(F.gelu(self.up(self.norm(x))))"}
    ),
    "recurrent": Program(
        lambda: (Recurrent(), (torch.randn(3, 1, 2),)), {"aten.addmm": "state = self.cell(step, state)"}
    ),
    "buffers": Program(lambda: (Counted(), (torch.randn(4, 3),))),
    "tied weights": Program(
        lambda: (TiedLanguageModel(), (torch.tensor([[1, 2, 3]]),)),
        {"aten.embedding": "logits = self.head(self.words(ids))"},
    ),
    "argument written": Program(
        lambda: (writes_to_its_argument, (torch.randn(3),)), {"aten.mul": "return x * 2"}
    ),
    "view and base": Program(lambda: (view_and_base, (torch.randn(3),)), {"aten.mul": "tail.mul_(2)"}),
    "per-sample gradients": Program(lambda: (per_sample_gradients, (torch.randn(2, 3),))),
    "causal attention": Program(lambda: (causal_attention, (leaf(1, 2, 3, 4),) * 3)),
    "checkpointed": Program(lambda: (checkpointed, (leaf(3),))),
    "mixed precision": Program(
        lambda: (mixed_precision, (torch.randn(2, 3), leaf(3, 2))), {"aten.mm": "product = x @ w"}
    ),
    "spectrum": Program(lambda: (spectrum, (leaf(4),))),
    "numpy inside": Program(
        lambda: (numpy_inside, (torch.randn(3),)), {"aten.sin": "doubled = np.sin(x.numpy())"}
    ),
    "attention layer": Program(
        lambda: (nn.MultiheadAttention(4, 2, batch_first=True), (torch.randn(1, 3, 4),) * 3)
    ),
}  # fmt: skip
