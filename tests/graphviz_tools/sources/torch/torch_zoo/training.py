"""Training: optimizers, loaders, mixed precision, random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


def _training(optimizer_of: Callable[..., torch.optim.Optimizer], **options: Any) -> Program:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = torch.randn(8, 3), torch.randn(8, 1)
    optimizer = optimizer_of(net.parameters(), **options)

    def program():
        for _ in range(2):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()

    return program, list(net.parameters())


@specimen
def training_with_sgd() -> Program:
    return _training(torch.optim.SGD, lr=0.1, momentum=0.9)


@specimen
def training_with_adam() -> Program:
    return _training(torch.optim.Adam, lr=0.1)


class Momentum(torch.optim.Optimizer):
    """An optimizer of the program's own, with a helper and a closure."""

    def __init__(self, params):
        super().__init__(params, {})

    @torch.no_grad()
    def step(self, closure):
        with torch.enable_grad():
            closure()
        for group in self.param_groups:
            for p in group["params"]:
                p.add_(_normalised(p.grad), alpha=-0.1)


def _normalised(gradient):
    return gradient / gradient.norm()


@specimen
def training_with_an_optimizer_of_its_own() -> Program:
    net, x = nn.Linear(3, 1), torch.randn(4, 3)
    optimizer = Momentum(net.parameters())

    def closure():
        optimizer.zero_grad()
        net(x).pow(2).mean().backward()

    return lambda: [optimizer.step(closure) for _ in range(2)], [*net.parameters()]


@specimen
def training_with_lbfgs() -> Program:
    x = leaf(3)
    optimizer = torch.optim.LBFGS([x], max_iter=3)

    def program():
        def closure():
            optimizer.zero_grad()
            loss = ((x - 1) ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)

    return program, [x]


@specimen
def training_by_hand() -> Program:
    w = leaf(3)

    def program():
        for _ in range(3):
            loss = ((w - 1) ** 2).sum()
            loss.backward()
            with torch.no_grad():
                w.sub_(0.1 * w.grad)
                w.grad.zero_()

    return program, [w]


@specimen
def training_over_a_loader() -> Program:
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loader = DataLoader(TensorDataset(torch.randn(6, 2), torch.randn(6, 1)), batch_size=2, shuffle=True)

    def program():
        for x, y in loader:
            optimizer.zero_grad(set_to_none=False)
            F.mse_loss(net(x), y).backward()
            optimizer.step()

    return program, list(net.parameters())


@specimen
def autocast() -> Program:
    net, x = nn.Linear(4, 4), leaf(2, 4)

    def program():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return net(x).float().sum()

    return program, [x, *net.parameters()]


@specimen
def random_numbers() -> Program:
    x = leaf(3)

    def program():
        noise = torch.randn_like(x) + torch.rand(3)
        return (x * noise).sum() + F.dropout(x, 0.3).sum() + torch.bernoulli(torch.full((3,), 0.5)).sum()

    return program, [x]


@specimen
def training_with_fused_adamw() -> Program:
    return _training(torch.optim.AdamW, lr=0.1, fused=True)


@specimen
def training_with_foreach_sgd() -> Program:
    return _training(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True, foreach=True)


@specimen
def training_with_scaled_gradients() -> Program:
    net, x = nn.Linear(3, 1), torch.randn(4, 3)
    optimizer, scaler = torch.optim.SGD(net.parameters(), lr=0.1), torch.amp.GradScaler("cpu", init_scale=8.0)

    def program():
        for _ in range(2):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = net(x).pow(2).mean()
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()

    return program, list(net.parameters())


@specimen
def training_with_accumulated_gradients() -> Program:
    net, batches = nn.Linear(3, 1), torch.randn(4, 2, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def program():
        for turn, batch in enumerate(batches):
            (net(batch).pow(2).mean() / 2).backward()
            if turn % 2:
                optimizer.step()
                optimizer.zero_grad()

    return program, list(net.parameters())


@specimen
def training_on_sparse_gradients() -> Program:
    embedding = nn.Embedding(6, 3, sparse=True)
    optimizer = torch.optim.SparseAdam(embedding.parameters(), lr=0.1)

    def program():
        for _ in range(2):
            optimizer.zero_grad()
            embedding(torch.tensor([1, 2, 2])).pow(2).sum().backward()
            optimizer.step()

    return program, [embedding.weight]


@specimen
def a_loader_with_workers() -> Program:
    net, data = nn.Linear(2, 1), TensorDataset(torch.randn(8, 2))

    def program():
        total = torch.zeros(())
        for (x,) in DataLoader(data, batch_size=2, num_workers=2, shuffle=True):
            total = total + net(x).sum()
        return total

    return program, list(net.parameters())
