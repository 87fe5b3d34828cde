"""Sound training loops: what looks like a fault in them is meant."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.analysis.faults.programs import sound


def classifier():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def batch():
    return torch.randn(6, 4), torch.randint(0, 3, (6,))


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.2)
        )
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))


def images():
    return torch.randn(5, 1, 6, 6), torch.randint(0, 3, (5,))


@sound
def plain_classifier():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(4):
        x, y = batch()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


@sound
def convolutions_trained_and_evaluated():
    model = Conv()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    correct = 0
    for _ in range(2):
        model.train()
        x, y = images()
        loss = nn.CrossEntropyLoss(label_smoothing=0.1)(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            x, y = images()
            correct += (model(x).argmax(1) == y).sum().item()
    return correct


@sound
def frozen_batch_norm_while_fine_tuning():
    model = Conv().train()
    model.body[1].eval()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.01)
    for _ in range(2):
        x, y = images()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def frozen_backbone():
    backbone, head = Conv(), nn.Linear(3, 2)
    backbone.requires_grad_(False).eval()
    optimizer = torch.optim.Adam(head.parameters())
    for _ in range(2):
        x, _ = images()
        loss = F.cross_entropy(head(backbone(x).relu()), torch.zeros(5, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def features_taken_under_no_grad():
    backbone, head = Conv().eval(), nn.Linear(3, 2)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for _ in range(2):
        x, _ = images()
        with torch.no_grad():
            features = backbone(x)
        loss = F.cross_entropy(head(features), torch.zeros(5, dtype=torch.long))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def gradients_accumulated_over_batches():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for turn in range(6):
        x, y = batch()
        loss = F.cross_entropy(model(x), y) / 3
        loss.backward()
        if turn % 3 == 2:
            optimizer.step()
            optimizer.zero_grad()


@sound
def mixed_precision():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    for _ in range(3):
        x, y = batch()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()


@sound
def clipped_gradients_and_a_schedule_with_warm_up():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 2))
    for _ in range(4):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


@sound
def numbers_kept_for_a_plot():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, total, outputs = [], 0.0, []
    for _ in range(5):
        x, y = batch()
        out = model(x)
        loss = F.cross_entropy(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        total += loss.detach()
        outputs.append(out.detach())
    return total


@sound
def losses_of_a_sequence_summed_for_one_backward():
    cell, read = nn.GRUCell(3, 5), nn.Linear(5, 1)
    optimizer = torch.optim.Adam([*cell.parameters(), *read.parameters()])
    h = torch.zeros(2, 5)
    losses = []
    for _ in range(6):
        h = cell(torch.randn(2, 3), h)
        losses.append(read(h).pow(2).mean())
    loss = torch.stack(losses).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@sound
def truncated_backward_through_time():
    rnn, read = nn.RNN(3, 5, batch_first=True), nn.Linear(5, 1)
    optimizer = torch.optim.SGD([*rnn.parameters(), *read.parameters()], lr=0.1)
    h = torch.zeros(1, 2, 5)
    for _ in range(4):
        h = h.detach()
        out, h = rnn(torch.randn(2, 7, 3), h)
        loss = read(out).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def best_state_kept_and_early_stop():
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    best, state = float("inf"), None
    for _ in range(4):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < best:
            best, state = loss.item(), copy.deepcopy(model.state_dict())
        if best < 0.01:
            break
    model.load_state_dict(state)


@sound
def average_of_the_weights():
    model = classifier()
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                kept.lerp_(new, 0.1)


@sound
def closure_of_lbfgs():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
    x, y = torch.randn(10, 2), torch.randn(10, 1)

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    for _ in range(2):
        optimizer.step(closure)


@sound
def update_written_by_hand():
    w, b = torch.zeros(3, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    x = torch.randn(8, 3)
    y = x @ torch.ones(3, 1) + 2
    for _ in range(4):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            for p in (w, b):
                p -= 0.1 * p.grad
                p.grad.zero_()


@sound
def layers_unfrozen_one_after_the_other():
    model = classifier()
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for turn in range(4):
        if turn == 2:
            model[0].requires_grad_(True)
        x, y = batch()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def dropout_kept_on_to_measure_doubt():
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)).eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    x, _ = batch()
    with torch.no_grad():
        guesses = torch.stack([model(x).softmax(-1) for _ in range(5)])
    return guesses.std(0).max().item()


@sound
def hinge_loss_that_is_satisfied():
    w = torch.full((2, 1), 3.0, requires_grad=True)
    x, y = torch.tensor([[2.0, 1.0], [-2.0, -1.0]]), torch.tensor([[1.0], [-1.0]])
    margin = F.relu(1 - y * (x @ w))
    (margin.mean() + 0.01 * w.pow(2).sum()).backward()
    return margin.max().item()


@sound
def weights_copied_and_cast():
    model = classifier().double()
    copied = nn.Linear(4, 8)
    copied.load_state_dict(model[0].state_dict())
    model[0] = copied.double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = batch()
    F.cross_entropy(model(x.double()), y).backward()
    optimizer.step()


@sound
def statistics_of_a_normalization_taken_again():
    model = Conv()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = images()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    with torch.no_grad():
        for _ in range(2):
            model(images()[0])
    model.eval()
    with torch.inference_mode():
        return model(images()[0]).argmax(1).tolist()


@sound
def orthogonal_layer():
    """Its parameter gets other memory when the constraint is set up, from numbers computed under `no_grad`."""
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
    (layer(torch.randn(4, 3)) - torch.randn(4, 3)).pow(2).mean().backward()


@sound
def logarithms_in_nll_loss_and_kl_div():
    model, x = nn.Linear(4, 3), torch.randn(8, 4)
    loss = F.nll_loss(model(x).log_softmax(1), torch.randint(0, 3, (8,)))
    loss = loss + F.nll_loss(model(x).softmax(1).log(), torch.randint(0, 3, (8,)))
    (loss + F.kl_div(model(x).log_softmax(1), torch.randn(8, 3).softmax(1), reduction="batchmean")).backward()


@sound
def pairs_that_are_meant():
    model = nn.Linear(4, 1)
    scores = model(torch.randn(8, 4))
    ranking = (scores - scores.T).sigmoid()  # every pair, on purpose
    rows = scores.squeeze(1)
    (ranking.mean() + (rows[:, None] - rows).abs().mean() + (scores - torch.ones(1)).pow(2).mean()).backward()
