"""An artifact is data: whatever is written into it by hand runs operations on tensors, and nothing else."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from graph_duet.grading.artifacts import torch_interpreter
from graph_duet.grading.artifacts.transfer import ArtifactError, decoded, encoded
from graphviz_tools.errors import InternalError

X = {"node": "x"}
PLACE = {"op": "placeholder", "name": "x", "target": "x", "args": [], "kwargs": {}}
END = {"op": "output", "name": "end", "target": "output", "args": [[X]], "kwargs": {}}
TORCH = {"kind": "torch", "nodes": [PLACE, END], "constants": {}, "graphs": {}, "sizes": {}}


def program(*calls: dict[str, Any]) -> Any:
    """A program that somebody wrote by hand: its one input, then these calls, of which the last is the result."""
    nodes = [{"kwargs": {}, "op": "call_function", "name": f"n{i}", **call} for i, call in enumerate(calls)]
    return decoded({**TORCH, "nodes": [PLACE, *nodes, {**END, "args": [{"node": nodes[-1]["name"]}]}]})


FORGED = {
    "an attribute of what holds the operations": {
        "target": "aten.__init__.__getattribute__",
        "args": ["__globals__"],
    },
    "a setter of theirs": {"target": "aten.__class__.__setattr__", "args": [X, "a", 1]},
    "what they hold": {"target": "aten.__dict__.clear", "args": []},
    "a file": {"target": "aten.from_file.default", "args": ["/etc/passwd", False, 8]},
    "another tensor's memory": {"target": "aten.set_.source_Tensor", "args": [X, X]},
    "a function of torch as a value": {"target": "torch.add", "args": [X, {"dtype": "torch.load"}]},
    "a function for each element": {
        "op": "call_method",
        "target": "apply_",
        "args": [X, {"dtype": "torch.exp"}],
    },
    "a pickle": {"op": "call_method", "target": "__reduce_ex__", "args": [X, 2]},
    "its address": {"op": "call_method", "target": "data_ptr", "args": [X]},
    "another module": {"target": "os.system", "args": ["true"]},
    "another operator": {"target": "_operator.attrgetter", "args": ["__class__"]},
    "another kind of node": {"op": "call_module", "target": "x", "args": []},
}


@pytest.mark.parametrize("call", FORGED.values(), ids=list(FORGED))
def test_a_torch_program_written_by_hand_reaches_no_more_than_tensors(call: dict[str, Any]) -> None:
    made = program(call)
    with pytest.raises(ArtifactError, match=r"not an operation|not one that a program may|not a constant"):
        made([1.0, 2.0])


def test_what_honest_programs_call_still_runs() -> None:
    def honest(x: torch.Tensor) -> torch.Tensor:
        h = torch.softmax(x.to(torch.float64), 0) + torch.zeros_like(x, dtype=torch.float64)
        return torch.nn.functional.gelu(h) & 1 if h.dtype == torch.int64 else h.clamp(min=0.25).T.contiguous()

    x = torch.tensor([0.5, 2.0])
    made = decoded(encoded(make_fx(honest)(x)))
    assert made(x.numpy()) == pytest.approx(honest(x).numpy())


def test_a_graph_reads_and_writes_no_file() -> None:
    tf: Any = importlib.import_module("tensorflow")

    @tf.function
    def writes(x: Any) -> Any:
        tf.io.write_file("/tmp/numpy.py", "")
        return x + 1.0

    @tf.function
    def keeps(x: Any) -> Any:
        return tf.raw_ops.ReadVariableOp(resource=total.assign_add(x).handle, dtype=tf.float32)

    total, scalar = tf.Variable(1.0), tf.TensorSpec([], tf.float32)
    with pytest.raises(ArtifactError, match=r"reads or writes outside itself \(WriteFile\)"):
        decoded(encoded(writes.get_concrete_function(scalar)))
    assert decoded(encoded(keeps.get_concrete_function(scalar)))(2.0) == 3.0


ARRAY = {"dtype": "<f4", "shape": [1], "data": "AACAPw=="}
DAMAGED: dict[str, dict[str, Any]] = {
    "no nodes": {**TORCH, "nodes": None},
    "no node": {**TORCH, "nodes": []},
    "a node without arguments": {**TORCH, "nodes": [PLACE, {**END, "args": None}]},
    "no output": {**TORCH, "nodes": [PLACE]},
    "a graph that is a number": {**TORCH, "graphs": {"body": 3}},
    "a constant without data": {**TORCH, "constants": {"c": {**ARRAY, "data": None}}},
    "an array of objects": {**TORCH, "constants": {"c": {**ARRAY, "dtype": "O"}}},
    "an array of no dtype": {**TORCH, "constants": {"c": {**ARRAY, "dtype": "float33"}}},
    "an array of another size": {**TORCH, "constants": {"c": {**ARRAY, "shape": [2]}}},
    "an array whose size is a word": {**TORCH, "constants": {"c": {**ARRAY, "shape": ["two"]}}},
    "a state that is a list": {**TORCH, "state": []},
    "a size that is a word": {**TORCH, "sizes": {"n": "x"}},
    "bytes that are not base64": {"kind": "jax", "program": "A"},
    "bytes that are not a program of JAX": {"kind": "jax", "program": "AAAA"},
    "a model without bytes": {"kind": "onnx"},
    "bytes that are not a model": {"kind": "onnx", "model": "AAAA"},
    "a dict that is not a recording": {"kind": "recording", "recording": {"format": "x"}},
    "no value": {"kind": "values"},
    "an empty value": {"kind": "values", "value": {}},
    "an unknown number": {"kind": "values", "value": {"float": "much"}},
    "a tuple of nothing": {"kind": "values", "value": {"tuple": 3}},
    "a dict of one column": {"kind": "values", "value": {"dict": [[1]]}},
    "a key that is a list": {"kind": "values", "value": {"dict": [[[1], 2]]}},
    "bytes that are not a graph": {
        "kind": "tensorflow", "graph": "AAAA", "inputs": [], "outputs": [], "control": [], "captured": {}
    },
    "a tensor of no graph": {
        "kind": "tensorflow", "graph": "", "inputs": ["x:0"], "outputs": [], "control": [], "captured": {}
    },
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_artifact_is_the_answer_s_fault(content: dict[str, Any]) -> None:
    assert decoded(TORCH)([1.0]) == [1.0], "whole, it is loaded"
    with pytest.raises(ArtifactError):
        decoded(content)


BROKEN = {
    "a value from nowhere": {"args": [{"node": "y"}, 1]},
    "too few arguments": {"args": []},
    "a slice of four": {"args": [X, {"slice": [1, 2, 3, 4]}]},
    "pairs of one": {"args": [X, {"dict": [1]}]},
    "a branch without graphs": {"target": "higher_order.cond", "args": [True, 1, 2, []]},
    "a loop of two": {"target": "higher_order.while_loop", "args": [1, 2]},
}


@pytest.mark.parametrize("call", BROKEN.values(), ids=list(BROKEN))
def test_a_program_that_cannot_run_is_the_answer_s_fault(call: dict[str, Any]) -> None:
    made = program({"target": "aten.add.Tensor", **call})
    with pytest.raises(ArtifactError):
        made([1.0, 2.0])


def test_an_internal_error_in_an_operation_stays_one() -> None:
    def failing(error: Exception) -> None:
        raise error

    with pytest.raises(InternalError, match="ours"):
        torch_interpreter._result(failing, [InternalError("ours")], {})
    with pytest.raises(ArtifactError, match="fails on such an input: theirs"):
        torch_interpreter._result(failing, [ValueError("theirs")], {})


def test_a_bug_of_ours_in_loading_or_running_is_not_the_answer_s_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def buggy(*_: Any) -> None:
        raise TypeError("a bug of ours")

    made = decoded(TORCH)
    monkeypatch.setattr("graph_duet.grading.artifacts.torch_interpreter.Interpreter._values", buggy)
    with pytest.raises(TypeError, match="a bug of ours") as raised:
        made([1.0])
    assert not isinstance(raised.value, ArtifactError)
    monkeypatch.setattr("graph_duet.grading.artifacts.torch_program.TorchProgram.__init__", buggy)
    with pytest.raises(TypeError, match="a bug of ours") as raised:
        decoded(TORCH)
    assert not isinstance(raised.value, ArtifactError)
