"""record_compiled tells torch.export's graph, its control flow, and what of it runs."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch

from graphviz_tools.recording import Recording
from graphviz_tools.sources.compiled.recorder import record_compiled
from tests.graphviz_tools.sources.compiled.compiled_programs import Program, Stack, branches_on_data
from tests.graphviz_tools.sources.compiled.exported_programs import EXPORTED, while_below

ALL = pytest.mark.parametrize("program", EXPORTED.values(), ids=EXPORTED.keys())


@cache
def recorded(program: Program) -> Recording:
    fn, args = program.build()
    return record_compiled(fn, *args, how="export")


class Wrapped(torch.nn.Module):
    def __init__(self, fn: Any) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, *args: Any) -> Any:
        return self.fn(*args)


def names_in(module: torch.fx.GraphModule) -> list[str]:
    """Every node's name, those of called graphs included; nodes that only name such a graph are left out."""
    names: list[str] = []
    for node in module.graph.nodes:
        inner = getattr(module, str(node.target), None) if node.op == "get_attr" else None
        names += names_in(inner) if isinstance(inner, torch.fx.GraphModule) else [node.name]
    return names


@ALL
def test_the_nodes_are_those_of_the_exported_graph_with_every_branch_and_body(program: Program):
    fn, args = program.build()
    module = fn if isinstance(fn, torch.nn.Module) else Wrapped(fn)
    exported = torch.export.export(module, args, strict=True)
    assert sorted(n.name for n in recorded(program).nodes) == sorted(names_in(exported.graph_module))


@ALL
def test_what_it_gives_is_what_eager_gives(program: Program):
    fn, args = program.build()
    recording = recorded(program)
    assert not recording.error
    with torch.no_grad():
        eager = torch.utils._pytree.tree_leaves(fn(*args))
    assert [v.numbers for v in recording.outputs] == [tuple(t.flatten().tolist()) for t in eager]


@ALL
def test_ops_name_the_user_line_that_made_them(program: Program):
    made = [(n.op, n.line.text) for n in recorded(program).nodes if n.line]
    for text in program.lines.values():
        assert text in {line for _, line in made}
    assert all(n.line for n in recorded(program).nodes if n.kind in ("op", "branch"))


def test_both_branches_are_built_and_only_the_taken_one_runs():
    for name, taken, other in [("cond, true", "then", "else"), ("cond, false", "else", "then")]:
        recording = recorded(EXPORTED[name])
        assert {("cond", "then"), ("cond", "else")} <= {n.scope for n in recording.nodes}
        ran = {s.scope for s in recording.steps if s.phase == "run"}
        assert ("cond", taken) in ran
        assert ("cond", other) not in ran
        (decision,) = [s.control for s in recording.steps if s.control]
        assert (decision.kind, decision.decided, decision.taken) == ("branch", str(taken == "then"), taken)


def test_a_cond_in_a_cond_lies_in_its_scope():
    recording = recorded(EXPORTED["nested cond"])
    assert ("cond", "then", "cond", "else") in {s.path for s in recording.scopes}
    assert {s.control.taken for s in recording.steps if s.control} == {"then", "else"}


def test_a_loop_has_one_body_and_runs_it_once_a_turn():
    recording = recorded(EXPORTED["while loop"])
    assert [n.op for n in recording.nodes if n.scope == ("while_loop", "body") and n.kind == "op"] == [
        "aten.add",
        "aten.mul",
    ]
    turns = [s.control for s in recording.steps if s.control]
    assert [(c.iteration, c.taken) for c in turns] == [(i, "body") for i in range(1, 6)] + [(None, "exit")]
    last = [
        s for s in recording.steps if s.scope == ("while_loop", "body", "iteration 5") and s.op == "aten.mul"
    ]
    assert last[0].writes[0].numbers == (32.0 * 3 / 3, 32.0, 32.0)


def test_the_operands_of_a_branch_flow_into_it_and_its_result_out():
    recording = recorded(EXPORTED["cond, true"])
    nodes = recording.nodes
    x, branch = nodes[0], next(n for n in nodes if n.op == "cond")
    inside = [n for n in nodes if n.scope == ("cond", "then") and n.kind in ("input", "output")]
    pairs = {(e.source, e.target, e.kind) for e in recording.edges}
    assert (x.id, inside[0].id, "data") in pairs
    assert (inside[1].id, branch.id, "control") in pairs


def test_parameters_and_arguments_carry_the_names_of_the_program():
    recording = record_compiled(Stack(1), torch.ones(2, 4), how="export")
    assert ("parameter", "blocks.0.up.weight") in {(n.kind, n.label) for n in recording.nodes}
    loop = record_compiled(while_below, torch.tensor(0), torch.ones(3), how="export")
    assert [n.label for n in loop.nodes if n.kind == "input" and n.scope == ()] == ["count", "x"]


def test_what_a_function_names_from_outside_is_called_as_the_function_calls_it() -> None:
    model, scale, shift = torch.nn.Linear(2, 2), torch.nn.Parameter(torch.ones(2)), torch.ones(2)
    layers = [torch.nn.BatchNorm1d(2).eval()]

    def program(x: torch.Tensor) -> torch.Tensor:
        return layers[0](model(x)) * scale + shift

    x = torch.randn(3, 2)
    recording = record_compiled(program, x, how="export")
    labels = {node.label: node.kind for node in recording.nodes if node.kind in ("parameter", "constant")}
    assert labels.items() >= {
        "model.weight": "parameter", "layers_0.weight": "parameter", "scale": "parameter", "shift": "constant",
    }.items()  # fmt: skip
    assert recording.outputs[0].numbers == tuple(program(x).flatten().tolist())


def test_a_label_is_the_call_in_the_words_of_the_program():
    recording = recorded(EXPORTED["cond, true"])
    labels = {(n.scope, n.label) for n in recording.nodes}
    assert {
        ((), "sum(x)"),
        (("cond", "then"), "sin(x)"),
        (("cond", "else"), "cos(x)"),
        ((), "cond"),
    } <= labels


def test_a_program_that_cannot_be_exported_says_why_in_one_line():
    recording = record_compiled(branches_on_data, torch.ones(2, 3), torch.ones(3, 3), how="export")
    assert "Data-dependent branching" in recording.error
    assert "\n" not in recording.error
