"""An error that PyTorch is known for is explained at the step where it came up, with what clashed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from graphviz_tools import record_torch


def leaf() -> torch.Tensor:
    return torch.ones(2, requires_grad=True)


def overwritten() -> torch.Tensor:
    y = leaf().exp()
    y.add_(1)
    return y.sum()


def twice() -> None:
    y = (leaf() ** 2).sum()
    y.backward()
    y.backward()


def of_inference() -> torch.Tensor:
    with torch.inference_mode():
        y = torch.ones(2) * 2
    return leaf() * y


def not_a_number() -> None:
    x = leaf()
    with pytest.warns(UserWarning), torch.autograd.detect_anomaly():
        (x * 0 / (x - x)).sum().backward()


FAILURES: dict[str, tuple[Callable[[], object], str, str]] = {
    "overwritten": (overwritten, "ExpBackward0", "write into a clone"),
    "twice": (twice, "PowBackward0", "retain_graph=True"),
    "leaf": (lambda: leaf().add_(1), "add_", "torch.no_grad()"),
    "view of a leaf": (lambda: leaf()[0].add_(1), "add_", "shares the leaf's memory"),
    "no graph": (lambda: leaf().detach().sum().backward(), "backward", "no graph to go back through"),
    "vector": (lambda: (leaf() * 2).backward(), "RuntimeError", "sum, mean"),
    "unused": (lambda: torch.autograd.grad(leaf().sum(), leaf()), "grad", "allow_unused=True"),
    "inference": (of_inference, "mul", "torch.no_grad()"),
    "anomaly": (not_a_number, "DivBackward0", "not a number"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_the_failing_step_says_what_the_error_means(name: str) -> None:
    program, op, words = FAILURES[name]
    recording = record_torch(program)
    (failed,) = [step for step in recording.steps if step.error]
    assert failed is recording.steps[-1] and failed.error == recording.error
    assert (failed.op, words in failed.note) == (op, True), failed
    assert failed.line is not None and failed.line.file == __file__


def meta() -> torch.Tensor:
    return torch.ones(3, device="meta")


def whole(*numbers: int) -> torch.Tensor:
    return torch.tensor(numbers)


ones = torch.ones
# What fails, and words of the sentence that says what to do.
COMMON: dict[str, tuple[Callable[[], object], str]] = {
    "product": (lambda: nn.Linear(4, 2)(ones(2, 3)), "inner sizes"),
    "matrix and vector": (lambda: ones(2, 3).mv(ones(4)), "inner sizes"),
    "dot": (lambda: ones(3) @ ones(4), "inner sizes"),
    "batches of matrices": (lambda: torch.bmm(ones(2, 3, 4), ones(2, 5, 6)), "inner sizes"),
    "broadcast": (lambda: ones(3) + ones(4), "or one of them 1"),
    "expand": (lambda: ones(3).expand(4), "repeats only sizes of 1"),
    "view": (lambda: ones(2, 3).t().view(6), "reshape()"),
    "reshape": (lambda: ones(6).reshape(4, 2), "number of elements"),
    "cat": (lambda: torch.cat([ones(2, 3), ones(2, 4)]), "joined"),
    "stack": (lambda: torch.stack([ones(2), ones(3)]), "joined"),
    "einsum": (lambda: torch.einsum("ij,jk->ik", ones(2, 3), ones(4, 5)), "a letter stands for one size"),
    "channels": (lambda: nn.Conv2d(3, 4, 3)(ones(1, 1, 8, 8)), "in_channels"),
    "convolution": (lambda: nn.Conv2d(3, 4, 3)(ones(8, 8)), "unsqueeze"),
    "kernel": (lambda: nn.Conv2d(3, 4, 3)(ones(3, 2, 2)), "smaller than the kernel"),
    "batch norm": (lambda: nn.BatchNorm1d(3)(ones(1, 3)), "larger batch"),
    "layer norm": (lambda: nn.LayerNorm(4)(ones(2, 3)), "the layer was built for"),
    "recurrent": (lambda: nn.LSTM(3, 4)(ones(2, 2, 5)), "the layer was built for"),
    "targets": (lambda: F.cross_entropy(ones(2, 3), whole(0, 1, 2)), "(batch, classes)"),
    "two targets": (lambda: F.cross_entropy(ones(2, 3), whole(0, 1)[:, None]), "(batch, classes)"),
    "class": (lambda: F.cross_entropy(ones(2, 3), whole(0, 5)), "number of classes"),
    "word": (lambda: nn.Embedding(3, 2)(whole(5)), "number of classes or words"),
    "index": (lambda: torch.arange(3)[5], "count from 0"),
    "gather": (lambda: ones(3).gather(0, whole(4)), "count from 0"),
    "dim": (lambda: ones(3).sum(dim=2), "fewer dimensions"),
    "too many indices": (lambda: ones(3)[0, 1], "fewer dimensions"),
    "mask": (lambda: ones(3)[ones(4) > 0], "shape of what it selects from"),
    "scalar": (lambda: ones(3).item(), "one element"),
    "truth": (lambda: bool(ones(3)), ".any()"),
    "two dtypes": (lambda: ones(2, 3) @ ones(3, 2, dtype=torch.float64), "NumPy's numbers are float64"),
    "a dtype of a layer": (lambda: nn.Linear(4, 2)(ones(2, 4, dtype=torch.int64)), ".float()"),
    "index dtype": (lambda: nn.Embedding(3, 2)(ones(2)), ".long()"),
    "target dtype": (lambda: F.cross_entropy(ones(2, 3), ones(2)), ".long()"),
    "mean of integers": (lambda: whole(1, 2).mean(), ".float()"),
    "softmax of integers": (lambda: F.softmax(whole(1, 2), 0), ".float()"),
    "write of another dtype": (lambda: whole(1, 2).add_(1.5), "keeps the tensor's dtype"),
    "integers with gradients": (lambda: whole(1, 2).requires_grad_(), "Whole numbers have no gradient"),
    "a list for a tensor": (lambda: F.relu([1.0]), "not a tensor"),
    "two devices": (lambda: meta() + ones(3), "on different devices"),
    "no numbers": (lambda: meta().cpu(), "no numbers"),
    "memory": (lambda: torch.empty(1 << 55), "not enough memory"),
    "numpy": (lambda: (leaf() * 2).numpy(), "detach().numpy()"),
    "write to an expanded tensor": (lambda: ones(1).expand(4).add_(1), "clone() it first"),
    "write to one of several views": (lambda: (leaf() * 2).unbind(0)[0].add_(1), "into a clone"),
    "seed": (lambda: leaf().sum().backward(ones(3)), "shape of the tensor it is called on"),
    "singular": (lambda: torch.linalg.inv(torch.zeros(2, 2)), "no inverse"),
    "probability": (lambda: F.binary_cross_entropy(ones(2) * 2, ones(2)), "between 0 and 1"),
    "ragged": (lambda: torch.tensor([[1, 2], [3]]), "ragged"),
    "saved parameters": (lambda: nn.Linear(4, 2).load_state_dict({"bias": ones(2)}), "strict=False"),
    "optimizer": (lambda: torch.optim.SGD([leaf() * 2]), "leaves"),
}


@pytest.mark.parametrize("name", COMMON)
def test_a_common_error_has_its_sentence(name: str) -> None:
    program, words = COMMON[name]
    recording = record_torch(program, backward=False)
    assert recording.error and recording.steps[-1].error == recording.error
    assert words in recording.steps[-1].note, (recording.error, recording.steps[-1].note)


def test_the_failing_step_names_what_clashed_with_shapes_and_origins() -> None:
    layer = nn.Linear(4, 2)

    def program(x: torch.Tensor) -> torch.Tensor:
        h = x * 2
        return layer(h)

    recording = record_torch(program, ones(2, 3))
    line = next(step.line for step in recording.steps if step.op == "mul")
    assert line is not None
    note = recording.steps[-1].note
    assert f"It was given h: float32 (2, 3), from line {line.line}; " in note
    assert "weight: float32 (2, 4), a parameter; bias: float32 (2,), a parameter." in note


def test_the_failing_step_names_the_inputs_and_the_devices() -> None:
    recording = record_torch(lambda x, y: x + y, ones(3), meta())
    assert recording.steps[-1].note.endswith(
        "It was given x: float32 (3,), an input; y: float32 (3,) on meta, an input."
    )


# What docs/own-model.md promises a sentence for, in its own words, and the failures above that show it.
PROMISED = {
    "shapes of products": {"product", "matrix and vector", "dot", "batches of matrices", "einsum"},
    "broadcasting": {"broadcast", "expand"},
    "views and reshapes": {"view", "reshape"},
    "joined tensors": {"cat", "stack", "ragged"},
    "layers": {"channels", "convolution", "kernel", "batch norm", "layer norm", "recurrent"},
    "targets": {"targets", "two targets", "probability"},
    "dtypes": {
        "two dtypes", "a dtype of a layer", "index dtype", "target dtype", "mean of integers", "softmax of integers",
        "write of another dtype", "integers with gradients", "a list for a tensor",
    },
    "devices": {"two devices", "no numbers"},
    "memory": {"memory"},
    "indices": {"index", "gather", "dim", "too many indices", "word"},
    "masks": {"mask"},
    "class numbers": {"class"},
    "truth values": {"scalar", "truth"},
    "in-place writes": {"overwritten", "inference"},
    "views": {"view of a leaf", "write to an expanded tensor", "write to one of several views"},
    "leaves": {"leaf", "optimizer"},
    "freed graphs": {"twice"},
    "missing gradients": {"no graph", "vector", "unused", "seed", "singular"},
    "NaN under anomaly mode": {"anomaly"},
    "NumPy": {"numpy"},
    "saved parameters": {"saved parameters"},
}  # fmt: skip
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "own-model.md").read_text(encoding="utf-8")


def test_each_kind_of_error_that_the_page_promises_has_its_failures_and_each_failure_its_kind() -> None:
    promised = re.search(r"In PyTorch, those about: (.*?)\. In TensorFlow", " ".join(PAGE.split()))
    assert promised is not None
    assert re.split(r"[,;] ", promised[1]) == list(PROMISED)
    assert set().union(*PROMISED.values()) == {*COMMON, *FAILURES}


@pytest.mark.parametrize(
    "name", ["product", "broadcast", "cat", "two dtypes", "two devices", "targets", "channels"]
)
def test_a_clash_names_what_it_is_between(name: str) -> None:
    note = record_torch(COMMON[name][0], backward=False).steps[-1].note
    given = note.partition("It was given ")[2]
    assert len(re.findall(r": (?:float|int)\d+ \([\d, ]*\)", given)) >= 2, note
