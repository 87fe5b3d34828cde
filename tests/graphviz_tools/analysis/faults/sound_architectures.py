"""Sound architectures, each with a forward pass and one or two steps of training."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from tests.graphviz_tools.analysis.faults.programs import sound


def trained(model, loss_of, steps=2, lr=1e-3):
    """Adam steps on the loss that `loss_of()` computes."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


class Block(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1)
        )

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).chunk(3, dim=-1)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        mask = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1)
        x = x + self.out(scores.masked_fill(mask, float("-inf")).softmax(-1) @ v)
        return x + self.mlp(self.norm2(x))


class Language(nn.Module):
    """A small GPT whose head shares the weight of its embedding."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(20, 16), nn.Embedding(8, 16)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.head = nn.Linear(16, 20, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens):
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


@sound
def language_model_with_tied_weights():
    model, tokens = Language(), torch.randint(0, 20, (2, 8))
    trained(model, lambda: F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()))


@sound
def generation_word_by_word():
    model = Language().eval()
    tokens = torch.zeros(1, 1, dtype=torch.long)
    with torch.no_grad():
        for _ in range(4):
            p = F.softmax(model(tokens)[:, -1] / 0.8, dim=-1)
            tokens = torch.cat([tokens, torch.multinomial(p, 1)], 1)
    return tokens.tolist()


@sound
def deep_residual_network():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(
                nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 8), nn.Tanh()) for _ in range(20)
            )
            self.head = nn.Linear(8, 1)

        def forward(self, x):
            for layer in self.layers:
                x = x + layer(x)
            return self.head(x)

    model = Residual()
    trained(model, lambda: model(torch.randn(4, 8)).pow(2).mean())


@sound
def variational_autoencoder():
    encoder, decoder = (
        nn.Linear(6, 4),
        nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 6), nn.Sigmoid()),
    )
    both = nn.ModuleList([encoder, decoder])

    def loss():
        x = torch.rand(5, 6)
        mean, log_variance = encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(1).mean()
        return F.binary_cross_entropy(decoder(z), x) + kl

    trained(both, loss)


@sound
def quantized_codes_with_a_straight_through_estimator():
    encoder, decoder, codes = nn.Linear(4, 2), nn.Linear(2, 4), nn.Embedding(6, 2)

    def loss():
        x = torch.randn(7, 4)
        z = encoder(x)
        nearest = torch.cdist(z, codes.weight).argmin(1)
        q = codes(nearest)
        straight = z + (q - z).detach()
        return F.mse_loss(decoder(straight), x) + F.mse_loss(q, z.detach()) + 0.25 * F.mse_loss(z, q.detach())

    trained(nn.ModuleList([encoder, decoder, codes]), loss)


@sound
def rounding_with_the_slope_of_the_identity():
    model = nn.Linear(4, 4)

    def loss():
        h = model(torch.randn(3, 4))
        rounded = h + (h.round() - h).detach()
        return rounded.pow(2).mean()

    trained(model, loss)


@sound
def experts_of_which_one_is_not_used():
    class Mixture(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(4, 3)
            self.experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

        def forward(self, x):
            p = self.gate(x).softmax(-1)
            weight, chosen = p[:, :2].topk(1)
            out = torch.zeros_like(x)
            for number, expert in enumerate(self.experts):
                rows = (chosen == number).nonzero()[:, 0]
                if rows.numel():
                    out = out.index_add(0, rows, expert(x[rows]) * weight[rows])
            return out

    model = Mixture()
    trained(model, lambda: (model(torch.randn(12, 4)) - 1).pow(2).mean())


@sound
def low_rank_adapters():
    class Adapted(nn.Module):
        def __init__(self):
            super().__init__()
            self.base = nn.Linear(6, 6).requires_grad_(False)
            self.down = nn.Parameter(torch.randn(6, 2) / 6)
            self.up = nn.Parameter(torch.zeros(2, 6))

        def forward(self, x):
            return self.base(x) + x @ self.down @ self.up

    model = Adapted()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
    for _ in range(3):
        loss = F.mse_loss(model(torch.randn(4, 6)), torch.ones(4, 6))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@sound
def blocks_computed_again_by_a_checkpoint():
    model = nn.ModuleList(nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Dropout(0.1)) for _ in range(3))

    def loss():
        x = torch.randn(4, 6)
        for block in model:
            x = checkpoint(block, x, use_reentrant=False)
        return x.pow(2).mean()

    trained(model, loss)


@sound
def net_with_skip_connections():
    class Skips(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.middle = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
            self.up = nn.Conv2d(8, 1, 3, padding=1)

        def forward(self, x):
            first = F.leaky_relu(self.down(x))
            deep = F.interpolate(F.leaky_relu(self.middle(F.max_pool2d(first, 2))), scale_factor=2)
            return self.up(torch.cat([first, deep], 1))

    model = Skips()
    trained(
        model,
        lambda: F.binary_cross_entropy_with_logits(model(torch.randn(2, 1, 8, 8)), torch.ones(2, 1, 8, 8)),
    )


@sound
def sentences_of_different_lengths():
    table, rnn, read = nn.Embedding(12, 5, padding_idx=0), nn.LSTM(5, 6, batch_first=True), nn.Linear(6, 2)

    def loss():
        tokens = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]])
        lengths = torch.tensor([4, 2, 1])
        packed = nn.utils.rnn.pack_padded_sequence(table(tokens), lengths, batch_first=True)
        _, (h, _) = rnn(packed)
        return F.cross_entropy(read(h[-1]), torch.tensor([0, 1, 1]))

    trained(nn.ModuleList([table, rnn, read]), loss)


@sound
def loss_masked_where_there_is_padding():
    model = nn.Linear(3, 5)

    def loss():
        target = torch.tensor([[1, 2, -100], [0, -100, -100]])
        return F.cross_entropy(model(torch.randn(2, 3, 3)).transpose(1, 2), target, ignore_index=-100)

    trained(model, loss)


@sound
def messages_in_a_graph():
    first, second = nn.Linear(3, 8), nn.Linear(8, 2)
    source, target = torch.tensor([0, 1, 2, 3, 3]), torch.tensor([1, 2, 3, 0, 1])

    def loss():
        x = torch.randn(4, 3)
        h = torch.zeros(4, 8).index_add(0, target, F.elu(first(x))[source])
        degree = torch.bincount(target, minlength=4).clamp(min=1).unsqueeze(1)
        return F.cross_entropy(second(h / degree), torch.tensor([0, 1, 0, 1]))

    trained(nn.ModuleList([first, second]), loss)


@sound
def several_labels_at_once():
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    trained(model, lambda: F.binary_cross_entropy_with_logits(model(torch.randn(6, 4)), torch.ones(6, 3)))


@sound
def gumbel_softmax_choices():
    model = nn.Linear(4, 3)
    values = torch.tensor([0.0, 1.0, 2.0])

    def loss():
        choice = F.gumbel_softmax(model(torch.randn(5, 4)), hard=True)
        return ((choice * values).sum(1) - 1).pow(2).mean()

    trained(model, loss)


@sound
def speech_with_ctc():
    model = nn.Linear(4, 5)

    def loss():
        p = model(torch.randn(10, 2, 4)).log_softmax(2)
        return F.ctc_loss(p, torch.tensor([[1, 2], [3, 4]]), torch.tensor([10, 10]), torch.tensor([2, 2]))

    trained(model, loss)


@sound
def attention_layer_of_pytorch_in_eval_mode():
    layer = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1).eval()
    with torch.inference_mode():
        return layer(torch.randn(2, 3, 8)).mean().item()
