"""A step says which turn of which loop of the program it belongs to."""

from __future__ import annotations

import sys
import sysconfig
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from graphviz_tools import record_torch, recording_torch
from graphviz_tools.recording import Recording
from tests.graphviz_tools.sources.torch.torch_questions import steps
from tests.graphviz_tools.sources.torch.torch_zoo import ZOO


def turns(recording: Recording) -> list[tuple[str, tuple[int, ...]]]:
    """Each operation of the program itself, with the numbers of its turns, the outermost loop's first."""
    found: list[tuple[str, tuple[int, ...]]] = []
    for s in recording.steps:
        if s.phase != "backward":
            found.append((s.op, tuple(int(w.split()[1]) for w in s.scope if w.startswith("iteration "))))
    return found


def test_the_steps_of_a_model_and_of_an_optimizer_are_in_the_turn_that_calls_them() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    x = torch.ones(4, 2)

    def train() -> None:
        for _ in range(3):
            loss = model(x).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    recording = record_torch(train)
    assert [t for op, t in turns(recording) if op == "linear"] == [(1,), (1,), (2,), (2,), (3,), (3,)]
    assert [t for op, t in turns(recording) if op == "add_"] == [(1,)] * 4 + [(2,)] * 4 + [(3,)] * 4


def test_a_model_alone_in_a_loop_turns_once_a_call() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))

    def program(h: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            h = model(h)
        return h

    recording = record_torch(program, torch.ones(1, 2), backward=False)
    assert turns(recording) == [("linear", (1,)), ("linear", (1,)), ("linear", (2,)), ("linear", (2,))]


def test_each_run_of_a_function_counts_its_own_loop() -> None:
    def helper(x: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            x = x.sin()
        return x

    def program(x: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            x = helper(x).cos()
        return x

    recording = record_torch(program, torch.ones(1), backward=False)
    assert [t for op, t in turns(recording) if op == "sin"] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert [t for op, t in turns(recording) if op == "cos"] == [(1,), (2,)]


def test_code_that_is_written_earlier_and_runs_later_starts_no_new_turn() -> None:
    def program(x: torch.Tensor) -> Any:
        kept: dict[int, torch.Tensor] = {}
        total = x
        for i in range(2):
            y = x.cos() if x.sum() > 0 else x.tan()
            parts = [y * k for k in range(2)]
            total = sum(parts, x)
            kept[i] = (lambda value: value.exp().log())(total)
            x[i] = y[i] ** 2 ** total[i]
        return total

    recording = record_torch(program, torch.ones(2), backward=False)
    inside = [(op, turn) for op, turn in turns(recording) if op not in ("exp", "log")]
    half = len(inside) // 2
    assert {turn for _, turn in inside[:half]} == {(1,)} and {turn for _, turn in inside[half:]} == {(2,)}
    assert [op for op, _ in inside[:half]] == [op for op, _ in inside[half:]]
    within = [turn for op, turn in turns(recording) if op in ("exp", "log")]
    assert within == [(1,), (1,), (2,), (2,)], "a lambda runs in the turn that calls it"


def test_what_an_inner_loop_runs_over_belongs_to_the_outer_turn() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        total = x[0]
        for _ in range(2):
            for row in x.unbind():
                total = total + row
        return total

    recording = record_torch(program, torch.ones(2, 1), backward=False)
    assert turns(recording)[1:] == [
        ("unbind", (1,)), ("add", (1, 1)), ("add", (1, 2)),
        ("unbind", (2,)), ("add", (2, 1)), ("add", (2, 2)),
    ]  # fmt: skip


class Twice(nn.Module):
    """Two layers in a loop, and then one of them again, twice."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            x = self.b(self.a(x).tanh())
        return self.a(self.a(x))


def test_a_module_called_in_a_loop_has_its_caller_s_frames_once() -> None:
    model = Twice()

    def train() -> None:
        for _ in range(2):
            model(torch.ones(1, 2))

    outer, inner = "for _ in range(2)", "for _ in range(2)"
    recording = record_torch(train)
    for turn in ("iteration 1", "iteration 2"):
        around = (outer, turn, "model")
        scopes = [n.scope for n in recording.nodes if n.op == "linear" and n.scope[1] == turn]
        parts = [(inner, f"iteration {i}", word) for i in (1, 2) for word in "ab"] + [("a",), ("a (call 2)",)]
        assert scopes == [(*around, *part) for part in parts]


def test_a_loop_inside_a_module_inside_a_loop_nests_as_the_program_runs() -> None:
    model = Twice()

    def update(x: torch.Tensor) -> None:
        model(x).sum().backward()

    def train() -> None:
        for _ in range(2):
            update(torch.ones(1, 2))

    recording = record_torch(train)
    outer, inner = "for _ in range(2)", "for _ in range(2)"
    expected = []
    for turn in ("iteration 1", "iteration 2"):
        around = (outer, turn, "model")
        for inside in ("iteration 1", "iteration 2"):
            expected += [
                (*around, inner, inside, "a"), (*around, inner, inside), (*around, inner, inside, "b")
            ]  # fmt: skip
        expected += [(*around, "a"), (*around, "a (call 2)")]
    nodes = [n for n in recording.nodes if n.op in ("linear", "tanh")]
    assert [n.scope for n in nodes] == expected
    assert [s.scope for s in recording.steps if s.op in ("linear", "tanh")] == expected
    listed = {scope.path: scope.kind for scope in recording.scopes}
    assert {listed[path[:depth]] for path in expected for depth in range(1, len(path) + 1)} == {
        "loop", "iteration", "module"
    }  # fmt: skip
    assert len(listed) == len(recording.scopes)
    assert {n.scope for n in recording.nodes if n.kind == "parameter"} == {()}, "one box for all turns"
    for s in recording.steps:
        if s.phase == "backward" and s.node is not None:
            assert s.scope == recording.nodes[recording.seen(s.node)].scope


def test_what_a_generator_computes_is_in_the_turn_that_asks_for_it() -> None:
    def batches() -> Any:
        for i in range(2):
            yield torch.ones(2) * i

    def program() -> None:
        for batch in batches():
            batch.sin()

    recording = record_torch(program)
    assert turns(recording) == [
        ("ones", (1, 1)), ("mul", (1, 1)), ("sin", (1,)), ("ones", (2, 2)), ("mul", (2, 2)), ("sin", (2,)),
    ]  # fmt: skip


def test_a_loop_around_the_recording_is_not_part_of_the_program() -> None:
    for _ in range(2):
        with recording_torch() as recorder:
            torch.ones(1).sin()
    assert recorder.recording is not None and turns(recorder.recording) == [("ones", ()), ("sin", ())]


def test_a_program_that_calls_itself_four_hundred_times_is_placed() -> None:
    def down(x: torch.Tensor, depth: int) -> torch.Tensor:
        return down(x, depth - 1) if depth else x.sin()

    recording = record_torch(down, torch.ones(1), 400, backward=False)
    assert recording.omitted == () and [s.op for s in recording.steps] == ["sin"]


def test_a_condition_alone_turns_its_loop() -> None:
    def program(x: torch.Tensor) -> int:
        n = 0
        while x > n:
            n += 1
        return n

    recording = record_torch(program, torch.tensor(2.0), backward=False)
    assert [s.control.iteration for s in steps(recording, "__bool__") if s.control] == [1, 2, 3]


def test_a_generator_continues_in_its_own_loop() -> None:
    def states(h: torch.Tensor) -> Any:
        while True:
            h = h.tanh()
            yield h

    def program(x: torch.Tensor) -> torch.Tensor:
        stream = states(x)
        return next(stream) * 2 + next(stream)

    recording = record_torch(program, torch.ones(1), backward=False)
    assert [t for op, t in turns(recording) if op == "tanh"] == [(1,), (2,)]


def test_a_loop_on_one_line_is_called_by_its_header() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        for _ in range(2): x = x + 1  # fmt: skip  # noqa: E701
        return x

    recording = record_torch(program, torch.ones(1), backward=False)
    assert recording.steps[0].scope[0] == "for _ in range(2)"


def test_no_mark_of_a_recording_stays_on_a_frame_and_a_debugger_keeps_its_own() -> None:
    def tracer(*_: Any) -> Any:
        return tracer

    frame = sys._getframe()
    with recording_torch():
        torch.ones(1).sin()
        assert frame.f_trace is not None, "the test would see nothing"
    assert frame.f_trace is None

    def watched(x: torch.Tensor) -> torch.Tensor:
        sys._getframe().f_trace = tracer
        for _ in range(2):
            x = x.sin()
        assert sys._getframe().f_trace is tracer
        return x

    recording = record_torch(watched, torch.ones(1), backward=False)
    assert turns(recording) == [("sin", (1,)), ("sin", (2,))]


def test_a_tracer_that_starts_in_the_middle_meets_nothing_that_stops_the_program() -> None:
    events: list[str] = []

    def tracer(frame: Any, event: str, _: Any) -> Any:
        events.append(event)
        return tracer

    def program(x: torch.Tensor) -> torch.Tensor:
        x = x.sin()
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            x = x.cos()
        finally:
            sys.settrace(before)
        return x

    recording = record_torch(program, torch.ones(1), backward=False)
    assert recording.error == "" and [op for op, _ in turns(recording)] == ["sin", "cos"]


def test_an_optimizer_of_the_programs_own_optimizes_and_its_closure_runs_forward() -> None:
    program, _ = ZOO["training_with_an_optimizer_of_its_own"]()
    recording = record_torch(program)
    phases = {op: {s.phase for s in steps(recording, op)} for op in ("linear", "norm", "div", "add_")}
    assert phases == {"linear": {"forward"}, "norm": {"optimize"}, "div": {"optimize"}, "add_": {"optimize"}}


def test_taking_a_tensor_apart_for_a_loop_is_a_step_before_the_first_iteration() -> None:
    def program(xs: torch.Tensor) -> torch.Tensor:
        h = torch.zeros(2)
        for x in xs:
            h = torch.tanh(x + h)
        return h

    recording = record_torch(program, torch.randn(3, 2))
    said = [(step.op, recording.nodes[step.node or 0].label, step.scope) for step in recording.steps]
    assert said[1] == ("unbind", "for x in xs", ())
    turns = [scope[-1] for op, _, scope in said if op == "add"]
    assert turns == ["iteration 1", "iteration 2", "iteration 3"]


def test_a_method_named_as_a_function_of_pythons_turns_its_loop() -> None:
    x = torch.ones(3)

    def program() -> None:
        for _ in range(3):
            x.sum()
        for _ in range(2):
            torch.max(x)

    turns = [step.scope[-1] for step in record_torch(program).steps]
    assert turns == ["iteration 1", "iteration 2", "iteration 3", "iteration 1", "iteration 2"]


class Doubled(Dataset[torch.Tensor]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.ones(2) * index * 2


def shuffled(rows: Dataset[Any]) -> DataLoader[Any]:
    return DataLoader(rows, batch_size=2, shuffle=True)


def by_for(loader: DataLoader[Any]) -> None:
    for batch in loader:
        batch[0].sum()


def by_enumerate(loader: DataLoader[Any]) -> None:
    for _, batch in enumerate(loader):
        batch[0].sum()


def by_zip(loader: DataLoader[Any]) -> None:
    for batch, _ in zip(loader, range(9), strict=False):
        batch[0].sum()


_LIBRARY: dict[str, Any] = {}  # where a progress bar comes from
exec(
    compile(
        "def bar(items):\n    for item in items:\n        yield item\n",
        f"{sysconfig.get_path('purelib')}/bar.py",
        "exec",
    ),
    _LIBRARY,
)


def by_bar(loader: DataLoader[Any]) -> None:
    for batch in _LIBRARY["bar"](loader):
        batch[0].sum()


def by_slice(loader: DataLoader[Any]) -> None:
    for batch in islice(loader, 2):
        batch[0].sum()


@pytest.mark.parametrize("program", [by_for, by_enumerate, by_zip, by_bar, by_slice])
@pytest.mark.parametrize("rows", [TensorDataset(torch.arange(4.0)), Doubled()], ids=["tensors", "dataset"])
def test_a_shuffling_loader_turns_its_loop_once_a_batch(program: Any, rows: Dataset[Any]) -> None:
    recording = record_torch(program, shuffled(rows), backward=False)
    turns = {step.scope[1] for step in recording.steps if len(step.scope) > 1}
    assert turns == {"iteration 1", "iteration 2"}
    if program is not by_slice:  # the sampler draws once more, to find that there is no other batch
        assert [step.op for step in recording.steps][-2:] == ["randperm", "tolist"]
        assert recording.steps[-1].scope == ()


def test_an_epoch_is_a_turn_of_its_own_where_a_loop_over_a_loader_is_all_that_it_does() -> None:
    def program(loader: DataLoader[Any]) -> None:
        for _ in range(2):
            for batch in loader:
                batch[0].sum()

    recording = record_torch(program, shuffled(TensorDataset(torch.arange(4.0))), backward=False)
    sums = [step.scope[1::2] for step in recording.steps if step.op == "sum"]
    assert sums == [(f"iteration {epoch}", f"iteration {batch}") for epoch in (1, 2) for batch in (1, 2)]
    assert {step.scope[:2] for step in recording.steps} == {
        ("for _ in range(2)", "iteration 1"),
        ("for _ in range(2)", "iteration 2"),
    }


def test_next_by_hand_turns_the_loop_that_asks() -> None:
    def program(loader: DataLoader[Any]) -> None:
        batches = iter(loader)
        while True:
            try:
                batch = next(batches)
            except StopIteration:
                break
            batch[0].sum()

    recording = record_torch(program, shuffled(TensorDataset(torch.arange(4.0))), backward=False)
    assert [s.scope[-1] for s in recording.steps if s.op == "sum"] == ["iteration 1", "iteration 2"]
    assert recording.steps[-1].scope == ("while True", "iteration 3")  # which finds no other batch


def test_the_batches_of_worker_processes_turn_the_loop_too() -> None:
    loader = DataLoader(Doubled(), batch_size=2, shuffle=True, num_workers=1)
    recording = record_torch(by_for, loader, backward=False)
    assert recording.error == ""
    assert [s.scope[-1] for s in recording.steps if s.op == "sum"] == ["iteration 1", "iteration 2"]
    assert not any(step.op == "mul" for step in recording.steps)  # computed in the other process
