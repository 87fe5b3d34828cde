"""Faulty models and sound ones that look much like them: a fault deep in a module, a trick on purpose."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.analysis.faults.programs import faulty, sound


class LogLoss(nn.Module):
    def forward(self, probability: torch.Tensor) -> torch.Tensor:
        return -torch.log(probability).mean()  # fault


class Scored(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
        self.loss = LogLoss()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.loss(F.relu(self.body(x)))


@faulty("non-finite value")
def log_of_zero_deep_in_a_module():
    Scored()(torch.randn(16, 4)).backward()


@faulty("non-finite gradient")
def distance_to_itself_whose_root_is_zero():
    hidden = nn.Linear(4, 4)(torch.randn(8, 4))
    distance = torch.sqrt(((hidden - hidden.detach()) ** 2).sum(1))  # fault
    (distance.mean() + hidden.mean()).backward()


@faulty("vanishing gradient", line=False)
def twenty_layers_of_sigmoids():
    layers = [module for _ in range(20) for module in (nn.Linear(8, 8), nn.Sigmoid())]
    model = nn.Sequential(*layers, nn.Linear(8, 3))
    F.cross_entropy(model(torch.randn(16, 8)), torch.zeros(16, dtype=torch.long)).backward()


@faulty("no gradient")
def words_chosen_by_argmax():
    chooser, table, head = nn.Linear(4, 3), nn.Embedding(3, 4), nn.Linear(4, 3)
    optimizer = torch.optim.SGD([*chooser.parameters(), *table.parameters(), *head.parameters()], lr=0.1)
    words = chooser(torch.randn(16, 4)).argmax(1)  # fault
    F.cross_entropy(head(table(words)), torch.zeros(16, dtype=torch.long)).backward()
    optimizer.step()


@sound
def a_self_supervised_pair_with_a_slow_copy():
    online, predictor = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8)), nn.Linear(8, 8)
    slow = copy.deepcopy(online).requires_grad_(False)
    optimizer = torch.optim.SGD([*online.parameters(), *predictor.parameters()], lr=0.1)
    x = torch.randn(16, 4)
    for _ in range(2):
        optimizer.zero_grad()
        (-F.cosine_similarity(predictor(online(x)), slow(x + 0.1)).mean()).backward()
        optimizer.step()
        for old, new in zip(slow.parameters(), online.parameters(), strict=True):
            old.data.mul_(0.99).add_(new.data, alpha=0.01)


@sound
def a_penalty_on_the_gradient_of_a_critic():
    critic = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(critic.parameters())
    for _ in range(2):
        x = torch.randn(16, 4, requires_grad=True)
        score = critic(x)
        (slope,) = torch.autograd.grad(score.sum(), x, create_graph=True)
        optimizer.zero_grad()
        (score.mean() + ((slope.norm(dim=1) - 1) ** 2).mean()).backward()
        optimizer.step()


@sound
def a_mixture_of_experts():
    gate, experts = nn.Linear(4, 2), nn.ModuleList([nn.Linear(4, 3), nn.Linear(4, 3)])
    optimizer = torch.optim.SGD([*gate.parameters(), *experts.parameters()], lr=0.1)
    x, y = torch.randn(16, 4), torch.zeros(16, dtype=torch.long)
    for _ in range(2):
        optimizer.zero_grad()
        share = F.softmax(gate(x), -1)
        mixed = sum(share[:, i : i + 1] * expert(x) for i, expert in enumerate(experts))
        F.cross_entropy(mixed, y).backward()
        optimizer.step()


@sound
def a_warm_up_from_a_learning_rate_of_zero():
    model = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 3))
    for _ in range(4):
        optimizer.zero_grad()
        F.cross_entropy(model(torch.randn(16, 4)), torch.zeros(16, dtype=torch.long)).backward()
        optimizer.step()
        schedule.step()
