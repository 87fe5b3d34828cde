"""What a step tells: the words of the program, what was read and written, saved, decided, and freed."""

from __future__ import annotations

import linecache
import weakref
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

from graphviz_tools import record_torch, recording_torch
from graphviz_tools.recording import Recording, Step, Value
from tests.graphviz_tools.torch_models import build
from tests.graphviz_tools.torch_traces import nodes_with_something_of_ours, traces
from tests.graphviz_tools.torch_zoo import Cube


def steps(recording: Recording, op: str) -> list[Step]:
    return [step for step in recording.steps if step.op == op]


def step(recording: Recording, op: str) -> Step:
    (only,) = steps(recording, op)
    return only


def labels(recording: Recording) -> list[str]:
    return [node.label for node in recording.nodes if node.kind in ("op", "branch")]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.ReLU())])

    def forward(self, x):
        h = self.first(x)
        for block in self.blocks:
            h = block(h)
        return (h * 2).sum()


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
        ("blocks.0", "0"),
    ]
    assert [v.name for v in linear[1].reads] == ["h", "blocks.0.0.weight", "blocks.0.0.bias"]
    assert {s.path: s.label for s in recording.scopes if s.kind == "module"} == {
        ("first",): "Linear",
        ("blocks.0",): "Sequential",
        ("blocks.0", "0"): "Linear",
        ("blocks.0", "1"): "ReLU",
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


# --- backward ---


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


# --- what goes wrong, and what is left out ---


def test_a_program_that_raises_keeps_its_steps_and_marks_the_last() -> None:
    def program(x):
        y = x * 2
        return y @ torch.zeros(7)

    recording = record_torch(program, torch.ones(3))
    assert [s.op for s in recording.steps] == ["mul", "zeros", "matmul"]
    assert recording.error.startswith("RuntimeError") and recording.steps[-1].error == recording.error


def test_an_error_outside_pytorch_is_marked_at_its_line() -> None:
    def program(x):
        y = x * 2
        return y + {}["missing"]

    recording = record_torch(program, torch.ones(3))
    last = recording.steps[-1]
    assert recording.error == "KeyError: 'missing'" == last.error
    assert last.line is not None and last.line.text == 'return y + {}["missing"]'


def test_a_block_that_raises_raises_and_its_recording_is_kept() -> None:
    recorder = recording_torch()
    with pytest.raises(ZeroDivisionError), recorder:
        torch.ones(2) * 2
        _ = 1 / 0
    assert recorder.recording is not None
    assert [s.op for s in recorder.recording.steps] == ["ones", "mul", "ZeroDivisionError"]


def test_a_program_without_a_tensor_to_start_from_gets_one_clear_line() -> None:
    recording = record_torch(lambda: print(end=""))
    assert recording.error.startswith("nothing to call backward() on: the program returned NoneType")
    assert "\n" not in recording.error
    assert record_torch(lambda: print(end=""), backward=False).error == ""


@pytest.mark.parametrize("options", [{"max_steps": -1}, {"max_values": "many"}, {"batches": 1.5}])
def test_a_senseless_limit_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        record_torch(lambda: None, **options)


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(TypeError, match="a function or a module"):
        record_torch(3)  # type: ignore[arg-type]


def test_limits_are_kept_and_what_they_left_out_is_counted() -> None:
    def program(x):
        for _ in range(20):
            x = x + 1
        return x

    recording = record_torch(program, torch.ones(2), max_steps=5, max_values=3)
    omitted = {o.what: (o.count, o.why) for o in recording.omitted}
    assert len(recording) == 5
    assert omitted["steps"] == (15, "max_steps=5")
    assert omitted["values"][1] == "max_values=3"
    assert sum(s.writes[0].summary is not None for s in recording.steps) == 2


def test_values_can_be_left_out_altogether() -> None:
    recording = record_torch(lambda x: (x * 2).sum(), torch.ones(3, requires_grad=True), values=False)
    everything = [v for s in recording.steps for v in (*s.reads, *s.writes)]
    assert all(v.numbers is None and v.summary is None and v.shape is not None for v in everything)


def test_only_the_first_batches_of_a_loader_are_recorded() -> None:
    net = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loader = DataLoader(TensorDataset(torch.randn(1000, 1)), batch_size=1)

    def train():
        for (x,) in loader:
            optimizer.zero_grad()
            net(x).pow(2).sum().backward()
            optimizer.step()
        return net(torch.ones(1, 1)).sum()

    recording = record_torch(train, batches=3)
    assert len(steps(recording, "pow")) == 3
    assert recording.steps[-1].op == "sum", "after the loop recording goes on"
    (omission,) = recording.omitted
    assert omission.what == "steps" and omission.count > 1000 and "first 3" in omission.why


# --- nothing is left behind ---


@pytest.mark.parametrize("error", [None, KeyError, KeyboardInterrupt])
def test_no_hook_patch_or_mode_stays(error: type[BaseException] | None) -> None:
    net, x = Net(), torch.ones(1, 3)
    before, kept = traces(), []

    def program():
        loss = net(x)
        kept.append(loss)
        loss.backward(retain_graph=True)
        if error is not None:
            raise error
        return loss

    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            record_torch(program, batches=2)
    else:
        record_torch(program, batches=2)
    assert traces() == before
    assert nodes_with_something_of_ours(kept) == []


def test_an_error_inside_a_module_leaves_no_hook() -> None:
    before = traces()
    net = nn.TransformerEncoderLayer(4, 1, batch_first=True).eval()
    with torch.no_grad():
        recording = record_torch(net, torch.ones(1, 2, 5))
    assert recording.error and traces() == before


def test_no_tensor_is_kept_alive_after_the_recording() -> None:
    seen: list[weakref.ref[torch.Tensor]] = []

    def program(x):
        y = x.exp()
        seen.append(weakref.ref(y))
        z = (y * y).sum()
        seen.append(weakref.ref(z))
        return z

    recording = record_torch(program, torch.ones(3, requires_grad=True))
    assert len(recording) > 5
    assert [ref() for ref in seen] == [None, None]


def test_a_failure_of_the_recorder_is_told_and_does_not_stop_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from graphviz_tools.sources.torch_tensors import Tensors

    def broken(*args: Any, **kwargs: Any) -> None:
        raise AttributeError("a private thing that PyTorch has renamed")

    monkeypatch.setattr(Tensors, "describe", broken)
    results: list[torch.Tensor] = []
    recording = record_torch(lambda: results.append(torch.ones(2) * 2), backward=False)
    assert results[0].tolist() == [2, 2]
    assert (
        recording.omitted[0].why == "not understood: AttributeError: a private thing that PyTorch has renamed"
    )


@pytest.mark.parametrize("fused", [nn.functional.cross_entropy, F.mse_loss])
def test_a_function_stays_one_operation_with_all_its_autograd_nodes(fused: Any) -> None:
    x = torch.randn(2, 3, requires_grad=True)
    target = torch.tensor([0, 1]) if fused is F.cross_entropy else torch.zeros(2, 3)
    recording = record_torch(lambda: fused(x, target))
    (node,) = [n for n in recording.nodes if n.kind == "op"]
    assert node.op == fused.__name__
    owned = [n for n in recording.nodes if n.owner == node.id]
    assert owned and all(n.kind == "autograd" for n in owned)


def test_who_called_record_torch_is_no_part_of_the_program():
    recording = record_torch(lambda x: (x * 2).sum(), torch.ones(3, requires_grad=True))
    torch_only = record_torch(torch.nn.Linear(2, 1), torch.ones(1, 2))
    assert {step.line.line for step in recording.steps if step.line} == {recording.steps[0].line.line}
    assert [step for step in torch_only.steps if step.line] == [] and torch_only.sources == ()
