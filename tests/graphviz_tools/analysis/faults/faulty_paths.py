"""Faulty models in which no gradient, or only zeros, reaches some parameters."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.analysis.faults.programs import faulty


@faulty("no gradient")
def encoder_cut_off_by_detach():
    encoder, decoder = nn.Linear(4, 2), nn.Linear(2, 4)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
    x = torch.randn(8, 4)
    for _ in range(2):
        code = encoder(x).relu()
        out = decoder(code.detach())  # fault
        loss = F.mse_loss(out, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@faulty("no gradient")
def encoder_inside_no_grad():
    encoder, decoder = nn.Linear(4, 2), nn.Linear(2, 4)
    optimizer = torch.optim.SGD([*encoder.parameters(), *decoder.parameters()], lr=0.1)
    x = torch.randn(8, 4)
    with torch.no_grad():
        code = encoder(x)  # fault
    loss = F.mse_loss(decoder(code), x)
    loss.backward()
    optimizer.step()


@faulty("no gradient")
def loss_of_a_chosen_index():
    model = nn.Linear(4, 3)
    target = torch.tensor([0.0, 1.0, 2.0])
    prediction = model(torch.randn(3, 4)).argmax(1)  # fault
    loss = F.mse_loss(prediction.float(), target)
    loss.backward()


@faulty("no gradient")
def loss_made_again_from_a_number():
    model = nn.Linear(4, 1)
    loss = model(torch.randn(3, 4)).pow(2).mean()
    loss = torch.tensor(loss.item(), requires_grad=True)  # fault
    loss.backward()


@faulty("no gradient")
def accuracy_as_a_loss():
    model = nn.Linear(4, 1)
    x, y = torch.randn(8, 4), torch.ones(8, 1)
    right = model(x) > 0  # fault
    loss = 1 - (right.float() * y).mean()
    loss.backward()


@faulty("no gradient")
def hidden_layer_passes_through_numpy():
    first, second = nn.Linear(4, 4), nn.Linear(4, 1)
    optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)
    h = first(torch.randn(3, 4))
    scaled = h.detach().numpy() * 2  # fault
    loss = second(torch.from_numpy(scaled)).mean()
    loss.backward()
    optimizer.step()


@faulty("no gradient")
def hidden_layer_read_through_data():
    first, second = nn.Linear(4, 4), nn.Linear(4, 1)
    h = first(torch.randn(3, 4)).data  # fault
    loss = second(h).mean()
    loss.backward()
    return loss


@faulty("no gradient")
def losses_put_into_a_new_tensor():
    model = nn.Linear(4, 1)
    parts = [model(torch.randn(2, 4)).mean() for _ in range(3)]
    loss = torch.tensor([part.item() for part in parts], requires_grad=True).mean()  # fault
    loss.backward()


@faulty("no gradient")
def scores_cast_to_integers():
    model, table = nn.Linear(4, 1), nn.Embedding(10, 3)
    optimizer = torch.optim.SGD([*model.parameters(), *table.parameters()], lr=0.1)
    place = model(torch.randn(5, 4)).squeeze(1).abs().long().clamp(max=9)  # fault
    loss = table(place).pow(2).mean()
    loss.backward()
    optimizer.step()


class TwoBranches(nn.Module):
    """Adds two branches, of which `wrap` surrounds the second."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(4, 4), nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        h = self.left(x)
        side = self.right(x).detach()  # fault
        return self.head(torch.relu(h + side))


@faulty("no gradient")
def one_of_two_branches_detached():
    return F.cross_entropy(TwoBranches()(torch.randn(6, 4)), torch.zeros(6, dtype=torch.long))


@faulty("zero gradient")
def rounding_to_levels():
    model = nn.Linear(4, 4)
    levels = torch.round(model(torch.randn(6, 4)) * 8)  # fault
    return F.mse_loss(levels / 8, torch.zeros(6, 4))


@faulty("zero gradient")
def sign_activation():
    first, second = nn.Linear(4, 8), nn.Linear(8, 1)
    optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        h = torch.sign(first(torch.randn(6, 4)))  # fault
        loss = second(h).pow(2).mean()
        loss.backward()
        optimizer.step()


@faulty("zero gradient")
def softmax_over_a_single_class():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    p = model(torch.randn(6, 4)).softmax(dim=1)  # fault
    return F.mse_loss(p, torch.randint(0, 2, (6, 1)).float())


@faulty("zero gradient")
def clamp_out_of_range():
    model = nn.Linear(4, 1)
    nn.init.constant_(model.bias, 100.0)
    p = model(torch.randn(6, 4)).clamp(0, 1)  # fault
    return F.mse_loss(p, torch.zeros(6, 1))


@faulty("zero gradient")
def sigmoid_of_raw_pixels():
    model = nn.Linear(16, 4)
    nn.init.constant_(model.weight, 1.0)
    h = torch.sigmoid(model(torch.full((3, 16), 255.0)))  # fault
    return F.mse_loss(h, torch.zeros(3, 4))
