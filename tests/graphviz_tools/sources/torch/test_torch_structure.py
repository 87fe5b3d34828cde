"""The recorded autograd graph is PyTorch's own, and backward steps come in the order of the engine."""

from __future__ import annotations

import warnings
from collections import defaultdict
from typing import Any

import pytest
import torch

from graphviz_tools.recording import Recording
from graphviz_tools.sources.torch.recorder import record_torch
from graphviz_tools.sources.torch.tensor_registry import tensors_in
from tests.graphviz_tools.sources.torch.torch_models import MODELS, build
from tests.graphviz_tools.sources.torch.torch_zoo import ZOO

Following = dict[int, dict[int, tuple[int, int]]]


def recorded(name: str, **options: Any) -> tuple[Recording, Any]:
    """A program's recording and, alive, what it returned."""
    kept: list[Any] = []
    if name in MODELS:
        model, inputs = build(name)
        return record_torch(lambda: kept.append(model(**inputs)) or kept[0], **options), kept[0]
    program, _ = ZOO[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording = record_torch(lambda: kept.append(program()) or kept[0], **options)
    return recording, kept[0] if kept else None


def following(recording: Recording) -> Following:
    """For each autograd node, `next_functions` as recorded: slot -> (node, input number)."""
    found: Following = defaultdict(dict)
    for edge in recording.edges:
        if edge.kind == "autograd":
            assert edge.source_slot not in found[edge.source], "one edge for each slot"
            found[edge.source][edge.source_slot] = (edge.target, edge.target_slot)
    return found


def agrees(recording: Recording, edges: Following, root: Any, start: int) -> dict[Any, int] | None:
    """True autograd function -> recorded node, when all behind `root` is as recorded behind `start`."""
    matched: dict[Any, int] = {}
    waiting = [(root, start)]
    while waiting:
        function, node = waiting.pop()
        if function in matched:
            if matched[function] != node:
                return None
            continue
        matched[function] = node
        true = {slot: f for slot, f in enumerate(function.next_functions) if f[0] is not None}
        if (
            recording.nodes[node].name != function.name().rpartition("::")[2]
            or true.keys() != edges[node].keys()
        ):
            return None
        for slot, (target, number) in true.items():
            recorded_target, recorded_number = edges[node][slot]
            if recorded_number != number:
                return None
            waiting.append((target, recorded_target))
    return matched


@pytest.mark.parametrize("name", [*ZOO, *MODELS])
def test_nodes_and_edges_are_those_of_next_functions(name: str) -> None:
    recording, result = recorded(name, backward=False)
    edges = following(recording)
    autograd = [node.id for node in recording.nodes if node.kind == "autograd"]
    everything: dict[Any, int] = {}
    for tensor in tensors_in(result):
        if tensor.grad_fn is None:
            continue
        found = [m for node in autograd if (m := agrees(recording, edges, tensor.grad_fn, node)) is not None]
        assert len(found) == 1, f"{tensor.grad_fn} stands for {len(found)} recorded nodes"
        everything |= found[0]
    assert len(set(everything.values())) == len(everything), "two functions share one recorded node"


class Order:
    """The names of the nodes that the engine runs, by hooks of our own on a graph that nobody records."""

    def __init__(self, roots: list[torch.Tensor]) -> None:
        self.names: list[str] = []
        waiting, seen = [t.grad_fn for t in roots], set()
        while waiting:
            function = waiting.pop()
            if function is None or function in seen:
                continue
            seen.add(function)
            name = function.name().rpartition("::")[2]
            function.register_prehook(lambda _, name=name: self.names.append(name))
            waiting += [following for following, _ in function.next_functions]


@pytest.mark.parametrize(
    "name", ["diamond", "matmul_chain", "lstm", "transformer_training", "recursion_over_a_tree", *MODELS]
)
def test_backward_steps_come_in_the_order_of_the_engine(name: str) -> None:
    recording, _ = recorded(name)
    if name in MODELS:
        model, inputs = build(name)
        result = model(**inputs).loss
    else:
        result = ZOO[name]()[0]()
    order = Order([result])
    result.backward()
    ran = [
        recording.nodes[s.node].name for s in recording.steps if s.phase == "backward" and s.node is not None
    ]
    assert ran == order.names


@pytest.mark.parametrize("name", ["diamond", "lstm", "GPT-2"])
def test_the_gradient_that_leaves_a_node_is_what_autograd_computes(name: str) -> None:
    recording, _ = recorded(name)
    edges = following(recording)
    arrived = {s.node: s.grads_in for s in recording.steps if s.phase == "backward" and s.node is not None}
    contributions: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for step in recording.steps:
        if step.phase == "backward" and step.node is not None:
            for slot, (target, number) in edges[step.node].items():
                gradient = step.grads_out[slot]
                if gradient is not None and gradient.numbers is not None:
                    contributions[target, number].append(gradient.numbers)
    checked = 0
    for (target, number), parts in contributions.items():
        gradient = arrived[target][number]
        assert gradient is not None and gradient.numbers is not None
        total = torch.tensor(parts, dtype=torch.float64).sum(0)
        torch.testing.assert_close(
            torch.tensor(gradient.numbers, dtype=torch.float64), total, rtol=1e-4, atol=1e-6
        )
        checked += 1
    assert checked > 5
