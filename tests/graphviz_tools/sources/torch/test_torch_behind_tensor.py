"""`autograd_graph` shows the graph behind a tensor as PyTorch holds it, and runs nothing."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from graphviz_tools import autograd_graph, draw, load, save
from graphviz_tools.errors import UserError


def walked(loss: torch.Tensor) -> tuple[list[str], int]:
    """The names of all autograd nodes behind `loss`, sorted, and the number of edges between them."""
    seen, waiting, edges = set(), [loss.grad_fn], 0
    while waiting:
        function = waiting.pop()
        if function is not None and function not in seen:
            seen.add(function)
            following = [f for f, _ in function.next_functions if f is not None]
            edges += len(following)
            waiting += following
    return sorted(f.name().rpartition("::")[2] for f in seen), edges


def test_nodes_and_edges_are_those_of_next_functions() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    loss = (net(torch.randn(5, 3)) ** 2).mean()
    recording = autograd_graph(loss, net)
    names, edges = walked(loss)
    assert sorted(n.name for n in recording.nodes if n.kind == "autograd") == names
    assert len(recording.edges) == edges + 1, "and the one from the output"
    parameters = {n.name: n.label for n in recording.nodes if n.kind == "parameter"}
    assert parameters == {name: f"{name} {tuple(p.shape)}" for name, p in net.named_parameters()}
    assert "PowBackward0 exponent=2" in [n.label.partition(".")[0] for n in recording.nodes]


def test_saved_tensors_have_their_field_shape_and_name() -> None:
    w = torch.randn(3, requires_grad=True)
    x = torch.randn(3)
    recording = autograd_graph(x * w, {"w": w})
    (step,) = recording.steps
    assert [(s.name, s.value.shape, s.value.dtype) for s in step.saved] == [("self", (3,), "float32")]
    again = autograd_graph((w * w).sum(), {"w": w})
    assert [(s.name, s.value.name) for s in again.steps[0].saved] == [("other", "w"), ("self", "w")]


def test_nothing_runs_again_and_nothing_stays() -> None:
    runs = []
    net = nn.Linear(2, 2)

    def block(x: torch.Tensor) -> torch.Tensor:
        runs.append(1)
        return net(x).sin()

    loss = checkpoint(block, torch.ones(1, 2), use_reentrant=False).sum()  # type: ignore[union-attr]
    autograd_graph(loss, net)
    assert len(runs) == 1
    assert loss.grad_fn is not None and loss.grad_fn.metadata == {}
    loss.backward()
    assert len(runs) == 2 and net.weight.grad is not None


def test_a_graph_that_a_backward_pass_has_freed_says_so() -> None:
    w = torch.randn(3, requires_grad=True)
    loss = (w.exp() * w).sum()
    loss.backward()
    recording = autograd_graph(loss)
    assert recording.steps[0].saved == () and "freed" in recording.steps[0].note
    assert "MulBackward0" in [n.name for n in recording.nodes]


def test_it_is_drawn_and_saved_like_any_recording(tmp_path) -> None:
    net = nn.Linear(3, 2)
    recording = autograd_graph(net(torch.ones(1, 3)).sum(), net)
    svg = draw(recording).svg
    assert "weight (2, 3)" in svg and "SumBackward0" in svg and "AddmmBackward0" in svg
    assert load(save(recording, tmp_path / "graph.json")) == recording


@pytest.mark.parametrize("wrong", [torch.ones(2), ["loss"]])
def test_what_has_no_graph_is_refused_in_a_sentence(wrong: object) -> None:
    with pytest.raises(UserError, match=r"no graph behind it|needs a tensor"):
        autograd_graph(wrong)  # type: ignore[arg-type]
