"""What the steps of the backward pass tell, and those of what changes it: hooks, transforms, optimizers."""

from __future__ import annotations

import torch
from torch import nn

from graphviz_tools import record_torch
from tests.graphviz_tools.sources.torch.torch_questions import step, steps
from tests.graphviz_tools.sources.torch.torch_zoo import Cube


def test_the_gradient_is_added_to_the_one_that_was_there() -> None:
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.tensor([10.0, 20.0])
    last = record_torch(lambda: (x * 3).sum()).steps[-1]
    assert last.op == "AccumulateGrad"
    assert (last.reads[0].numbers, last.grads_in[0].numbers, last.writes[0].numbers) == (  # type: ignore[union-attr]
        (10, 20),
        (3, 3),
        (13, 23),
    )
    assert last.writes[0].name == "x.grad"


def test_retain_graph_frees_nothing_and_says_so() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        y = (x * x).sum()
        y.backward(retain_graph=True)
        y.backward()

    recording = record_torch(program)
    starts = steps(recording, "backward")
    assert "retain_graph" in starts[0].note and starts[1].note == ""
    first, second = steps(recording, "MulBackward0")
    assert (first.freed, second.freed) == ((), (second.node,))


def test_a_second_backward_is_explained_at_the_node_that_has_nothing_left() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        y = (x * x).sum()
        y.backward()
        y.backward()

    recording = record_torch(program)
    last = recording.steps[-1]
    assert recording.error.startswith("RuntimeError: Trying to backward through the graph a second time")
    assert last.op == "MulBackward0" and last.error == recording.error and "retain_graph=True" in last.note


def test_create_graph_adds_the_graph_of_the_gradient() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        return g.sum()

    recording = record_torch(program)
    assert steps(recording, "grad")[0].note.startswith("create_graph")
    grown = [n for s in steps(recording, "PowBackward0")[:1] for n in s.nodes]
    assert {recording.nodes[n].kind for n in grown} == {"autograd"} and grown
    assert steps(recording, "AccumulateGrad")[-1].writes[0].numbers == (6, 6)


def test_a_custom_function_shows_the_lines_of_its_own_forward_and_backward() -> None:
    recording = record_torch(lambda x: Cube.apply(x).sum(), torch.tensor([2.0], requires_grad=True))
    by_phase: dict[str, list[str]] = {"forward": [], "backward": []}
    for s in recording.steps:
        if s.op == "mul" and s.line is not None:
            by_phase[s.phase].append(s.line.text)
    assert by_phase == {"forward": ["return x * x * x"] * 2, "backward": ["return gradient * 3 * x * x"] * 3}
    applied = step(recording, "Cube")
    assert applied.line is not None and "Cube.apply(x)" in applied.line.text
    ran = step(recording, "CubeBackward")
    assert ran.node is not None and recording.seen(ran.node) == applied.node
    assert ran.grads_out[0] is not None and ran.grads_out[0].numbers == (12,)


def test_a_hook_is_seen_at_its_own_line_and_in_the_gradient() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        y = x * 2
        y.register_hook(lambda g: g * 10)
        return y.sum()

    recording = record_torch(program)
    inside = [s for s in steps(recording, "mul") if s.phase == "backward"]
    assert len(inside) == 1 and inside[0].line is not None and "register_hook" in inside[0].line.text
    assert step(recording, "MulBackward0").grads_in[0].numbers == (10, 10)  # type: ignore[union-attr]


def test_transforms_of_torch_func_are_recorded_below_their_wrappers() -> None:
    x = torch.tensor([1.0, 2.0])
    recording = record_torch(lambda: torch.func.grad(lambda v: (v * v).sum())(x), backward=False)
    multiply = step(recording, "mul")
    assert "transformed" in multiply.writes[0].flags and multiply.writes[0].numbers == (1, 4)
    mapped = record_torch(lambda: torch.func.vmap(lambda v: v.sum())(torch.ones(5, 3)), backward=False)
    assert step(mapped, "sum").writes[0].shape == () and "vmapped" in step(mapped, "sum").writes[0].flags


def test_an_optimizer_step_is_a_phase_of_its_own() -> None:
    net, x = nn.Linear(2, 1), torch.ones(1, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)

    def program():
        net(x).sum().backward()
        optimizer.step()

    recording = record_torch(program)
    assert [phase for phase, _, _ in recording.phases()] == ["forward", "backward", "optimize"]
    updates = [s for s in recording.steps if s.phase == "optimize"]
    assert all(s.line is not None and s.line.text == "optimizer.step()" for s in updates)
    assert updates[0].writes[0].numbers == tuple(net.weight.flatten().tolist())
