"""record_compiled tells torch.compile's own graphs, with the values of a plain run and the user's lines."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import torch
from functorch.compile import make_boxed_func
from torch._C._dynamo.eval_frame import _debug_get_cache_entry_list
from torch._dynamo.backends.common import aot_autograd

from graphviz_tools.recording import Recording
from graphviz_tools.sources.compiled import dynamo_state
from graphviz_tools.sources.compiled.recorder import record_compiled
from tests.graphviz_tools.sources.compiled import compiled_programs as programs
from tests.graphviz_tools.sources.compiled.compiled_programs import COMPILED, Program, broken_in_a_callee

ALL = pytest.mark.parametrize("program", COMPILED.values(), ids=COMPILED.keys())


class Capture:
    """A backend of the test's own: PyTorch's graphs as they come, and what a plain interpreter computes."""

    def __init__(self) -> None:
        self.graphs: list[torch.fx.GraphModule] = []
        self.values: list[dict[str, Any]] = []

    def __call__(self, module: torch.fx.GraphModule, examples: Any) -> Any:
        return aot_autograd(fw_compiler=self.keep, bw_compiler=self.keep)(module, examples)

    def keep(self, module: torch.fx.GraphModule, _examples: Any) -> Any:
        place = len(self.graphs)
        self.graphs.append(module)
        self.values.append({})
        seen = self.values[place]

        class Watch(torch.fx.Interpreter):
            def run_node(self, n: torch.fx.Node) -> Any:
                result = super().run_node(n)
                seen[n.name] = torch.utils._pytree.tree_map_only(torch.Tensor, copied, result)
                return result

        return make_boxed_func(lambda *args: Watch(module).run(*args))


def copied(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone()


@cache
def captured(program: Program) -> tuple[Capture, Any]:
    fn, args = program.build()
    capture = Capture()
    torch._dynamo.reset()
    result = torch.compile(fn, backend=capture)(*args)
    backward(result)
    torch._dynamo.reset()
    return capture, result


def backward(result: Any) -> None:
    tensors = [t for t in torch.utils._pytree.tree_leaves(result) if t.requires_grad]
    if tensors:
        torch.autograd.backward(tensors, [torch.ones_like(t) for t in tensors])


@cache
def recorded(program: Program) -> Recording:
    fn, args = program.build()
    return record_compiled(fn, *args)


def graphs_of(recording: Recording) -> list[list[tuple[str, str]]]:
    """(op, name) of the nodes of each graph, in the order in which the graphs were made."""
    segments = {s.path for s in recording.scopes if s.kind == "segment"}
    graphs: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for node in recording.nodes:
        half = node.scope[:2] if node.scope[1:2] in (("forward",), ("backward",)) else node.scope[:1]
        assert half[:1] in segments
        graphs.setdefault(half, []).append((node.op, node.name))
    return list(graphs.values())


def op_of(node: torch.fx.Node) -> str:
    if node.op != "call_function":
        return node.op
    return str(getattr(node.target, "overloadpacket", "getitem"))


def numbers(value: Any) -> list[tuple[Any, ...]]:
    leaves = torch.utils._pytree.tree_leaves(value)
    return [tuple(leaf.flatten().tolist()) for leaf in leaves if isinstance(leaf, torch.Tensor)]


@ALL
def test_the_nodes_are_those_of_the_graphs_that_pytorch_compiles(program: Program):
    capture, _ = captured(program)
    expected = [[(op_of(node), node.name) for node in graph.graph.nodes] for graph in capture.graphs]
    assert graphs_of(recorded(program)) == expected


@ALL
def test_every_value_is_that_of_a_plain_run(program: Program):
    capture, _ = captured(program)
    recording = recorded(program)
    assert not recording.error
    plain = [(name, value) for graph in capture.values for name, value in graph.items()]
    run = [step for step in recording.steps if step.phase == "run"]
    assert [recording.nodes[s.node].name for s in run if s.node is not None] == [name for name, _ in plain]
    for step, (_, expected) in zip(run, plain, strict=True):
        seen = [v for v in step.writes if v.shape is not None]
        tensors = [t for t in torch.utils._pytree.tree_leaves(expected) if isinstance(t, torch.Tensor)]
        assert [v.shape for v in seen] == [tuple(t.shape) for t in tensors]
        for value, tensor in zip(seen, tensors, strict=True):
            assert value.grid is not None or value.numbers == tuple(tensor.flatten().tolist())


@ALL
def test_results_and_gradients_are_bit_equal_to_eager(program: Program):
    fn, args = program.build()
    backward(eager := fn(*args))
    again, arguments = program.build()
    recording = record_compiled(again, *arguments)
    assert [v.numbers for v in recording.outputs if v.numbers is not None] == numbers(eager)
    for plain, other in zip(leaves_of(fn, args), leaves_of(again, arguments), strict=True):
        assert (plain.grad is None) == (other.grad is None)
        assert plain.grad is None or torch.equal(plain.grad, other.grad)
        assert torch.equal(plain, other)


def leaves_of(fn: Any, args: Any) -> list[torch.Tensor]:
    state = [*fn.parameters(), *fn.buffers()] if isinstance(fn, torch.nn.Module) else []
    return [*state, *(t for t in torch.utils._pytree.tree_leaves(args) if isinstance(t, torch.Tensor))]


@ALL
def test_ops_name_the_user_line_that_made_them(program: Program):
    recording = recorded(program)
    for op, text in program.lines.items():
        lines = {n.line.text for n in recording.nodes if n.op == op and n.line and "backward" not in n.scope}
        assert lines == {text}, op
    lines = [n.line for n in recording.nodes if n.line]
    # Of a module without a line of the user's, the line is the one that records it.
    assert {line.file for line in lines} <= {programs.__file__, __file__}
    assert all(n.line for n in recording.nodes if n.kind == "op")
    assert not any(line.function.startswith("torch_dynamo") for line in lines)


@ALL
def test_each_graph_break_is_a_step_with_its_line_and_reason(program: Program):
    breaks = [s for s in recorded(program).steps if s.op == "graph break"]
    assert tuple(s.line.text for s in breaks if s.line) == program.breaks
    assert all(s.note and "\n" not in s.note for s in breaks)


# --- torch.compile, what the pictures need ------------------------------------------------------------------


def test_what_the_forward_saves_flows_to_the_backward_and_each_backward_op_is_joined_to_the_op_it_undoes():
    recording = recorded(COMPILED["perceptron"])
    nodes = recording.nodes

    def ends(kind: str) -> set[tuple[str, str]]:
        crossing = [e for e in recording.edges if nodes[e.source].scope[1] != nodes[e.target].scope[1]]
        return {(nodes[e.source].name, nodes[e.target].name) for e in crossing if e.kind == kind}

    assert ("relu", "relu") in ends("data") or ("detach", "detach") in ends("data")
    assert {("addmm_1", "mm"), ("relu", "threshold_backward")} <= ends("autograd")


def test_what_one_segment_gives_the_next_one_takes():
    recording = recorded(COMPILED["a print"])
    nodes = recording.nodes
    across = {(nodes[e.source].scope[0], nodes[e.source].op, nodes[e.target].scope[0], nodes[e.target].label)
              for e in recording.edges if nodes[e.source].scope[0] != nodes[e.target].scope[0]}  # fmt: skip
    assert ("segment 1", "aten.mm", "segment 2", "h") in across
    assert ("segment 2", "aten.threshold_backward", "segment 1", "gradient of output 1") in across


def test_parameters_buffers_and_arguments_carry_the_names_of_the_program():
    labels = {
        (n.kind, n.label) for n in recorded(COMPILED["convolution"]).nodes if n.name.startswith("primals")
    }
    assert {("parameter", "net.0.weight"), ("parameter", "head.bias"), ("input", "image")} <= labels
    assert ("variable", "net.1.running_mean") in labels


def test_modules_are_scopes():
    recording = recorded(COMPILED["stack of blocks"])
    (gelu,) = {n.scope for n in recording.nodes if n.op == "aten.gelu" and n.scope[2:4] == ("blocks", "1")}
    assert gelu == ("segment 1", "forward", "blocks", "1")
    assert {s.label for s in recording.scopes if s.path[-1] == "norm"} == {"norm: LayerNorm"}


def test_tracing_comes_before_running_and_shows_no_number():
    phases = [(phase, start) for phase, start, _ in recorded(COMPILED["perceptron"]).phases()]
    assert [phase for phase, _ in phases] == ["trace", "run", "trace", "run"]
    traced = [s for s in recorded(COMPILED["perceptron"]).steps if s.phase == "trace"]
    assert all(v.is_handle and v.numbers is None for s in traced for v in s.writes)


def test_a_break_is_reported_even_when_dynamos_log_is_silent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dynamo_state, "BREAK_LOG", "a.log.that.nobody.writes")
    fn, args = COMPILED["a print"].build()
    (found,) = [s for s in record_compiled(fn, *args).steps if s.op == "graph break"]
    assert found.line is not None
    assert found.line.text == 'print("between two graphs")'
    assert found.note.startswith("Failed to trace builtin operator: ")


def test_nothing_stays_behind_in_dynamo():
    fn, args = COMPILED["a print"].build()
    hooks = dict(torch._dynamo.convert_frame._bytecode_hooks)
    record_compiled(fn, *args)
    assert _debug_get_cache_entry_list(fn.__code__) == []
    assert torch._dynamo.convert_frame._bytecode_hooks == hooks


def test_a_function_that_is_compiled_already_keeps_its_compiled_code():
    calls = []

    def counting(module: torch.fx.GraphModule, _examples: Any) -> Any:
        calls.append(module)
        return module.forward

    def doubled(x):
        return x * 2

    compiled = torch.compile(doubled, backend=counting)
    compiled(torch.ones(2))
    recording = record_compiled(compiled, torch.ones(2))
    assert [n.op for n in recording.nodes] == ["placeholder", "aten.mul", "output"]
    compiled(torch.ones(2))
    assert len(calls) == 1


def test_the_same_program_gives_the_same_graphs_after_any_sizes():
    def doubled(x):
        return x * 2

    shapes = [record_compiled(doubled, torch.ones(n)).steps[0].writes[0].shape for n in (2, 3, 4)]
    assert shapes == [(2,), (3,), (4,)]


def test_an_error_at_run_time_ends_the_recording_at_its_op():
    def out_of_range(table, row):
        return table[row] * 2

    recording = record_compiled(out_of_range, torch.ones(2, 2), torch.tensor([5]))
    assert "out of bounds" in recording.error
    assert recording.steps[-1].op == "aten.index"
    assert recording.steps[-1].error == recording.error


def test_an_error_while_tracing_is_a_step_at_the_users_line():
    def misfit(x):
        return x @ torch.ones(5, 2)

    recording = record_compiled(misfit, torch.ones(2, 3))
    step = recording.steps[-1]
    assert step.error == recording.error
    assert recording.error.startswith("RuntimeError: a and b must have same reduction dim")
    assert step.line is not None and step.line.text == "return x @ torch.ones(5, 2)"

    def gives_up(x):
        y = x * 2
        raise KeyError(f"after {y.shape}")

    recording = record_compiled(gives_up, torch.ones(2))
    assert [step.line.text for step in recording.steps if step.error and step.line] == [
        'raise KeyError(f"after {y.shape}")'
    ]


def test_a_graph_that_is_called_twice_runs_twice():
    recording = record_compiled(broken_in_a_callee, torch.ones(3))
    sines = [s for s in recording.steps if s.op == "aten.sin"]
    assert [s.phase for s in sines] == ["trace", "run", "run"]
    breaks = {s.line.text for s in recording.steps if s.op == "graph break" and s.line}
    assert breaks == {'print("in the callee")'}


def test_sizes_stay_open_when_they_are_dynamic():
    def scaled(x):
        return x.sum() * x.shape[0]

    recording = record_compiled(scaled, torch.ones(5), dynamic=True)
    sizes = [
        s for s in recording.steps if s.node is not None and recording.nodes[s.node].label == "x.size()[0]"
    ]
    assert [s.phase for s in sizes] == ["trace", "run"]
    assert sizes[0].writes[0].text.startswith("s") and sizes[1].writes[0].text == "5"
    assert recording.outputs[0].numbers == (25.0,)


def test_a_run_over_budget_says_how_much_it_left_out():
    fn, args = COMPILED["perceptron"].build()
    whole = record_compiled(fn, *args)
    short = record_compiled(fn, *args, max_steps=5)
    assert sum(s.phase == "run" for s in short.steps) == 5
    assert short.omitted[0].count == sum(s.phase == "run" for s in whole.steps) - 5


def test_a_non_function_is_refused():
    with pytest.raises(TypeError, match=r"record_compiled\(f, x\); got 3"):
        record_compiled(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="'compile', 'export', 'trace', 'script'"):
        record_compiled(torch.relu, torch.ones(2), how="jit")  # pyright: ignore[reportArgumentType]


def _breaks_on_data(x):
    for _ in range(3):
        x = x * 2
        if x.max() > 5:
            break
    return x


def _raises_on_data(x):
    try:
        if x.sum() > 0:
            raise ValueError
    except ValueError:
        return x + 1
    return x


def _calls_one_that_is_skipped(x):
    print(end="")
    return _breaks_on_data(x) + 1


@pytest.mark.parametrize("logs", [True, False], ids=["logging", "no logging"])
@pytest.mark.parametrize("fn", [_breaks_on_data, _raises_on_data, _calls_one_that_is_skipped])
def test_a_skipped_frame_says_why_every_time(fn, logs):
    try:
        logging.disable(logging.NOTSET if logs else logging.CRITICAL)
        for _ in range(3):
            recording = record_compiled(fn, torch.ones(3))
            reasons = [step.note for step in recording.steps if step.op == "graph break"]
            assert any("Data-dependent branching" in reason for reason in reasons)
            assert any("runs as plain Python" in reason for reason in reasons)
    finally:
        logging.disable(logging.NOTSET)


def test_a_frame_that_the_user_compiled_and_dynamo_skipped_says_why_too():
    torch.compile(_breaks_on_data, backend="eager")(torch.ones(3))
    assert "Data-dependent branching" in record_compiled(_breaks_on_data, torch.ones(3)).steps[0].note


def test_a_function_without_any_op_says_so():
    (step,) = record_compiled(lambda x: x, torch.ones(3)).steps
    assert step.op == "no graph" and "made no graph" in step.note and step.line is not None


def test_a_scan_in_a_compiled_graph_is_opened_turn_by_turn():
    from torch._higher_order_ops.scan import scan

    def f(xs):
        return scan(lambda c, x: (c + x, c * x), torch.zeros(2), xs)

    xs = torch.arange(6.0).reshape(3, 2)
    recording = record_compiled(f, xs)
    turns = {s.scope[-1] for s in recording.steps if s.phase == "run" and s.op == "aten.add"}
    assert turns == {"iteration 1", "iteration 2", "iteration 3"}
    assert [value.numbers for value in recording.outputs] == [tuple(t.flatten().tolist()) for t in f(xs)]


def test_the_function_of_a_flex_attention_in_a_compiled_graph_is_opened():
    from torch.nn.attention.flex_attention import flex_attention

    def f(q):
        return flex_attention(q, q, q, score_mod=lambda score, b, h, i, j: score * 2.0)

    q = torch.arange(16.0).reshape(1, 1, 4, 4) / 8
    recording = record_compiled(f, q)
    inner = [
        s for s in recording.steps if s.phase == "run" and "sdpa_score0" in s.scope and s.op == "aten.mul"
    ]
    assert inner[0].reads[0].numbers == ((q[0, 0, 0] ** 2).sum().item() * 0.5,)
    assert recording.error == ""


@dataclass
class Answer:
    loss: torch.Tensor
    parts: dict[str, torch.Tensor]


def test_tensors_inside_a_dataclass_are_outputs() -> None:
    def f(x):
        return Answer((x * x).sum(), {"double": x * 2})

    recording = record_compiled(f, torch.tensor([1.0, 2.0], requires_grad=True))
    assert [value.numbers for value in recording.outputs] == [(5.0,), (2.0, 4.0)]
