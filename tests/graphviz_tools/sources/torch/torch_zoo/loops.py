"""Loops: what is trained, unrolled, iterated to a fixed point or searched; around, inside and between modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


def _fit(optimizer_of: Callable[..., torch.optim.Optimizer], turns: int = 3, **options: Any) -> Program:
    w, b = leaf(3, 1), leaf(1)
    x, y = torch.randn(6, 3), torch.randn(6, 1)
    optimizer = optimizer_of([w, b], **options)

    def program():
        for _ in range(turns):
            optimizer.zero_grad()
            loss = ((x @ w + b - y) ** 2).mean()
            loss.backward()
            optimizer.step()

    return program, [w, b]


@specimen
def loop_with_rmsprop() -> Program:
    return _fit(torch.optim.RMSprop, lr=0.01)


@specimen
def loop_with_adagrad() -> Program:
    return _fit(torch.optim.Adagrad, lr=0.1)


@specimen
def loop_with_adadelta() -> Program:
    return _fit(torch.optim.Adadelta)


@specimen
def loop_with_adamax() -> Program:
    return _fit(torch.optim.Adamax, lr=0.01)


@specimen
def loop_with_nadam() -> Program:
    return _fit(torch.optim.NAdam, lr=0.01)


@specimen
def loop_with_asgd() -> Program:
    return _fit(torch.optim.ASGD, lr=0.01)


@specimen
def loop_with_rprop() -> Program:
    return _fit(torch.optim.Rprop, lr=0.01)


@specimen
def loop_with_nesterov_and_decay() -> Program:
    return _fit(torch.optim.SGD, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)


@specimen
def loop_of_six_turns() -> Program:
    return _fit(torch.optim.SGD, turns=6, lr=0.05)


@specimen
def loop_with_a_scheduler() -> Program:
    w = leaf(3)
    optimizer = torch.optim.SGD([w], lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    def program():
        for _ in range(3):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()
            schedule.step()

    return program, [w]


@specimen
def loop_with_two_optimizers() -> Program:
    real, fake = nn.Linear(2, 1), nn.Linear(2, 2)
    for_real, for_fake = (torch.optim.SGD(net.parameters(), lr=0.1) for net in (real, fake))
    x = torch.randn(4, 2)

    def program():
        for _ in range(2):
            for_real.zero_grad()
            (real(x).mean() - real(fake(x).detach()).mean()).backward()
            for_real.step()
            for_fake.zero_grad()
            real(fake(x)).mean().backward()
            for_fake.step()

    return program, [*real.parameters(), *fake.parameters()]


@specimen
def loop_over_epochs_and_batches() -> Program:
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = torch.randn(8, 3), torch.randn(8, 1)

    def program():
        for _ in range(2):
            for xs, ys in zip(x.split(4), y.split(4), strict=True):
                optimizer.zero_grad()
                F.mse_loss(net(xs), ys).backward()
                optimizer.step()

    return program, [*net.parameters()]


@specimen
def loop_that_stops_early() -> Program:
    w = leaf(2)

    def program():
        for turn in range(10):
            loss = (w**2).sum()
            loss.backward()
            assert w.grad is not None
            with torch.no_grad():
                w.sub_(0.2 * w.grad)
            w.grad = None
            if turn > 2 and loss.item() > 0:
                break

    return program, [w]


@specimen
def loop_that_skips_turns() -> Program:
    x = leaf(4)

    def program():
        total = x.sum() * 0
        for n in range(4):
            if n % 2:
                continue
            total = total + x[n] ** 2
        return total

    return program, [x]


@specimen
def loop_with_an_else() -> Program:
    x = leaf(3)

    def program():
        y = x
        for _ in range(2):
            y = y.sin()
        else:
            y = y * 3
        return y.sum()

    return program, [x]


@specimen
def loop_to_a_fixed_point() -> Program:
    a = leaf(1)

    def program():
        x = torch.ones(1)
        while True:
            new = 0.5 * (x + a.exp() / x)
            if abs((new - x).item()) < 1e-3:
                return new.sum()
            x = new

    return program, [a]


@specimen
def loop_over_a_tensor() -> Program:
    w, xs = leaf(2), torch.randn(3, 2)

    def program():
        h = torch.zeros(2)
        for x in xs:
            h = torch.tanh(w * h + x)
        return h.sum()

    return program, [w]


@specimen
def loop_over_a_dictionary() -> Program:
    weights = {"first": leaf(2), "second": leaf(2)}

    def program():
        total = torch.zeros(())
        for _, weight in weights.items():
            total = total + (weight**3).sum()
        return total

    return program, [*weights.values()]


@specimen
def loop_over_enumerated_layers() -> Program:
    layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    x = torch.randn(3, 2)

    def program():
        h = x
        for depth, layer in enumerate(layers):
            h = layer(h) if depth == 2 else F.relu(layer(h))
        return h.sum()

    return program, [*layers.parameters()]


class Refine(nn.Module):
    """Calls its one layer several times, in a loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.step = nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(3):
            x = x + torch.tanh(self.step(x))
        return x


