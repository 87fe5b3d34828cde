"""Names come from the program, and what runs unseen is one step that says so."""

from __future__ import annotations

import json
import re

import pytest
import torch
from torch import nn

from graphviz_tools import record_torch, recording_torch
from graphviz_tools.recording import Recording, Step
from graphviz_tools.serialization import to_json
from tests.graphviz_tools.sources.torch.torch_models import build


def steps(recording: Recording, op: str) -> list[Step]:
    return [step for step in recording.steps if step.op == op]


def sources(recording: Recording, node: int | None) -> set[str]:
    return {recording.nodes[e.source].label for e in recording.edges if e.target == node and e.kind == "data"}


def test_what_is_passed_to_a_model_is_called_as_it_is_in_the_call() -> None:
    net, tokens = nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.ones(1, 2)
    with recording_torch() as recorder:
        net(tokens).sum().backward()
    assert recorder.recording is not None
    assert steps(recorder.recording, "linear")[0].reads[0].name == "tokens"
    assert [n.label for n in recorder.recording.nodes if n.kind == "input"] == ["tokens"]


def test_a_parameter_keeps_its_name_after_it_was_written() -> None:
    net, x, w = nn.Linear(2, 1), torch.ones(1, 2), torch.ones(2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def program():
        for _ in range(2):
            net(x).sum().backward()
            optimizer.step()
        w.mul_(3)
        return w + 1

    recording = record_torch(program)
    assert [v.name for v in steps(recording, "linear")[1].reads[1:]] == ["weight", "bias"]
    assert steps(recording, "add")[-1].reads[0].name == "w"


def test_a_function_in_a_namespace_is_the_op_of_that_name() -> None:
    recording = record_torch(lambda matrix: torch.linalg.det(matrix), torch.eye(2, requires_grad=True))
    assert recording.steps[0].reads[0].name == "matrix" and recording.error == ""


def test_a_compiled_module_is_one_step_between_its_input_and_its_result() -> None:
    net, x = torch.compile(nn.Linear(2, 2), backend="eager"), torch.ones(1, 2)

    def program():
        h = net(x)
        return (h * 2).sum()

    recording = record_torch(program)
    (compiled,) = steps(recording, "compiled Linear")
    assert "graph runs as a whole" in compiled.note and compiled.line is not None
    assert compiled.line.text == "h = net(x)"
    assert sources(recording, steps(recording, "mul")[0].node) == {"h = net(x)"}
    assert sources(recording, compiled.node) == {"x", "weight", "bias"}
    assert [s.node for s in steps(recording, "AddmmBackward0")] != [None]
    assert recording.seen(steps(recording, "AddmmBackward0")[0].node or 0) == compiled.node


def test_the_compiler_compiles_what_it_compiles_unrecorded() -> None:
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph, _):
        graphs.append(graph)
        return graph.forward

    program = torch.compile(lambda x: (x.sin() * 2).sum(), backend=backend)
    record_torch(lambda: program(torch.ones(2, requires_grad=True)))
    (graph,) = graphs
    assert [n.name for n in graph.graph.nodes if n.op.startswith("call")] == ["sin", "mul", "sum_1"]
    program(torch.ones(2, requires_grad=True))
    assert len(graphs) == 1, "and has no reason to compile again afterwards"


def test_what_torchscript_ran_hangs_on_its_inputs() -> None:
    x = torch.ones(2, requires_grad=True)
    scripted = torch.jit.trace(lambda v: v.sin() * 2, torch.ones(2))

    def program():
        h = x * 3
        return scripted(h).sum()

    recording = record_torch(program)
    (unseen,) = [n for n in recording.nodes if n.kind == "input" and n.label != "x"]
    assert sources(recording, unseen.id) == {"h = x * 3"}


def test_a_trace_is_made_as_if_nobody_recorded() -> None:
    def traced() -> str:
        graph = torch.jit.trace(lambda v: v.view(v.shape[0]) * v.shape[0], torch.ones(2)).graph
        return re.sub(r"#.*", "", str(graph))  # the comments say which Python line called

    graphs: list[str] = []
    recording = record_torch(lambda: graphs.append(traced()), backward=False)
    assert graphs == [traced()]
    assert [(o.what, o.why) for o in recording.omitted] == [("steps", "torch.jit.trace was running")]


def test_a_ragged_dimension_is_unknown() -> None:
    rows = [torch.ones(1, 3), torch.ones(2, 3)]
    recording = record_torch(
        lambda: torch.nested.as_nested_tensor(rows, layout=torch.jagged) * 2, backward=False
    )
    assert steps(recording, "mul")[0].writes[0].shape == (2, None, 3)
    json.dumps(to_json(recording), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [("GPT-2", ["input_ids"]), ("BERT", ["input_ids", "attention_mask", "labels"]), ("T5", ["input_ids"])],
)
def test_inputs_of_real_models_have_names_though_the_call_gives_them_none(
    name: str, inputs: list[str]
) -> None:
    model, given = build(name)
    with recording_torch() as recorder:
        model(**given).loss.backward()
    assert recorder.recording is not None
    assert [n.label for n in recorder.recording.nodes if n.kind == "input"] == inputs
    assert all(step.line is not None for step in recorder.recording.steps)


def test_what_a_class_or_a_function_of_many_steps_computes_inside_is_not_its_result() -> None:
    def program(logits: torch.Tensor) -> torch.Tensor:
        chances = torch.distributions.Categorical(logits=logits)
        layer = nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))
        return layer(chances.logits).sum()

    written = [v.name for s in record_torch(program, torch.ones(3)).steps for v in s.writes]
    assert written.count("chances") == 0 and written.count("layer") <= 1


def test_a_view_whose_history_pytorch_refuses_to_tell_is_a_step_all_the_same() -> None:
    def program() -> torch.Tensor:
        whole, weight = torch.zeros(2, 2), torch.ones(2, 2, requires_grad=True)
        with torch.no_grad():
            row = whole.view(4)
        whole.mul_(weight)
        with pytest.raises(RuntimeError, match="view was created in no_grad mode"):
            _ = row.grad_fn
        return row.detach().sum() + whole.sum()

    recording = record_torch(program)
    assert recording.omitted == () and recording.error == ""
    assert [s.op for s in recording.steps if s.phase == "forward"][-4:] == ["detach", "sum", "sum", "add"]


def test_a_write_to_such_a_view_is_a_step_all_the_same() -> None:
    def program() -> None:
        whole = torch.zeros(2, 2)
        with torch.no_grad():
            row = whole.view(4)
        whole.mul_(torch.ones(2, 2, requires_grad=True))
        with torch.no_grad():
            row.fill_(1.0)

    recording = record_torch(program, backward=False)
    assert recording.omitted == ()
