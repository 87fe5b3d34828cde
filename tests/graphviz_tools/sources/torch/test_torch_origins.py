"""No tensor comes from nowhere: casts, copies and constructors are steps, and each input has its name."""

from __future__ import annotations

import copy
import pickle
from collections import namedtuple
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from graphviz_tools import Recording, record_torch


def labels(recording: Recording, kind: str) -> list[str]:
    return [node.label for node in recording.nodes if node.kind == kind]


def sources(recording: Recording, op: str) -> list[str]:
    """The labels of what the first step of `op` reads."""
    node = next(step.node for step in recording.steps if step.op == op)
    edges = sorted(
        (e.target_slot, e.source) for e in recording.edges if e.target == node and e.kind == "data"
    )
    return [recording.nodes[source].label for _, source in edges]


@pytest.mark.parametrize(
    ("make", "op", "read"),
    [
        (lambda x: x.type(torch.float64), "type", ["x"]),
        (lambda x: x.type(torch.DoubleTensor), "type", ["x"]),
        (lambda x: x.type_as(torch.ones(1, dtype=torch.float64)), "type_as", ["x", "ones"]),
        (lambda x: copy.deepcopy(x), "deepcopy", ["x"]),
        (lambda x: torch.Tensor(x), "Tensor", ["x"]),
        (lambda x: torch.Tensor([1.0, 2.0]), "Tensor", []),
        (lambda x: torch.Tensor(2, 3).zero_(), "Tensor", []),
        (lambda x: torch.tensor([1.0, 2.0]), "tensor", []),
        (lambda x: torch.eye(2), "eye", []),
        (lambda x: x.new_zeros(2), "new_zeros", ["x"]),
        (lambda x: torch.from_numpy(np.ones(2)), "from_numpy", []),
        (lambda x: torch.from_numpy(x.numpy()), "from_numpy", ["x"]),
        (lambda x: torch.as_tensor(x.numpy()), "as_tensor", ["x"]),
        (lambda x: torch.frombuffer(bytearray(8), dtype=torch.float32), "frombuffer", []),
        (lambda x: torch.from_dlpack(x), "from_dlpack", ["x"]),
        (lambda x: torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(x)), "from_dlpack", ["x"]),
        (lambda x: torch.from_dlpack(x.numpy()), "from_dlpack", ["x"]),
        (lambda x: torch.FloatTensor([1.0, 2.0]), "FloatTensor", []),
        (lambda x: torch.FloatTensor(x), "FloatTensor", ["x"]),
        (lambda x: torch.LongTensor(2, 3).zero_(), "LongTensor", []),
        (lambda x: torch.FloatTensor(np.ones(2, np.float32)), "FloatTensor", []),
        (lambda x: x.new([1.0, 2.0]), "new", ["x"]),
        (lambda x: torch.asarray([1.0, 2.0]), "asarray", []),
        (lambda x: torch.complex(x, x), "complex", ["x", "x"]),
        (lambda x: torch.sparse_coo_tensor([[0, 1]], x, (2,)), "sparse_coo_tensor", ["x"]),
        (lambda x: torch.nested.nested_tensor([x, x]), "nested_tensor", ["x"]),
    ],
)  # fmt: skip
def test_what_makes_a_tensor_is_a_step_at_its_line(
    make: Callable[[Any], Any], op: str, read: list[str]
) -> None:
    x = torch.ones(2)
    recording = record_torch(lambda x: make(x), x, backward=False)
    assert op in [step.op for step in recording.steps]
    step = next(step for step in recording.steps if step.op == op)
    assert step.line is not None and step.line.file == __file__
    assert sources(recording, op) == read
    assert set(labels(recording, "input")) <= {"x", "x (never read)"}


TYPES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")


def test_a_typed_constructor_is_a_step_with_its_numbers() -> None:
    recording = record_torch(
        lambda: [getattr(torch, f"{kind}Tensor")([1, 0]) for kind in TYPES], backward=False
    )
    assert [step.op for step in recording.steps] == [f"{kind}Tensor" for kind in TYPES]
    assert [step.writes[0].numbers for step in recording.steps] == [(1, 0)] * len(TYPES)
    dtypes = [str(getattr(torch, f"{kind}Tensor").dtype).removeprefix("torch.") for kind in TYPES]
    assert [step.writes[0].dtype for step in recording.steps] == dtypes
    assert labels(recording, "input") == []


