"""What a step tells: the words of the program, what was read and written, saved, and decided."""

from __future__ import annotations

import linecache
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from graphviz_tools import record_torch
from graphviz_tools.recording import Recording, Value
from tests.graphviz_tools.sources.torch.torch_models import build
from tests.graphviz_tools.sources.torch.torch_questions import Net, labels, step, steps

# --- the words of the program ---


def test_a_step_names_the_line_the_variables_and_the_statement() -> None:
    def program(x):
        h = x * 2
        return torch.relu(h - 1).sum()

    recording = record_torch(program, torch.randn(3, requires_grad=True))
    multiply, relu = step(recording, "mul"), step(recording, "relu")
    assert multiply.line is not None
    assert (multiply.line.text, multiply.line.function) == ("h = x * 2", "program")
    assert (multiply.reads[0].name, multiply.writes[0].name) == ("x", "h")
    assert labels(recording) == ["h = x * 2", "h - 1", "torch.relu(h - 1)", "torch.relu(h - 1).sum()"]
    assert recording.sources[0].text.splitlines()[0].strip() == "def program(x):"
    assert relu.index == 2


def test_a_step_in_a_model_names_its_module_and_its_parameters() -> None:
    recording = record_torch(Net(), torch.randn(2, 3))
    linear = steps(recording, "linear")
    assert [recording.nodes[s.node].scope for s in linear if s.node is not None] == [
        ("first",),
        ("for block in self.blocks", "iteration 1", "blocks.0", "0"),
    ]
    assert [v.name for v in linear[1].reads] == ["h", "blocks.0.0.weight", "blocks.0.0.bias"]
    turn = ("for block in self.blocks", "iteration 1")
    assert {s.path: s.label for s in recording.scopes if s.kind == "module"} == {
        ("first",): "Linear",
        (*turn, "blocks.0"): "Sequential",
        (*turn, "blocks.0", "0"): "Linear",
        (*turn, "blocks.0", "1"): "ReLU",
    }
    assert "h = self.first(x)" in labels(recording), "one op in one module is the user's own call"
    assert "relu" in labels(recording), "several ops behind one call keep their own names"


def test_the_module_path_of_a_hugging_face_model_is_its_own() -> None:
    model, inputs = build("BERT")
    recording = record_torch(model, **inputs)
    scopes = {node.scope for node in recording.nodes}
    assert ("bert", "encoder", "layer.1", "attention", "self", "query") in scopes


def test_a_module_called_by_a_function_is_named_as_it_is_there() -> None:
    generator, critic = nn.Linear(2, 2), nn.Linear(2, 1)
    recording = record_torch(lambda z: critic(generator(z)).sum(), torch.randn(1, 2))
    assert [recording.nodes[s.node].scope for s in steps(recording, "linear") if s.node is not None] == [
        ("generator",),
        ("critic",),
    ]


def test_source_lines_of_a_notebook_cell_come_from_linecache() -> None:
    text = "def cell(x):\n    doubled = x * 2\n    return doubled.sum()\n"
    name = "/tmp/ipykernel_1/1234.py"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Any] = {}
    exec(compile(text, name, "exec"), space)
    recording = record_torch(space["cell"], torch.ones(2, requires_grad=True))
    line = step(recording, "mul").line
    assert line is not None and (line.file, line.line, line.text) == (name, 2, "doubled = x * 2")
    assert step(recording, "mul").writes[0].name == "doubled"


# --- values ---


def test_a_small_value_has_all_its_numbers_and_a_large_one_a_grid() -> None:
    small, large = torch.arange(6.0).reshape(2, 3), torch.arange(10_000.0).reshape(100, 100)
    recording = record_torch(lambda: (small + 0, large + 0), backward=False)
    a, b = recording.outputs
    assert (a.numbers, a.grid) == ((0, 1, 2, 3, 4, 5), None)
    assert b.grid is not None and b.numbers is not None and len(b.numbers) == b.grid[0] * b.grid[1] <= 256
    assert b.summary is not None
    assert (b.summary.min, b.summary.max, b.summary.mean) == (0, 9999, pytest.approx(4999.5))
    assert b.summary.sampled is None


