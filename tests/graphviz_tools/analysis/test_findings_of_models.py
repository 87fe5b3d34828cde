"""`findings` on models that were made before the recording, on saved Recordings, and on what it cannot help with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from graphviz_tools import Recording, findings, load, record_torch, save
from graphviz_tools.recording import Step


def classifier(*last: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), *last)


def loss_of(model: nn.Module) -> torch.Tensor:
    return F.cross_entropy(model(torch.ones(2, 4)), torch.tensor([0, 1]))


def test_a_finding_has_words_advice_line_and_box() -> None:
    recording = record_torch(loss_of, classifier(nn.Softmax(dim=1)))
    (found,) = findings(recording)
    assert found.kind == "softmax twice"
    assert "`cross_entropy` takes a softmax itself" in found.sentence
    assert found.advice == "Leave out the first `softmax` and pass the raw scores (logits)."
    assert found.line is not None and "F.cross_entropy" in found.line.text
    assert found.node is not None and recording.nodes[found.node].op == "cross_entropy"
    assert str(found).startswith(f"line {found.line.line}: The output of `softmax`")


def test_a_parameter_is_named_by_its_module() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = nn.Linear(4, 2), nn.Linear(2, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.decoder(self.encoder(x).detach()).pow(2).mean()

    (found,) = findings(record_torch(Cut(), torch.ones(2, 4)))
    assert found.sentence.startswith("`encoder.weight` and `encoder.bias` get no gradient")


def test_a_parameter_of_a_model_made_while_recording_has_its_name_and_so_has_its_gradient() -> None:
    recording = record_torch(lambda: loss_of(classifier()))
    labels = {node.label for node in recording.nodes if node.kind == "parameter"}
    assert labels == {"0.weight", "0.bias", "2.weight", "2.bias"}
    gradients = {v.name for s in recording.steps if s.op == "AccumulateGrad" for v in s.writes}
    assert gradients == {f"{label}.grad" for label in labels}


@pytest.mark.parametrize("foreach", [True, False])
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad])
def test_an_optimizer_that_works_has_no_finding_fused_or_not(kind: type, foreach: bool) -> None:
    model = classifier()
    optimizer = kind(model.parameters(), lr=0.1, **({"foreach": True} if foreach else {"fused": True}))

    def train() -> None:
        for _ in range(3):
            optimizer.zero_grad()
            loss_of(model).backward()
            optimizer.step()

    recording = record_torch(train)
    assert findings(recording) == []
    assert [call.method for call in recording.optimizer_calls] == ["zero_grad", "step"] * 3
    assert after_training(recording, "0.weight") == pytest.approx(model[0].weight.flatten().tolist())


def after_training(recording: Recording, name: str) -> tuple[float, ...]:
    values = [v for s in recording.steps if s.phase == "optimize" for v in s.writes if v.name == name]
    numbers = values[-1].numbers
    assert numbers is not None
    return tuple(map(float, numbers))  # pyright: ignore[reportArgumentType]


def test_a_saved_recording_has_the_same_findings(tmp_path: Path) -> None:
    model = classifier()
    optimizer = torch.optim.SGD(classifier().parameters(), lr=0.1)

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            loss_of(model).backward()
            optimizer.step()

    recording = record_torch(train)
    found = findings(load(save(recording, tmp_path / "run.json.gz")))
    assert [one.kind for one in found] == ["unchanged parameter"]
    assert found == findings(recording)


def test_another_framework_and_an_empty_recording_have_no_findings() -> None:
    assert findings(Recording("tensorflow", steps=(Step(0, "run", "Add"),))) == []
    assert findings(Recording("torch")) == []


@pytest.mark.parametrize(
    ("op", "share"),
    [
        (lambda x: torch.dropout(x, 0.5, True), "training"),
        (lambda x: F.dropout(x, 0.5, training=False), ""),
        (lambda x: F.dropout(x, 0.0, training=True), ""),
        (lambda x: F.scaled_dot_product_attention(x[None], x[None], x[None], dropout_p=0.1), "training"),
        (lambda x: torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False), "training"),
        (lambda x: nn.LSTM(4, 4, 2, dropout=0.1)(x)[0], "training"),
        (lambda x: nn.GRU(4, 4, 2, dropout=0.0)(x)[0], ""),
    ],
)
def test_the_mode_of_an_op_is_noted_however_it_is_called(op, share: str) -> None:
    class Calls(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return op(x)

    recording = record_torch(Calls(), torch.ones(3, 4), backward=False)
    flags = {flag for step in recording.steps for value in step.writes for flag in value.flags}
    assert (flags & {"training", "evaluation", "ignores eval"} or {""}) == {share}


def test_a_parameter_is_named_in_its_module_though_its_initialization_reads_it_first() -> None:
    def program() -> None:
        layer = torch.nn.Linear(3, 2)
        torch.nn.init.trunc_normal_(layer.weight)  # reads what it has drawn, to cut it off
        torch.round(layer(torch.ones(1, 3))).sum().backward()

    (found,) = findings(record_torch(program))
    assert found.sentence.startswith("`layer.weight` and `layer.bias` have a gradient of zero")