def test_a_typed_class_answers_as_it_does_without_recording() -> None:
    own, answers = torch.FloatTensor, []

    def ask() -> list[Any]:
        kind, x = torch.FloatTensor, torch.ones(2)
        torch.set_default_tensor_type(torch.DoubleTensor)
        torch.set_default_tensor_type("torch.FloatTensor")
        return [
            isinstance(x, kind), isinstance(x, torch.LongTensor), x.type(torch.DoubleTensor).dtype, kind.dtype,
            kind == own, {own: 1}[kind], repr(kind), pickle.loads(pickle.dumps(kind)) == own, torch.get_default_dtype(),
        ]  # fmt: skip

    record_torch(lambda: answers.append(ask()), backward=False)
    assert answers == [ask()]
    assert torch.FloatTensor is own


def test_a_question_about_the_type_adds_no_step() -> None:
    assert [s.op for s in record_torch(lambda x: x.type() and x * 2, torch.ones(2)).steps] == ["mul"]


def test_a_copy_that_shares_memory_hangs_on_its_original() -> None:
    recording = record_torch(lambda x: copy.copy(x) * 2, torch.ones(2), backward=False)
    assert labels(recording, "input") == ["x"]
    assert sources(recording, "requires_grad =") == ["x"]


def test_numbers_that_go_to_numpy_are_a_step_of_what_they_come_from() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.sin(x.numpy())) + 1

    recording = record_torch(program, torch.ones(2))
    assert [step.op for step in recording.steps] == ["numpy", "from_numpy", "add"]
    assert sources(recording, "numpy") == ["x"]


def test_the_functions_are_pytorchs_own_again_afterwards() -> None:
    before = torch.from_numpy, torch.from_dlpack, torch.frombuffer
    record_torch(lambda: torch.Tensor([1.0]))
    assert (torch.from_numpy, torch.from_dlpack, torch.frombuffer) == before
    assert "__new__" not in vars(torch.Tensor)
    assert torch.Tensor([1.0]).tolist() == [1.0]


def test_a_failing_constructor_leaves_the_recording_as_it_was() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        try:
            torch.from_numpy("no array")  # pyright: ignore[reportArgumentType]
        except TypeError:
            x = x * 2
        return x + 1

    assert [step.op for step in record_torch(program, torch.ones(2)).steps] == ["mul", "add"]


def test_a_class_of_tensors_is_constructed_as_if_nobody_recorded() -> None:
    class Own(torch.Tensor):
        pass

    made: list[torch.Tensor] = []
    record_torch(lambda: made.append(Own([1.0, 2.0])))
    assert type(made[0]) is Own and made[0].tolist() == [1.0, 2.0]


class Settings:
    __slots__ = ("rate",)

    def __init__(self, rate: torch.Tensor) -> None:
        self.rate = rate


class Plain:
    def __init__(self) -> None:
        self.scale = torch.ones(2)
        self.parts = {"bias": [torch.ones(2)]}
        self.settings = Settings(torch.ones(2))


@dataclass
class Batch:
    x: torch.Tensor
    y: list[torch.Tensor]


Pair = namedtuple("Pair", "left right")


def test_inputs_have_the_names_that_python_has_for_them() -> None:
    def program(ab: Any, plain: Plain, batch: Batch, pair: Pair, *rest: Any, key: Any) -> torch.Tensor:
        total = (
            ab[0]
            + ab[1][1]
            + plain.scale
            + plain.parts["bias"][0]
            + plain.settings.rate
            + batch.x
            + batch.y[1]
        )
        return total + pair.right + rest[0] + key["mask"]

    one = [torch.ones(2) for _ in range(9)]
    recording = record_torch(
        program, [one[0], (1, one[1])], Plain(), Batch(one[2], [one[3], one[4]]), Pair(one[5], one[6]), one[7],
        key={"mask": one[8]}, backward=False,
    )  # fmt: skip
    assert labels(recording, "input") == [
        "ab[0]", "ab[1][1]", "plain.scale", "plain.parts['bias'][0]", "plain.settings.rate", "batch.x", "batch.y[1]",
        "pair.right", "rest[0]", "key['mask']", "batch.y[0] (never read)", "pair.left (never read)",
    ]  # fmt: skip