def test_a_huge_value_says_how_many_elements_were_looked_at() -> None:
    (value,) = record_torch(lambda: torch.ones(300, 1000) + 0, backward=False).outputs
    assert value.summary is not None and value.summary.sampled is not None
    assert value.summary.sampled < 300_000 and value.summary.mean == 1


def test_numbers_that_are_not_finite_are_counted() -> None:
    x = torch.tensor([1.0, float("nan"), float("inf"), -3.0])
    (value,) = record_torch(lambda: x * 1, backward=False).outputs
    assert value.summary is not None
    assert (value.summary.nonfinite, value.summary.min, value.summary.max, value.summary.mean) == (
        2,
        -3,
        1,
        -1,
    )


@pytest.mark.filterwarnings("error")
def test_the_mean_of_numbers_whose_sum_is_too_large_is_right() -> None:
    x = torch.tensor([1.5e308, 1.5e308, -0.3e308], dtype=torch.float64)
    (value,) = record_torch(lambda: x * 1, backward=False).outputs
    assert value.summary is not None
    assert value.summary.mean == pytest.approx(0.9e308)


@pytest.mark.parametrize(
    "dtype",
    [torch.bfloat16, torch.float16, torch.float64, torch.int64, torch.uint8, torch.bool, torch.complex64],
)
def test_numbers_are_exact_in_every_dtype(dtype: torch.dtype) -> None:
    x = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(dtype)
    for tensor in (x, x.t(), x[:, ::2], x[0, 1]):
        (value,) = record_torch(lambda tensor=tensor: tensor.clone(), backward=False).outputs
        read = record_torch(lambda tensor=tensor: tensor + 0, backward=False).steps[0].reads[0]
        assert value.numbers == tuple(tensor.flatten().tolist()) == read.numbers
        assert (value.shape, value.dtype) == (tuple(tensor.shape), str(dtype).removeprefix("torch."))


def test_a_view_shares_its_storage_and_a_write_through_it_counts_for_both() -> None:
    def program():
        x = torch.zeros(2, 2)
        row = x[0]
        row.add_(1)
        return x * 1

    recording = record_torch(program, backward=False)
    made, view, written, last = (s for s in recording.steps)
    assert "view" in view.writes[0].flags
    assert made.writes[0].storage == view.writes[0].storage == last.reads[0].storage
    assert (made.writes[0].version, written.writes[0].version, last.reads[0].version) == (0, 1, 1)
    assert last.reads[0].numbers == (1, 1, 0, 0)
    sources = {e.source for e in recording.edges if e.kind == "data" and e.target == last.node}
    assert sources == {written.node}, "the value comes from the write, not from where the tensor was made"


def test_a_write_through_data_is_seen_though_the_version_stays() -> None:
    w = torch.ones(2, requires_grad=True)

    def program():
        first = w * 1
        w.data.sub_(0.5)
        return first + w

    recording = record_torch(program, backward=False)
    assert step(recording, "add").reads[1].numbers == (0.5, 0.5)
    wrote = step(recording, "sub_").node
    assert wrote in {e.source for e in recording.edges if e.target == step(recording, "add").node}


def flags(value: Value) -> set[str]:
    return set(value.flags)


def test_what_autograd_thinks_of_a_tensor_is_shown() -> None:
    x = torch.ones(2, requires_grad=True)

    def program():
        y = x * 2
        y.retain_grad()
        z = y.detach()
        with torch.no_grad():
            quiet = x + 1
        with torch.inference_mode():
            inference = z * 3
        y.sum().backward()
        return quiet, inference

    recording = record_torch(program)
    assert flags(steps(recording, "mul")[0].reads[0]) >= {
        "leaf",
        "requires_grad",
    }
    assert "retains_grad" in flags(step(recording, "retain_grad").writes[0])
    assert "detached" in flags(step(recording, "detach").writes[0])
    assert "no_grad" in flags(step(recording, "add").writes[0])
    assert "inference" in flags(steps(recording, "mul")[1].writes[0])


# --- memory ---


