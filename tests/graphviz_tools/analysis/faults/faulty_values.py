"""Faulty models whose values, gradients or activations show the fault."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.analysis.faults.programs import faulty


@faulty("non-finite value")
def entropy_of_a_sure_prediction():
    layer = nn.Linear(3, 4)
    scores = layer(torch.ones(2, 3)) * torch.tensor([2000.0, -2000.0, 1.0, 1.0])
    p = scores.softmax(1)
    logs = torch.log(p)  # fault
    loss = -(p * logs).sum()
    loss.backward()
    return loss


@faulty("non-finite value")
def features_divided_by_a_spread_of_zero():
    layer = nn.Linear(2, 1)
    x = torch.tensor([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    centred = x - x.mean(0)
    scaled = centred / x.std(0)  # fault
    return (layer(scaled) ** 2).mean()


@faulty("non-finite value")
def softmax_written_by_hand():
    layer = nn.Linear(3, 3)
    scores = 500 * layer(torch.ones(4, 3)).abs() + 100
    weights = torch.exp(scores)  # fault
    p = weights / weights.sum(1, keepdim=True)
    return F.mse_loss(p, torch.ones(4, 3))


@faulty("non-finite value")
def root_of_a_negative_variance():
    layer = nn.Linear(3, 3)
    h = layer(torch.ones(4, 3)) * 0 + 3000.1
    spread = (h * h).mean(0) - h.mean(0) ** 2 - 1e-3
    return torch.sqrt(spread).sum()  # fault


@faulty("non-finite value")
def attention_row_with_everything_masked():
    query, key = nn.Linear(4, 4), nn.Linear(4, 4)
    x = torch.randn(3, 4)
    scores = query(x) @ key(x).T / 2
    mask = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 0, 0]]).bool()
    scores = scores.masked_fill(~mask, -math.inf)
    attention = scores.softmax(-1)  # fault
    return (attention @ x).pow(2).mean()


@faulty("non-finite value")
def missing_number_in_the_data():
    x = torch.tensor([[1.0, 2.0], [float("nan"), 1.0]])  # fault
    layer = nn.Linear(2, 1)
    loss = layer(x).pow(2).mean()
    loss.backward()
    return loss


@faulty("non-finite value")
def half_precision_overflow():
    layer = nn.Linear(8, 8).half()
    h = layer(torch.full((2, 8), 300.0, dtype=torch.float16))
    energy = (h * 300) ** 2  # fault
    return energy.mean()


@faulty("non-finite value", "exploding gradient", line=False)
def learning_rate_far_too_large():
    torch.manual_seed(0)
    w = nn.Parameter(torch.ones(4, 1))
    optimizer = torch.optim.SGD([w], lr=1e4)
    x, y = torch.randn(8, 4), torch.randn(8, 1)
    for _ in range(12):
        optimizer.zero_grad()
        error = x @ w - y
        loss = (error**2).mean()
        loss.backward()
        optimizer.step()


@faulty("non-finite gradient")
def distance_of_equal_points():
    layer = nn.Linear(3, 3)
    a = layer(torch.ones(2, 3))
    distance = ((a - a.detach()) ** 2).sum(1).sqrt()  # fault
    return distance.mean()


@faulty("non-finite gradient")
def where_with_a_log_in_the_branch_not_taken():
    layer = nn.Linear(3, 3)
    x = F.relu(layer(torch.tensor([[1.0, -2.0, 0.5], [-1.0, 2.0, 0.0]])))
    safe = torch.where(x > 0, torch.log(x), 0)  # fault
    loss = safe.sum()
    loss.backward()
    return loss


@faulty("non-finite gradient")
def power_with_an_infinite_slope():
    w = nn.Parameter(torch.tensor([0.0, 1.0, 4.0]))
    loss = (w**0.5).sum()  # fault
    loss.backward()
    return loss


@faulty("non-finite gradient")
def angle_between_equal_directions():
    scale = nn.Parameter(torch.ones(1))
    cosine = scale * torch.ones(5)
    angle = torch.acos(cosine)  # fault
    return angle.mean()


class Deep(nn.Module):
    """`depth` linear layers with an activation."""

    def __init__(self, depth, activation, gain=None):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(16, 16) for _ in range(depth))
        self.head = nn.Linear(16, 1)
        self.activation = activation
        for layer in self.layers:
            if gain is not None:
                nn.init.normal_(layer.weight, std=gain / 4)

    def forward(self, x):
        for layer in self.layers:
            x = self.activation(layer(x))
        return self.head(x)


@faulty("vanishing gradient", line=False)
def twelve_layers_of_sigmoid():
    model = Deep(12, torch.sigmoid)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        loss = F.mse_loss(model(torch.randn(8, 16)), torch.ones(8, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@faulty("vanishing gradient", line=False)
def tanh_layers_with_tiny_weights():
    return Deep(10, torch.tanh, gain=0.1)(torch.randn(8, 16)).mean()


@faulty("exploding gradient", line=False)
def layers_with_large_weights():
    return Deep(10, F.relu, gain=20)(torch.randn(8, 16)).mean()


@faulty("exploding gradient", line=False)
def recurrent_weights_above_one():
    w = nn.Parameter(3 * torch.eye(4))
    read = nn.Linear(4, 1)
    h = torch.ones(1, 4)
    for _ in range(25):
        h = h @ w
    return read(h).mean()


@faulty("exploding gradient", line=False)
def targets_in_the_millions():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    return F.mse_loss(model(torch.randn(16, 4)), torch.full((16, 1), 3e7))


@faulty("dead ReLU")
def bias_far_below_zero():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    nn.init.constant_(model[0].bias, -50.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.mse_loss(model(torch.randn(16, 4)), torch.ones(16, 1))  # fault
        loss.backward()
        optimizer.step()


@faulty("dead ReLU")
def a_large_step_kills_the_relu():
    torch.manual_seed(0)
    first, second = nn.Linear(4, 8), nn.Linear(8, 1).requires_grad_(False)
    nn.init.constant_(second.weight, 1.0)
    optimizer = torch.optim.SGD(first.parameters(), lr=40.0)
    x = torch.rand(16, 4)
    for _ in range(4):
        optimizer.zero_grad()
        h = F.relu(first(x))  # fault
        loss = second(h).mean()
        loss.backward()
        optimizer.step()


@faulty("dead ReLU")
def most_units_of_a_layer_are_dead():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    with torch.no_grad():
        model[0].bias[:6] -= 30
    for _ in range(5):
        loss = F.mse_loss(model(torch.randn(8, 4)), torch.zeros(8, 1))  # fault
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.01 * p.grad
                p.grad.zero_()