def test_outputs_have_names_too() -> None:
    def program(x: torch.Tensor) -> Any:
        plain = Plain()
        plain.parts = {}
        plain.scale = x * 2
        return {"loss": x.sum(), "rest": (plain, Batch(x + 1, []))}

    recording = record_torch(program, torch.ones(2), backward=False)
    assert labels(recording, "output") == [
        "output['loss']", "output['rest'][0].scale", "output['rest'][0].settings.rate", "output['rest'][1].x",
    ]  # fmt: skip


def test_a_single_output_is_called_output() -> None:
    assert labels(record_torch(lambda x: x * 2, torch.ones(2)), "output") == ["output"]


def test_generators_name_what_they_give_and_are_asked_for_what_they_return() -> None:
    def doubled(items: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
        for item in items:
            yield item * 2

    given = [torch.ones(2), torch.ones(2)]
    recording = record_torch(doubled, (tensor for tensor in given), backward=False)
    assert labels(recording, "input") == ["items[0]", "items[1]"]
    assert labels(recording, "output") == ["output[0]", "output[1]"]


def test_a_generator_gets_what_is_sent_to_it() -> None:
    heard: list[Any] = []

    def speaker() -> Any:
        heard.append((yield torch.ones(2)))
        try:
            yield torch.ones(2)
        except ValueError as error:
            heard.append(str(error))
        return "end"

    def program(items: Any) -> None:
        next(items)
        items.send("word")
        with pytest.raises(StopIteration, match="end"):
            items.throw(ValueError("oh"))

    assert not record_torch(program, speaker(), backward=False).error
    assert heard == ["word", "oh"]


def test_an_input_that_is_never_read_says_so() -> None:
    recording = record_torch(lambda x, y: x * 2, torch.ones(2), torch.ones(2))
    assert labels(recording, "input") == ["x", "y (never read)"]


def test_a_module_that_returns_its_input_is_a_step() -> None:
    class Passes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    net = nn.Sequential(nn.Identity(), nn.Linear(2, 2), Passes(), nn.Identity())
    recording = record_torch(net, torch.ones(1, 2))
    forward = [step for step in recording.steps if step.phase == "forward"]
    assert [step.op for step in forward] == ["Identity", "linear", "Passes", "Identity"]
    assert [step.scope[-1] for step in forward] == ["0", "1", "2", "3"]
    assert sources(recording, "linear")[0] == "Identity" and sources(recording, "Passes") == ["linear"]


def test_a_module_of_pytorchs_own_has_the_line_that_recorded_it() -> None:
    recording = record_torch(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.ones(1, 2))  # this line
    lines = {step.line.text for step in recording.steps if step.line is not None}
    assert all(step.line is not None for step in recording.steps) and len(lines) == 1
    assert "this line" in lines.pop()
    assert any("this line" in source.text for source in recording.sources)


def test_a_forward_in_a_pool_of_threads_keeps_its_autograd_nodes_apart() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda i: torch.sin(x[i]) * 2, range(2)))
        return torch.stack(parts).sum()

    recording = record_torch(program, torch.randn(2, 3, requires_grad=True))
    ran = [step.op for step in recording.steps if step.phase == "backward"]
    assert sorted(ran) == sorted(
        ["backward", "SumBackward0", "StackBackward0", *["MulBackward0", "SinBackward0", "SelectBackward0"] * 2,
         "AccumulateGrad"]
    )  # fmt: skip