@specimen
def loop_inside_a_module() -> Program:
    net, x = Refine(), torch.randn(2, 3)
    return lambda: net(x).sum(), [*net.parameters()]


@specimen
def loop_around_a_module_with_a_loop() -> Program:
    net, x = Refine(), torch.randn(2, 3)

    def program():
        total = torch.zeros(())
        for _ in range(2):
            total = total + net(x).pow(2).mean()
        return total

    return program, [*net.parameters()]


@specimen
def loop_in_a_generator() -> Program:
    x = leaf(3)

    def halves(y, times):
        for _ in range(times):
            y = y / 2
            yield y.sum()

    return lambda: sum(halves(x, 3)), [x]


@specimen
def loop_of_backward_passes_through_time() -> Program:
    cell, xs = nn.RNNCell(2, 3), torch.randn(6, 1, 2)

    def program():
        h = torch.zeros(1, 3)
        for start in range(0, 6, 2):
            h = h.detach()
            for x in xs[start : start + 2]:
                h = cell(x, h)
            h.sum().backward()

    return program, [*cell.parameters()]


@specimen
def loop_that_keeps_every_loss() -> Program:
    w = leaf(2)

    def program():
        losses = []
        for n in range(3):
            losses.append((w * n).sum())
        return torch.stack(losses).mean()

    return program, [w]


@specimen
def loop_that_averages_weights() -> Program:
    net, average = nn.Linear(2, 1), nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x = torch.randn(4, 2)

    def program():
        for _ in range(2):
            optimizer.zero_grad()
            net(x).pow(2).mean().backward()
            optimizer.step()
            with torch.no_grad():
                for slow, fast in zip(average.parameters(), net.parameters(), strict=True):
                    slow.mul_(0.9).add_(fast, alpha=0.1)

    return program, [*net.parameters(), *average.parameters()]


@specimen
def loop_of_inner_steps() -> Program:
    w = leaf(2)

    def program():
        fast = w
        for _ in range(2):
            loss = (fast**2).sum()
            (gradient,) = torch.autograd.grad(loss, [fast], create_graph=True)
            fast = fast - 0.1 * gradient
        return (fast**4).sum()

    return program, [w]


@specimen
def loop_of_power_iterations() -> Program:
    a = leaf(3, 3)

    def program():
        v = torch.ones(3)
        for _ in range(4):
            v = a @ v
            v = v / v.norm()
        return v @ a @ v

    return program, [a]


@specimen
def loop_of_leapfrog_steps() -> Program:
    position, momentum = leaf(2), torch.randn(2)

    def program():
        q, p = position, momentum
        for _ in range(3):
            (force,) = torch.autograd.grad((q**2).sum(), [q], create_graph=True)
            p = p - 0.1 * force
            q = q + 0.1 * p
        return (q * p).sum()

    return program, [position]


@specimen
def loop_of_teacher_forcing() -> Program:
    cell, head = nn.GRUCell(2, 3), nn.Linear(3, 2)
    target = torch.randn(4, 1, 2)

    def program():
        h, word, loss = torch.zeros(1, 3), torch.zeros(1, 2), torch.zeros(())
        for turn in range(4):
            h = cell(word, h)
            said = head(h)
            loss = loss + F.mse_loss(said, target[turn])
            word = target[turn] if turn % 2 else said.detach()
        return loss

    return program, [*cell.parameters(), *head.parameters()]


@specimen
def loop_of_rewards() -> Program:
    policy = nn.Linear(3, 2)
    states = torch.randn(4, 3)

    def program():
        chances = [F.log_softmax(policy(state), 0)[n % 2] for n, state in enumerate(states)]
        value, returns = 0.0, []
        for reward in (1.0, 0.0, 2.0, 1.0):
            value = reward + 0.9 * value
            returns.insert(0, value)
        return -(torch.stack(chances) * torch.tensor(returns)).sum()

    return program, [*policy.parameters()]
