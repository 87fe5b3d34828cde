"""Shapes of networks: shared modules, skips, gates, attention, branches that are cut off, things that come from
factories or live in objects."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


class Net(nn.Module):
    """Holds what it is given, and runs a function of itself and its input."""

    def __init__(self, run, **parts) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.run(self, *inputs)


def _of(net: nn.Module, *inputs: torch.Tensor) -> Program:
    return lambda: net(*inputs).pow(2).mean(), [*net.parameters()]


@specimen
def shared_activation() -> Program:
    act = nn.Tanh()
    return _of(nn.Sequential(nn.Linear(2, 3), act, nn.Linear(3, 3), act), torch.randn(4, 2))


@specimen
def shared_layer_called_twice() -> Program:
    return _of(Net(lambda s, x: s.layer(s.layer(x)), layer=nn.Linear(3, 3)), torch.randn(2, 3))


@specimen
def shared_under_two_names() -> Program:
    layer = nn.Linear(3, 3)
    return _of(Net(lambda s, x: s.second(s.first(x)), first=layer, second=layer), torch.randn(2, 3))


@specimen
def residual_blocks() -> Program:
    def block():
        return Net(lambda s, x: x + s.body(x), body=nn.Sequential(nn.Linear(3, 3), nn.ReLU()))

    return _of(nn.Sequential(*[block() for _ in range(3)]), torch.randn(2, 3))


@specimen
def dense_blocks() -> Program:
    def run(self, x):
        seen = [x]
        for layer in self.layers:
            seen.append(layer(torch.cat(seen, 1)))
        return seen[-1]

    layers = nn.ModuleList([nn.Linear(2 + 2 * n, 2) for n in range(3)])
    return _of(Net(run, layers=layers), torch.randn(2, 2))


@specimen
def small_unet() -> Program:
    def run(self, x):
        a = self.act(self.down(x))
        b = self.act(self.deep(self.pool(a)))
        return self.out(torch.cat([self.up(b), a], 1))

    parts = {"down": nn.Conv2d(1, 2, 3, padding=1), "deep": nn.Conv2d(2, 4, 3, padding=1), "act": nn.ReLU()}
    ends = {"pool": nn.MaxPool2d(2), "up": nn.ConvTranspose2d(4, 2, 2, 2), "out": nn.Conv2d(4, 1, 1)}
    return _of(Net(run, **parts, **ends), torch.randn(1, 1, 4, 4))


@specimen
def squeeze_and_excitation() -> Program:
    def run(self, x):
        return x * torch.sigmoid(self.gate(x.mean((2, 3))))[:, :, None, None]

    return _of(Net(run, gate=nn.Linear(2, 2)), torch.randn(1, 2, 3, 3))


@specimen
def gated_linear_unit() -> Program:
    return _of(Net(lambda s, x: F.glu(s.layer(x)), layer=nn.Linear(2, 6)), torch.randn(3, 2))


@specimen
def highway() -> Program:
    def run(self, x):
        t = torch.sigmoid(self.gate(x))
        return t * F.relu(self.body(x)) + (1 - t) * x

    return _of(Net(run, gate=nn.Linear(3, 3), body=nn.Linear(3, 3)), torch.randn(2, 3))


@specimen
def mixture_of_experts() -> Program:
    def run(self, x):
        weights = F.softmax(self.gate(x), -1)
        return torch.einsum("be,beo->bo", weights, torch.stack([e(x) for e in self.experts], 1))

    experts = nn.ModuleList([nn.Linear(3, 2) for _ in range(3)])
    return _of(Net(run, gate=nn.Linear(3, 3), experts=experts), torch.randn(4, 3))


@specimen
def attention_by_hand() -> Program:
    def run(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        return F.softmax(q @ k.mT / math.sqrt(4), -1) @ v

    return _of(Net(run, qkv=nn.Linear(4, 12)), torch.randn(2, 3, 4))


@specimen
def causal_attention_by_hand() -> Program:
    def run(self, x):
        scores = self.q(x) @ self.k(x).mT
        later = torch.ones(3, 3, dtype=torch.bool).triu(1)
        return scores.masked_fill(later, float("-inf")).softmax(-1) @ x

    return _of(Net(run, q=nn.Linear(4, 4), k=nn.Linear(4, 4)), torch.randn(2, 3, 4))


@specimen
def slot_attention() -> Program:
    def run(self, x):
        slots = self.start.expand(1, 2, 3)
        for _ in range(2):
            share = (self.key(x) @ self.norm(slots).mT).softmax(-1)
            share = share / share.sum(1, keepdim=True)
            slots = self.cell((share.mT @ x).flatten(0, 1), slots.flatten(0, 1)).unflatten(0, (1, 2))
        return slots

    parts = {"key": nn.Linear(3, 3), "norm": nn.LayerNorm(3), "cell": nn.GRUCell(3, 3)}
    return _of(Net(run, start=nn.Parameter(torch.randn(1, 2, 3)), **parts), torch.randn(1, 4, 3))


@specimen
def autoencoder_with_a_detached_branch() -> Program:
    def run(self, x):
        mean, spread = self.encode(x).chunk(2, -1)
        z = mean + spread.exp() * torch.randn_like(mean)
        with torch.no_grad():
            clean = self.decode(mean)
        return self.decode(z) - clean.detach()

    return _of(Net(run, encode=nn.Linear(4, 4), decode=nn.Linear(2, 4)), torch.randn(3, 4))


@specimen
def student_and_teacher() -> Program:
    student, teacher = nn.Linear(3, 2), nn.Linear(3, 2).requires_grad_(False)
    x = torch.randn(4, 3)
    return lambda: F.mse_loss(student(x), teacher(x)), [*student.parameters(), *teacher.parameters()]


@specimen
def straight_through() -> Program:
    x = leaf(4)
    return lambda: (x + (x.sign() - x).detach()).sum() ** 2, [x]


@specimen
def vector_quantization() -> Program:
    codes, x = leaf(4, 2), leaf(3, 2)

    def program():
        nearest = torch.cdist(x, codes).argmin(1)
        found = codes[nearest]
        return F.mse_loss(found, x.detach()) + F.mse_loss(x, found.detach())

    return program, [codes, x]


@specimen
def siamese() -> Program:
    net = Net(lambda s, a, b: (s.body(a) - s.body(b)).norm(dim=1), body=nn.Linear(3, 2))
    return _of(net, torch.randn(2, 3), torch.randn(2, 3))


@specimen
def triplets() -> Program:
    body, x = nn.Linear(3, 2), torch.randn(3, 2, 3)
    return lambda: F.triplet_margin_loss(*(body(part) for part in x)), [*body.parameters()]


@specimen
def graph_convolution() -> Program:
    near = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    return _of(Net(lambda s, x: F.relu(near @ s.body(x)), body=nn.Linear(2, 2)), torch.randn(3, 2))


@specimen
def messages_by_index_add() -> Program:
    x, source, target = leaf(4, 2), torch.tensor([0, 1, 2, 3]), torch.tensor([1, 1, 0, 2])
    return lambda: (torch.zeros(4, 2).index_add(0, target, x[source]) ** 2).sum(), [x]


@specimen
def bidirectional_lstm() -> Program:
    net = nn.LSTM(2, 3, bidirectional=True)
    x = torch.randn(4, 1, 2)
    return lambda: net(x)[0].sum(), [*net.parameters()]


@specimen
def identities_and_flatten() -> Program:
    net = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(4, 2), nn.Identity())
    return _of(net, torch.randn(2, 2, 2))


@specimen
def sizes_from_a_value() -> Program:
    x = leaf(5)
    return lambda: x[: int((x > 0).sum()) + 1].prod(), [x]


@specimen
def factories_of_every_kind() -> Program:
    x = leaf(3)

    def program():
        made = [
            torch.ones(3),
            torch.full((3,), 2.0),
            torch.arange(3.0),
            torch.linspace(0, 1, 3),
            torch.eye(3)[0],
        ]
        return sum((x * m).sum() for m in made)

    return program, [x]


@specimen
def constructors_and_casts() -> Program:
    x = leaf(3)

    def program():
        a, b = torch.Tensor([1.0, 2.0, 3.0]), torch.tensor([1, 2, 3])
        return (x.double() * a.type(torch.float64) + x.to(torch.float32) * b.float()).sum()

    return program, [x]


@specimen
def copies_of_a_layer() -> Program:
    layer, x = nn.Linear(2, 2), torch.randn(3, 2)
    again = copy.deepcopy(layer)
    return lambda: (layer(x) * again(x)).sum(), [*layer.parameters(), *again.parameters()]


class Pair(NamedTuple):
    mean: torch.Tensor
    spread: torch.Tensor


@specimen
def a_named_tuple_between() -> Program:
    x = leaf(4, 2)

    def program():
        pair = Pair(x.mean(0), x.std(0))
        return (pair.mean / pair.spread).sum()

    return program, [x]


@dataclass
class State:
    h: torch.Tensor
    turns: int


@specimen
def a_dataclass_between() -> Program:
    w = leaf(2)

    def program():
        state = State(torch.ones(2), 0)
        while state.turns < 3:
            state = State(torch.tanh(state.h * w), state.turns + 1)
        return state.h.sum()

    return program, [w]


@specimen
def an_input_that_is_never_read() -> Program:
    x, unread = leaf(2), leaf(2)
    return lambda: x.exp().sum(), [x, unread]


@specimen
def hypernetwork() -> Program:
    maker, x = nn.Linear(1, 6), torch.randn(4, 2)
    return lambda: F.linear(x, maker(torch.ones(1)).view(3, 2)).pow(2).sum(), [*maker.parameters()]


@specimen
def fourier_features() -> Program:
    w, x = leaf(1, 4), torch.randn(3, 1)

    def program():
        angles = 2 * math.pi * x @ w
        return torch.cat([angles.sin(), angles.cos()], -1).pow(3).sum()

    return program, [w]
