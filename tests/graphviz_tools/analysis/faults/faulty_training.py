"""Faulty training: optimizers, writes in place, memory, modes and losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.analysis.faults.programs import faulty


def classifier(*last):
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), *last)


def batch():
    return torch.randn(6, 4), torch.randint(0, 3, (6,))


def train(model, optimizer, steps=2, loss_of=F.cross_entropy):
    for _ in range(steps):
        x, y = batch()
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()


@faulty("unchanged parameter", line=False)
def optimizer_of_another_model():
    model, old = classifier(), classifier()
    train(model, torch.optim.SGD(old.parameters(), lr=0.1))


@faulty("unchanged parameter", line=False)
def head_replaced_after_the_optimizer_was_made():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters())
    model[2] = nn.Linear(8, 3)
    train(model, optimizer, 3)


@faulty("unchanged parameter", line=False)
def gradient_cleared_before_the_step():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()


@faulty("unchanged parameter", line=False)
def learning_rate_of_zero():
    model = classifier()
    train(model, torch.optim.SGD(model.parameters(), lr=0.0), 3)


@faulty("unchanged parameter", line=False)
def step_never_called():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        x, y = batch()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()


@faulty("gradient not cleared", line=False)
def zero_grad_never_called():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


@faulty("in-place write")
def addition_to_a_saved_result():
    layer = nn.Linear(4, 4)
    h = torch.exp(layer(torch.ones(2, 4)))
    h += 1  # fault
    return h.sum()


@faulty("in-place write")
def weights_stepped_before_the_second_backward():
    first, second = nn.Linear(4, 4), nn.Linear(4, 1)
    optimizer = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)
    out = second(first(torch.randn(3, 4)))
    out.mean().backward(retain_graph=True)
    optimizer.step()  # fault
    out.pow(2).mean().backward()


@faulty("in-place write")
def activation_overwritten_through_a_slice():
    layer = nn.Linear(4, 4)
    h = torch.sigmoid(layer(torch.ones(2, 4)))
    h[:, 0] = 0  # fault
    loss = h.sum()
    loss.backward()


@faulty("kept alive")
def list_of_losses():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(5):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)  # fault
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return sum(loss.item() for loss in losses)


@faulty("kept alive")
def running_total_of_losses():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    total = 0
    for _ in range(5):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss  # fault
    return total.item()


@faulty("kept alive")
def predictions_kept_without_no_grad():
    model = classifier()
    kept = []
    for _ in range(5):
        out = model(torch.randn(6, 4))  # fault
        kept.append(out)
    return len(kept)


@faulty("kept alive")
def views_of_outputs_kept():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    kept = []
    for _ in range(5):
        x, y = batch()
        out = model(x)
        F.cross_entropy(out, y).backward()
        optimizer.step()
        optimizer.zero_grad()
        kept.append(out.reshape(-1))  # fault
    return len(kept)


class Dropped(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)
        )

    def forward(self, x):
        return self.net(x)


@faulty("train or eval", line=False)
def evaluation_in_train_mode():
    model = Dropped()
    train(model, torch.optim.SGD(model.parameters(), lr=0.1))
    x, y = batch()
    with torch.no_grad():
        accuracy = (model(x).argmax(1) == y).float().mean()
    return accuracy.item()


@faulty("train or eval", line=False)
def training_in_eval_mode():
    model = Dropped().eval()
    train(model, torch.optim.SGD(model.parameters(), lr=0.1))


@faulty("train or eval", line=False)
def training_goes_on_after_an_evaluation():
    model = Dropped()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        train(model, optimizer, 1)
        model.eval()
        with torch.no_grad():
            print(model(batch()[0]).argmax(1).tolist())


class ForgetsTraining(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.second(F.dropout(F.relu(self.first(x)), 0.5))  # fault


@faulty("train or eval")
def dropout_that_ignores_eval():
    model = ForgetsTraining()
    train(model, torch.optim.SGD(model.parameters(), lr=0.1))
    model.eval()
    with torch.no_grad():
        return model(batch()[0]).argmax(1).tolist()


@faulty("train or eval", line=False)
def validation_loss_in_train_mode():
    model = Dropped()
    train(model, torch.optim.Adam(model.parameters()))
    x, y = batch()
    loss = F.cross_entropy(model(x), y)
    return loss.item()


@faulty("softmax twice")
def softmax_layer_and_cross_entropy():
    model = classifier(nn.Softmax(dim=1))
    x, y = batch()
    return F.cross_entropy(model(x), y)  # fault


@faulty("softmax twice")
def log_softmax_layer_and_cross_entropy():
    model = classifier(nn.LogSoftmax(dim=1))
    criterion = nn.CrossEntropyLoss()
    x, y = batch()
    return criterion(model(x), y)  # fault


@faulty("softmax twice")
def sigmoid_and_a_loss_with_logits():
    model = nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())
    p = model(torch.randn(6, 4)).squeeze(1)
    return nn.BCEWithLogitsLoss()(p, torch.ones(6))  # fault


@faulty("softmax twice")
def softmax_of_a_softmax():
    model = classifier(nn.Softmax(-1))
    x, y = batch()
    p = torch.softmax(model(x), dim=-1)  # fault
    return F.nll_loss(torch.log(p), y)


@faulty("no logarithm")
def probabilities_in_nll_loss():
    model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(1))
    F.nll_loss(model(torch.randn(8, 4)), torch.randint(0, 3, (8,))).backward()  # fault


@faulty("no logarithm")
def probabilities_in_kl_div():
    model, teacher = nn.Linear(4, 3), torch.randn(8, 3)
    F.kl_div(model(torch.randn(8, 4)).softmax(1), teacher.softmax(1)).backward()  # fault


@faulty("crossed shapes")
def a_column_against_a_row_in_a_loss():
    model, y = nn.Linear(4, 1), torch.randn(8)
    F.mse_loss(model(torch.randn(8, 4)), y).backward()  # fault


@faulty("crossed shapes")
def a_column_minus_a_row():
    model, y = nn.Linear(4, 1), torch.randn(8)
    error = y - model(torch.randn(8, 4))  # fault
    (error**2).mean().backward()


@faulty("no gradient")
def a_loss_of_indices_that_was_told_to_require_a_gradient():
    model = nn.Linear(4, 3)
    chosen = model(torch.randn(8, 4)).argmax(1)  # fault
    loss = ((chosen.float() - torch.randint(0, 3, (8,))) ** 2).mean()
    loss.requires_grad_()
    loss.backward()
