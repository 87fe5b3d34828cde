"""What goes wrong, what is left out, and that nothing is left behind."""

from __future__ import annotations

import gc
import linecache
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from graphviz_tools import record_torch, recording_torch
from graphviz_tools.recording import Recording
from graphviz_tools.sources.torch import recorder, summaries
from graphviz_tools.sources.torch.tape import Tape
from graphviz_tools.sources.torch.words import Words
from tests.graphviz_tools.sources.torch.torch_questions import Net, steps
from tests.graphviz_tools.sources.torch.torch_traces import nodes_with_something_of_ours, traces

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


def test_a_non_program_is_refused() -> None:
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


def test_what_pytorch_refuses_the_recorder_is_reported_and_does_not_stop_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from graphviz_tools.sources.torch.tensor_registry import Tensors

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a tensor of a kind that PyTorch does not let look at")

    monkeypatch.setattr(Tensors, "describe", broken)
    results: list[torch.Tensor] = []
    recording = record_torch(lambda: results.append(torch.ones(2) * 2), backward=False)
    assert results[0].tolist() == [2, 2]
    assert (
        recording.omitted[0].why
        == "not understood: RuntimeError: a tensor of a kind that PyTorch does not let look at"
    )


def test_what_was_written_down_is_gone_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tape in a cycle would stay in memory until Python's collector comes, after one of many recordings."""
    made: list[weakref.ref[Any]] = []

    def watched(tape: Tape, function: Any) -> Words:
        made.append(weakref.ref(tape.steps[0]))
        return Words(tape, function)

    monkeypatch.setattr(recorder, "Words", watched)
    gc.disable()
    try:
        assert record_torch(nn.LSTM(3, 4), torch.ones(5, 1, 3)).steps
        record_torch(nn.LSTM(3, 4), torch.ones(5, 1, 3))
        assert [each() for each in made] == [None, None]
    finally:
        gc.enable()


@pytest.mark.parametrize("waiting", [0, 128, 1 << 20])
def test_numbers_are_the_same_whether_they_are_looked_at_during_the_run_or_after(
    waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "_PAGE_BYTES", 64)
    monkeypatch.setattr(summaries, "_WAITING_BYTES", waiting)
    recording = record_torch(lambda: [torch.full((4,), float(turn)) for turn in range(20)])
    assert [step.writes[0].numbers for step in recording.steps] == [(float(turn),) * 4 for turn in range(20)]
    means = [step.writes[0].summary.mean for step in recording.steps if step.writes[0].summary]
    assert means == [float(turn) for turn in range(20)]


def test_a_recording_that_nobody_has_looked_at_keeps_no_tensor_and_no_model() -> None:
    held: list[weakref.ref[Any]] = []

    def record(way: Callable[..., Recording]) -> Recording:
        model, x = nn.LSTM(3, 4), torch.ones(5, 1, 3)
        held.extend([weakref.ref(model), weakref.ref(x)])
        return way(model, x)

    recordings = [record(record_torch), record(lambda model, x: record_torch(lambda: model(x)))]
    assert [each() for each in held] == [None] * 4
    assert all(recording.steps for recording in recordings)


def test_a_recording_says_what_its_file_said_when_it_ran(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text("def program(x):\n    doubled = x * 2\n    return doubled.sum()\n")
    space: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), space)
    recording = record_torch(space["program"], torch.ones(2, requires_grad=True))
    file.write_text("# another program\n" * 9)
    linecache.checkcache()
    assert [step.line.text for step in recording.steps[:2] if step.line] == [
        "doubled = x * 2",
        "return doubled.sum()",
    ]
    assert "doubled" in recording.sources[0].text


@pytest.mark.parametrize("fused", [nn.functional.cross_entropy, F.mse_loss])
def test_a_function_stays_one_operation_with_all_its_autograd_nodes(fused: Any) -> None:
    x = torch.randn(2, 3, requires_grad=True)
    target = torch.tensor([0, 1]) if fused is F.cross_entropy else torch.zeros(2, 3)
    recording = record_torch(lambda: fused(x, target))
    (node,) = [n for n in recording.nodes if n.kind == "op"]
    assert node.op == fused.__name__
    owned = [n for n in recording.nodes if n.owner == node.id]
    assert owned and all(n.kind == "autograd" for n in owned)


def test_only_a_program_without_lines_gets_the_line_of_the_recorders_call():
    recording = record_torch(lambda x: (x * 2).sum(), torch.ones(3, requires_grad=True))
    torch_only = record_torch(torch.nn.Linear(2, 1), torch.ones(1, 2))
    first = recording.steps[0].line
    assert first is not None
    assert {step.line.line for step in recording.steps if step.line} == {first.line}
    assert ["torch_only" in step.line.text for step in torch_only.steps if step.line] == [True] * len(
        torch_only
    )