def test_a_call_that_gives_back_its_tensor_is_a_step_that_says_so() -> None:
    def program(x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        z = y.to(torch.float32).contiguous()
        return z.double().sum()

    recording = record_torch(program, torch.ones(3))
    said = {step.op: step.note for step in recording.steps}
    assert list(said) == ["mul", "to", "contiguous", "double", "sum"]
    assert said["to"] == said["contiguous"] and said["to"].startswith(
        "Gives back the tensor that it was given"
    )
    assert said["mul"] == said["double"] == said["sum"] == ""


def test_a_layer_that_may_run_fused_is_one_step_only_where_no_gradient_is_computed() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = torch.ones(1, 3, 8)
    watched = record_torch(lambda x: layer(x).sum(), x)
    assert sum(step.op == "linear" for step in watched.steps) == 2
    assert not any("without gradients" in step.note for step in watched.steps)
    with torch.no_grad():
        fused = record_torch(layer, x)
    assert [step.op for step in fused.steps if "without gradients" in step.note] == [
        "TransformerEncoderLayer"
    ]


@pytest.mark.parametrize("by_layer", [True, False])
def test_running_statistics_are_read_as_the_last_batch_left_them(by_layer: bool) -> None:
    norm, x = nn.BatchNorm1d(2), torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None

    def program() -> torch.Tensor:
        for _ in range(2):
            if by_layer:
                norm(x)
            else:
                torch.batch_norm(x, norm.weight, norm.bias, mean, variance, True, 0.1, 1e-5, False)
        return mean * 1 + variance * 1

    recording = record_torch(program, backward=False)
    means, variances = [s.reads[0].numbers for s in recording.steps if s.op == "mul"]
    assert means == tuple(mean.tolist()) and variances == tuple(variance.tolist())
    first, second = [step for step in recording.steps if step.op == "batch_norm"]
    assert [v.numbers for v in second.writes[1:]] == [means, variances]
    read = [step.node for step in recording.steps if step.op == "mul"]
    assert {e.source for e in recording.edges if e.target in read and e.kind == "data"} == {second.node}
    assert any((e.source, e.target) == (first.node, second.node) for e in recording.edges)
    assert [v.numbers for v in second.reads if v.name.endswith("mean")] == [pytest.approx((0.2, 0.4))]


def _written_through_its_array(x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    y.detach().numpy()[0] = 5
    return y + 1


def _written_through_the_array_it_is_made_of(x: torch.Tensor) -> torch.Tensor:
    array = np.ones(3, np.float32)
    y = torch.from_numpy(array)
    array[0] = 5
    return y + x


def _written_by_both(x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    array = y.numpy()
    y.add_(1)
    z = y * 1
    array[0] = 5
    return y + z


@pytest.mark.parametrize(
    "program", [_written_through_its_array, _written_through_the_array_it_is_made_of, _written_by_both]
)
def test_a_write_through_an_array_is_seen_by_what_reads_the_tensor_next(
    program: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    recording = record_torch(program, torch.ones(3), backward=False)
    noted = [step for step in recording.steps if "outside PyTorch" in step.note]
    assert [step.op for step in noted] == ["add"]
    numbers = noted[0].reads[0].numbers
    assert numbers is not None and numbers[0] == 5
    sources = {recording.nodes[e.source].op for e in recording.edges if e.target == noted[0].node}
    assert sources & {"numpy", "from_numpy"}
    assert recording.outputs[0].numbers == tuple(program(torch.ones(3)).tolist())


def test_what_pytorch_writes_to_shared_memory_is_its_own_write() -> None:
    def program() -> torch.Tensor:
        y = torch.ones(3)
        y.numpy()
        y.add_(1)
        y.data.mul_(2)
        return y + 1

    assert not any("outside" in step.note for step in record_torch(program).steps)


def test_a_write_through_an_array_from_before_the_recording_is_seen() -> None:
    history = np.zeros(3, np.float32)
    total = torch.from_numpy(history)

    def program() -> None:
        for turn in range(3):
            history[turn] = turn
            total.sum()

    recording = record_torch(program)
    assert [step.writes[0].numbers for step in recording.steps] == [(0.0,), (1.0,), (3.0,)]
    reads = [step.reads[0].numbers for step in recording.steps]
    assert reads == [(0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 1.0, 2.0)]