def test_saved_tensors_are_named_and_their_bytes_are_counted_once() -> None:
    def program(x):
        a = x.exp()
        b = a * a
        return b.sum()

    recording = record_torch(program, torch.ones(100, requires_grad=True))
    exp, multiply = step(recording, "exp"), step(recording, "mul")
    assert [saved.name for saved in exp.saved] == ["result"]
    assert {saved.name for saved in multiply.saved} == {"self", "other"}
    assert {saved.value for saved in (*exp.saved, *multiply.saved)} == {exp.writes[0]}
    assert exp.memory is not None and multiply.memory is not None
    assert (exp.memory.saved, multiply.memory.saved) == (400, 400)
    assert (exp.memory.alive, multiply.memory.alive) == (800, 1200)
    last = recording.steps[-1].memory
    assert last is not None and last.saved == 0
    freed = [s.op for s in recording.steps if s.freed]
    assert freed == ["MulBackward0", "ExpBackward0"]


def test_memory_falls_when_the_program_lets_go() -> None:
    def program():
        a = torch.ones(1000) + 1
        del a
        return torch.ones(10) + 1

    alive = [s.memory.alive for s in record_torch(program, backward=False).steps if s.memory is not None]
    assert alive == [4000, 0, 40, 40], "what stays until the next step begins"


def test_a_graph_that_is_dropped_gives_its_saved_tensors_back() -> None:
    x, y = torch.ones(100, requires_grad=True), torch.ones(100)

    def program():
        loss = (x * y).sum()
        del loss
        return y + 1

    recording = record_torch(program, backward=False)
    saved = [s.memory.saved for s in recording.steps if s.memory is not None]
    assert saved[0] == 400 and saved[-1] == 0


def test_a_checkpoint_saves_less_and_computes_again_inside_backward() -> None:
    def block(h):
        return (h.exp() * h).sin()

    x = torch.ones(1000, requires_grad=True)
    plain = record_torch(lambda: block(x).sum())
    saving = record_torch(lambda: checkpoint(block, x, use_reentrant=False).sum())

    def peak(recording: Recording) -> int:
        return max(
            s.memory.saved for s in recording.steps if s.memory and s.phase == "forward" and not s.note
        )

    assert peak(saving) < peak(plain)
    first = next(s.index for s in saving.steps if s.phase == "backward")
    again = [s for s in saving.steps[first:] if s.phase == "forward"]
    assert [s.op for s in again] == ["exp", "mul", "sin"] and "again" in again[0].note


# --- decisions ---


def test_a_branch_says_what_decided_and_which_way_it_went() -> None:
    def program(x):
        if x.sum() > 2:
            return x * 2
        return x

    recording = record_torch(program, torch.ones(3))
    decision = step(recording, "__bool__")
    assert decision.control is not None
    assert (decision.control.kind, decision.control.decided, decision.control.taken) == (
        "branch",
        "3 > 2",
        "True",
    )
    assert decision.node is not None
    node = recording.nodes[decision.node]
    assert (node.kind, node.label) == ("branch", "if x.sum() > 2")


def test_a_while_loop_counts_its_turns() -> None:
    def program(h):
        while h < 30:
            h = h * 2
        return h

    recording = record_torch(program, torch.tensor(12.0))
    turns = [s.control for s in steps(recording, "__bool__")]
    assert [(c.kind, c.decided, c.taken, c.iteration) for c in turns if c] == [
        ("loop", "12 < 30", "True", 1),
        ("loop", "24 < 30", "True", 2),
        ("loop", "48 < 30", "False", 3),
    ]
    assert [s.scope[-1] for s in steps(recording, "mul")] == ["iteration 1", "iteration 2"]


def test_nested_for_loops_number_their_turns_from_one_each() -> None:
    def program(x):
        for _ in range(2):
            for _ in range(3):
                x = x + 1
            x = x * 2
        return x

    recording = record_torch(program, torch.zeros(1))
    turns = [[word for word in s.scope if word.startswith("iteration")] for s in steps(recording, "add")]
    numbers = [tuple(int(word.split()[1]) for word in path) for path in turns]
    assert numbers == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]


def test_a_number_taken_out_of_a_tensor_is_a_step() -> None:
    recording = record_torch(lambda: torch.tensor(2.5).item() + float(torch.tensor(3.0)), backward=False)
    assert [(s.control.kind, s.control.taken) for s in recording.steps if s.control] == [
        ("item", "2.5"),
        ("item", "3.0"),
    ]
