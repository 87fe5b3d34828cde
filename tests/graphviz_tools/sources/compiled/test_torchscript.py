"""record_compiled tells TorchScript's graphs: what a trace saw, and what a script says."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import pytest
import torch

from graphviz_tools.recording import Recording
from graphviz_tools.sources.compiled.recorder import record_compiled
from tests.graphviz_tools.sources.compiled.compiled_programs import (
    Program,
    arithmetic,
    writes_to_its_argument,
)
from tests.graphviz_tools.sources.compiled.exported_programs import SCRIPTED, TRACED

PROGRAMS = [*(("trace", p) for p in TRACED.values()), *(("script", p) for p in SCRIPTED.values())]
ALL = pytest.mark.parametrize(
    ("how", "program"), PROGRAMS, ids=[*(f"trace {n}" for n in TRACED), *(f"script {n}" for n in SCRIPTED)]
)


@cache
def recorded(how: Any, program: Program) -> Recording:
    fn, args = program.build()
    return record_compiled(fn, *args, how=how)


def kinds_in(block: Any) -> list[str]:
    """The kinds of all nodes of a TorchScript graph or block, innermost blocks before what runs them."""
    kinds: list[str] = []
    for node in block.nodes():
        for inner in node.blocks():
            kinds += kinds_in(inner)
        kinds.append(node.kind())
    return kinds


@ALL
def test_the_nodes_are_those_of_the_inlined_graph(how: str, program: Program):
    fn, args = program.build()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch.jit.script(fn) if how == "script" else torch.jit.trace(fn, args, strict=False)
    assert isinstance(compiled, torch.jit.ScriptModule | torch.jit.ScriptFunction)
    graph = compiled.inlined_graph
    ops = [n.op for n in recorded(how, program).nodes if n.op not in ("input", "prim::Return")]
    assert ops == kinds_in(graph)


@ALL
def test_what_it_gives_is_what_eager_gives(how: str, program: Program):
    fn, args = program.build()
    recording = recorded(how, program)
    assert not recording.error
    with torch.no_grad():
        eager = torch.utils._pytree.tree_leaves(fn(*args))
    assert [v.numbers or v.text for v in recording.outputs] == [
        tuple(leaf.flatten().tolist()) if isinstance(leaf, torch.Tensor) else str(leaf) for leaf in eager
    ]


@ALL
def test_ops_name_the_user_line_that_made_them(how: str, program: Program):
    lines = {n.line.text for n in recorded(how, program).nodes if n.line}
    for op, text in program.lines.items():
        if op.startswith("aten::"):
            assert {n.line.text for n in recorded(how, program).nodes if n.op == op and n.line} == {text}
    assert lines


@pytest.mark.parametrize("how", ["trace", "script"])
def test_no_deprecation_warning_reaches_the_learner(how: Any):
    fn, args = TRACED["perceptron"].build()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record_compiled(fn, *args, how=how)


def test_a_trace_says_which_decision_it_baked_in():
    baked = [s for s in recorded("trace", TRACED["a branch on data"]).steps if s.op == "baked in"]
    assert [s.line.text for s in baked if s.line] == ["if h.sum() > 0:"]
    assert "Python boolean" in baked[0].note


def test_a_script_keeps_branch_and_loop_and_runs_the_taken_one():
    recording = recorded("script", SCRIPTED["control"])
    assert {n.op for n in recording.nodes if n.kind == "branch"} == {"prim::Loop", "prim::If"}
    taken = [s.control.taken for s in recording.steps if s.control and s.control.kind == "branch"]
    assert taken == ["else", "else", "then", "else"]
    laps = [s.scope for s in recording.steps if s.op == "aten::sub" and s.phase == "run"]
    assert laps == [("loop", "body", "iteration 3", "if", "then")]


def test_the_modules_of_a_trace_are_scopes():
    recording = recorded("trace", TRACED["perceptron"])
    assert {n.scope for n in recording.nodes if n.op == "aten::linear"} == {("hidden",), ("out",)}


def test_a_program_that_cannot_be_scripted_says_why_in_one_line():
    def generator(x):
        yield x

    recording = record_compiled(generator, torch.ones(2), how="script")
    assert recording.error
    assert "\n" not in recording.error


def test_tracing_writes_to_an_argument_as_often_as_a_run_does():
    x = torch.zeros(2)
    recording = record_compiled(writes_to_its_argument, x, how="trace")
    assert x.tolist() == [1.0, 1.0]
    assert recording.outputs[0].numbers == (2.0, 2.0)


def test_arguments_may_be_given_by_name():
    recording = record_compiled(arithmetic, torch.ones(2), y=torch.ones(2), how="trace")
    assert recording.error == ""


def test_a_module_with_several_forwards_is_refused_with_a_way_out():
    recording = record_compiled(torch.nn.LSTM(3, 4), torch.ones(2, 1, 3), how="script")
    assert "call it in a module of your own" in recording.error


def test_tracing_leaves_buffers_as_one_run_leaves_them():
    fn, args = TRACED["convolution"].build()
    again, arguments = TRACED["convolution"].build()
    fn(*args)
    record_compiled(again, *arguments, how="trace")
    for plain, traced in zip(fn.buffers(), again.buffers(), strict=True):
        assert torch.equal(plain, traced)
