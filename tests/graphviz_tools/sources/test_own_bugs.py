"""A bug of ours shows its traceback; it does not become an error of the program that was recorded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from graphviz_tools import (
    record_compiled,
    record_jax,
    record_onnx,
    record_tensorflow_eager,
    record_torch,
    recording_torch,
)
from graphviz_tools.errors import InternalError
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.own_bugs import is_own_bug, raised_in

tf = import_tensorflow()


def double(x: Any) -> Any:
    return x * 2


def onnx_double() -> onnx.ModelProto:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "double", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def torch_double() -> Any:
    return record_torch(double, torch.ones(2, requires_grad=True))


def eager_double() -> Any:
    return record_tensorflow_eager(double, tf.ones(2))


RECORDERS: dict[str, tuple[str, Callable[[], Any]]] = {
    "jax, its run": ("jax.run._read", lambda: record_jax(double, jnp.ones(2))),
    "jax, its reader": ("jax.graph.JaxprReader.read", lambda: record_jax(double, jnp.ones(2))),
    "onnx, its run": ("onnx.run.OnnxRun._values", lambda: record_onnx(onnx_double(), [1.0, 2.0])),
    "onnx, its reader": ("onnx.graph.OnnxReader.read", lambda: record_onnx(onnx_double())),
    "script": (
        "compiled.torchscript_run.values_in",
        lambda: record_compiled(double, torch.ones(2), how="trace"),
    ),
    "export": ("compiled.fx_run.inputs_of", lambda: record_compiled(double, torch.ones(2), how="export")),
    "compile, its run": ("compiled.fx_run.inputs_of", lambda: record_compiled(double, torch.ones(2))),
    "compile, in Dynamo": ("compiled.dynamo.ending_break", lambda: record_compiled(double, torch.ones(2))),
    "torch, its arguments": ("torch.recorder.tensor_paths", torch_double),
    "torch, before a call": ("torch.function_mode._operands", torch_double),
    "torch, after a call": ("torch.function_mode._Call._wrote", torch_double),
    "torch, before the engine": ("torch.engine.EngineRun._begin", torch_double),
    "torch, in the engine": ("torch.engine.EngineRun._step", torch_double),
    "eager, its arguments": ("tensorflow.eager.recorder.argument_names", eager_double),
    "eager, an op": ("tensorflow.eager.trace.op_note", eager_double),
}


@pytest.mark.parametrize(("name", "record"), RECORDERS.values(), ids=RECORDERS)
def test_a_bug_of_a_recorder_is_raised(
    name: str, record: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_named: Any) -> None:
        raise TypeError("a bug of ours")

    monkeypatch.setattr(f"graphviz_tools.sources.{name}", broken)
    with pytest.raises(InternalError, match=r"please report it.*a bug of ours") as raised:
        record()
    behind = raised.value.__cause__
    assert behind is not None and raised_in(behind, str(Path(__file__).parent))  # its traceback is kept


def test_the_program_is_not_stopped_by_a_bug_of_the_recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphviz_tools.sources.torch.function_mode._Call._wrote", None)
    results: list[Any] = []
    recorder = recording_torch()
    with pytest.raises(InternalError), recorder:
        results.append((torch.ones(2) * 2).tolist())
    assert results == [[2, 2]]
    assert recorder.recording is not None and "not understood" in recorder.recording.omitted[0].why


ERRORS_OF_PROGRAMS: dict[str, Callable[[], Any]] = {
    "an argument is missing": lambda: record_jax(double),
    "jax": lambda: record_jax(lambda x: x + None, jnp.ones(2)),
    "compile": lambda: record_compiled(lambda x: [x][1], torch.ones(2)),
    "compile, an argument is missing": lambda: record_compiled(double),
    "export": lambda: record_compiled(double, how="export"),
    "trace": lambda: record_compiled(double, how="trace"),
    "torch": lambda: record_torch(double),
    "eager": lambda: record_tensorflow_eager(double),
}


@pytest.mark.parametrize("record", ERRORS_OF_PROGRAMS.values(), ids=ERRORS_OF_PROGRAMS)
def test_a_mistake_in_the_program_stays_its_own(record: Callable[[], Any]) -> None:
    assert record().error


def test_an_error_of_the_program_is_not_our_bug() -> None:
    with pytest.raises(KeyError) as raised:
        operator.getitem({}, "missing")
    assert not is_own_bug(raised.value)
