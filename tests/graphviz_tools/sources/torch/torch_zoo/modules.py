"""Modules: layers, what they return, parametrizations."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from tests.graphviz_tools.sources.torch.torch_zoo.specimen import Program, leaf, specimen


@specimen
def mlp_with_dropout() -> Program:
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
    x = torch.randn(3, 4)
    return lambda: F.mse_loss(net(x), torch.zeros(3, 1)), [*net.parameters()]


@specimen
def convolution_and_batch_norm() -> Program:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    x = torch.randn(2, 1, 8, 8)
    return lambda: F.cross_entropy(net(x), torch.tensor([0, 1])), [*net.parameters(), *net.buffers()]


@specimen
def lstm() -> Program:
    net, x = nn.LSTM(3, 4, num_layers=2, batch_first=True), leaf(2, 5, 3)

    def program():
        out, (h, c) = net(x)
        return out.sum() + h.prod() + c.mean()

    return program, [x, *net.parameters()]


@specimen
def gru_cell_by_hand() -> Program:
    cell, x = nn.GRUCell(3, 4), leaf(5, 2, 3)

    def program():
        h = torch.zeros(2, 4)
        for step in x:
            h = cell(step, h)
        return h.sum()

    return program, [x, *cell.parameters()]


@specimen
def transformer_training() -> Program:
    net = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    source, target = leaf(2, 3, 8), leaf(2, 4, 8)
    return lambda: net(source, target).sum(), [source, target, *net.parameters()]


@specimen
def transformer_encoder_for_inference() -> Program:
    net = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x = torch.randn(2, 3, 8)

    def program():
        with torch.no_grad():
            return net(x)

    return program, [x]


@specimen
def attention_for_inference() -> Program:
    net, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(2, 3, 8)

    def program():
        with torch.inference_mode():
            return net(x, x, x)[0].clone()

    return program, [x]


@specimen
def embedding_with_tied_weights() -> Program:
    embedding = nn.Embedding(10, 4)
    ids = torch.tensor([[1, 2, 2]])
    return lambda: F.linear(embedding(ids), embedding.weight).logsumexp(-1).sum(), [embedding.weight]


@specimen
def module_returning_a_dict() -> Program:
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(3, 3)

        def forward(self, x):
            h = self.body(x)
            return {"loss": h.pow(2).mean(), "logits": h, "again": [h, {"deep": h * 2}]}

    net, x = Net(), torch.randn(2, 3)
    return lambda: net(x), [*net.parameters()]


@dataclass
class Output:
    logits: torch.Tensor
    hidden: tuple[torch.Tensor, ...]


@specimen
def module_returning_a_dataclass() -> Program:
    net, x = nn.Linear(3, 3), leaf(2, 3)

    def program():
        h = net(x)
        return Output(h.relu(), (h, x * 2))

    return program, [x, *net.parameters()]


@specimen
def several_losses() -> Program:
    x = leaf(3)
    return lambda: (x.sum(), (x**2).sum(), x.exp().mean()), [x]


@specimen
def weight_and_spectral_norm() -> Program:
    net = nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))
    other = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
    x = leaf(2, 3)
    return lambda: other(net(x)).sum(), [x, *net.parameters(), *other.parameters()]


@specimen
def module_deep_copied_inside() -> Program:
    net, x = nn.Linear(2, 2), torch.randn(1, 2)
    return lambda: (net(x) - copy.deepcopy(net)(x) * 2).sum(), [*net.parameters()]


@specimen
def packed_sequences() -> Program:
    net, x = nn.LSTM(3, 4, bidirectional=True, batch_first=True), leaf(3, 5, 3)

    def program():
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5, 3, 1]), batch_first=True)
        out, (h, _) = net(packed)
        padded, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
        return padded.sum() + h.mean()

    return program, [x, *net.parameters()]


@specimen
def attention_with_a_mask() -> Program:
    net, x = nn.MultiheadAttention(8, 2, batch_first=True, dropout=0.1), leaf(2, 4, 8)

    def program():
        mask = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)
        out, _ = net(x, x, x, attn_mask=mask, need_weights=False)
        return out.sum() + F.scaled_dot_product_attention(x, x, x, is_causal=True).sum()

    return program, [x, *net.parameters()]


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).T


@specimen
def parametrized_by_hand() -> Program:
    net, x = nn.Linear(3, 3), torch.randn(2, 3)
    nn.utils.parametrize.register_parametrization(net, "weight", Symmetric())

    def program():
        with nn.utils.parametrize.cached():
            return (net(x) + net(x)).sum()

    return program, [*net.parameters()]


@specimen
def tree_lstm() -> Program:
    cell, embedding = nn.LSTMCell(4, 4), nn.Embedding(5, 4)

    def visit(tree):
        if isinstance(tree, int):
            h = embedding(torch.tensor([tree]))
            return h, torch.zeros_like(h)
        states = [visit(child) for child in tree]
        h, c = sum(h for h, _ in states), sum(c for _, c in states)
        return cell(h, (h, c))

    return lambda: visit(((1, 2), (3, (4, 0))))[0].sum(), [*cell.parameters(), embedding.weight]
