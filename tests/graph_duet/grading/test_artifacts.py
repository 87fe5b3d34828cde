"""An artifact is data: whatever is written into it by hand runs operations on tensors, and nothing else."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from graph_duet.grading.artifacts.transfer import ArtifactError, decoded, encoded


def program(*calls: dict[str, Any]) -> Any:
    """A program that somebody wrote by hand: its one input, then these calls, of which the last is the result."""
    place = {"op": "placeholder", "name": "x", "target": "x", "args": [], "kwargs": {}}
    nodes = [{"kwargs": {}, "op": "call_function", "name": f"n{i}", **call} for i, call in enumerate(calls)]
    end = {
        "op": "output",
        "name": "end",
        "target": "output",
        "args": [{"node": nodes[-1]["name"]}],
        "kwargs": {},
    }
    return decoded(
        {"kind": "torch", "nodes": [place, *nodes, end], "constants": {}, "graphs": {}, "sizes": {}}
    )


X = {"node": "x"}
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
