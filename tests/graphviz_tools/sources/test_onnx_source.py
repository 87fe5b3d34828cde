"""record_onnx tells the graph in a file, and the values that onnxruntime computes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graphviz_tools.errors import UserError
from graphviz_tools.recording import Recording

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
from onnx import TensorProto, helper, numpy_helper, parser  # noqa: E402

from graphviz_tools.sources.onnx.recorder import record_onnx  # noqa: E402

HEAD = '<ir_version: 8, opset_import: ["" : 17]>'


def model_of(text: str) -> Callable[[], Any]:
    return lambda: parser.parse_model(HEAD + text)


def perceptron() -> Any:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], name="/hidden/Gemm"),
        helper.make_node("Relu", ["h"], ["y"], name="/Relu"),
    ]
    weights = [
        numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(3, 2), "w"),
        numpy_helper.from_array(np.array([-20, 1], dtype=np.float32), "b"),
    ]
    graph = helper.make_graph(
        nodes,
        "perceptron",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 2])],
        weights,
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(3, 2)

    def forward(self, x):
        h = self.fc(x)
        return torch.tanh(h)


def from_torch() -> Any:
    torch.manual_seed(0)
    return torch.onnx.export(Net(), (torch.ones(1, 3),), dynamo=True, verbose=False).model_proto


BRANCH = """
branch (float[3] x) => (float[3] y) {
    zero = Constant <value = float {0}> ()
    total = ReduceSum <keepdims = 0> (x)
    positive = Greater (total, zero)
    y = If (positive) <
        then_branch = then () => (float[3] up) { up = Add (x, x) },
        else_branch = other () => (float[3] down) { down = Neg (x) }
    >
}"""
LOOP = """
loop (int64 n, float[2] x) => (float[2] last, float[k, 2] all) {
    go = Constant <value = bool {1}> ()
    last, all = Loop (n, go, x) <
        body = turn (int64 i, bool c, float[2] s) => (bool again, float[2] next, float[2] row) {
            again = Identity (c)
            next = Add (s, x)
            row = Identity (next)
        }
    >
}"""
ONE, X = np.ones(3, np.float32), np.array([[1, 2, 3]], np.float32)
MODELS: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {
    "perceptron": (perceptron, (X,)),
    "arithmetic": (
        model_of("sums (float[3] a, float[3] b) => (float[3] c) { d = Mul (a, b) c = Sqrt (d) }"), (ONE, ONE)
    ),
    "integers": (model_of("ints (int64[2] a) => (int64 s) { s = ReduceSum <keepdims = 0> (a) }"), ([3, 4],)),
    "branch taken": (model_of(BRANCH), (ONE,)),
    "branch not taken": (model_of(BRANCH), (-ONE,)),
    "loop": (model_of(LOOP), (3, [1.0, 2.0])),
    "several outputs": (
        model_of("split (float[4] a) => (float[2] b, float[2] c) { b, c = Split (a) }"), ([1, 2, 3, 4],)
    ),
    "from PyTorch": (from_torch, (X,)),
}  # fmt: skip
ALL = pytest.mark.parametrize("name", MODELS)


@cache
def built(name: str) -> Any:
    return MODELS[name][0]()


@cache
def recorded(name: str) -> Recording:
    return record_onnx(built(name), *MODELS[name][1])


def names_in(graph: Any) -> list[str]:
    """The op types and tensor names of a graph and of the graphs in it."""
    found = [f"input {i.name}" for i in graph.input if i.name not in {t.name for t in graph.initializer}]
    found += [f"parameter {t.name}" for t in graph.initializer] + [f"output {o.name}" for o in graph.output]
    for node in graph.node:
        for attribute in node.attribute:
            found += names_in(attribute.g) if attribute.HasField("g") else []
        found.append(node.op_type)
    return sorted(found)


@ALL
def test_the_nodes_are_those_of_the_file_with_both_branches_and_the_body(name: str):
    ops = [
        n.op if n.kind in ("op", "branch", "constant") else f"{n.kind} {n.name}" for n in recorded(name).nodes
    ]
    assert sorted(ops) == names_in(built(name).graph)


@ALL
def test_what_it_gives_is_what_a_plain_session_gives(name: str):
    session = onnxruntime.InferenceSession(
        built(name).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
    feeds = {
        i.name: np.asarray(a, kinds[i.type])
        for i, a in zip(session.get_inputs(), MODELS[name][1], strict=True)
    }
    plain = session.run(None, feeds)
    assert not recorded(name).error
    assert [v.shape for v in recorded(name).outputs] == [a.shape for a in plain]
    for value, array in zip(recorded(name).outputs, plain, strict=True):
        assert value.numbers == pytest.approx(array.ravel().tolist())


def test_every_value_on_the_way_is_seen():
    written = {
        s.op: s.writes[0].numbers for s in recorded("perceptron").steps if s.phase == "run" and s.writes
    }
    assert written["Gemm"] == (-4.0, 23.0)
    assert written["Relu"] == (0.0, 23.0)


def test_before_the_run_nothing_has_a_number_and_shapes_are_inferred():
    traced = [s for s in recorded("perceptron").steps if s.phase == "trace"]
    assert all(v.numbers is None for s in traced for v in s.writes)
    assert {v.text for s in traced for v in s.writes} >= {"x: float32[batch, 3]", "h: float32[batch, 2]"}


@pytest.mark.parametrize(
    ("name", "taken", "other"), [("branch taken", "then", "else"), ("branch not taken", "else", "then")]
)
def test_both_branches_are_built_and_only_the_taken_one_runs(name: str, taken: str, other: str):
    recording = recorded(name)
    assert {("y", "then"), ("y", "else")} <= {n.scope for n in recording.nodes}
    ran = {s.scope for s in recording.steps if s.phase == "run"}
    assert ("y", taken) in ran
    assert ("y", other) not in ran
    (control,) = [s.control for s in recording.steps if s.control]
    assert (control.decided, control.taken) == (str(taken == "then"), taken)


def test_a_loop_has_one_body_and_runs_it_once_a_turn_with_what_lies_around_it():
    recording = recorded("loop")
    assert sum(n.op == "Add" for n in recording.nodes) == 1
    sums = [s.writes[0].numbers for s in recording.steps if s.op == "Add" and s.phase == "run"]
    assert sums == [(2.0, 4.0), (3.0, 6.0), (4.0, 8.0)]


def test_modules_in_names_are_scopes_and_exported_lines_are_kept():
    assert {n.scope for n in recorded("perceptron").nodes if n.op == "Gemm"} == {("hidden",)}
    lines = {n.op: n.line.text for n in recorded("from PyTorch").nodes if n.line}
    assert lines == {"Gemm": "h = self.fc(x)", "Tanh": "return torch.tanh(h)"}


def test_a_file_is_read_without_being_run(tmp_path: Path):
    onnx.save(perceptron(), tmp_path / "net.onnx")
    recording = record_onnx(tmp_path / "net.onnx")
    assert [phase for phase, *_ in recording.phases()] == ["trace"]
    assert [n.op for n in recording.nodes] == ["input", "parameter", "parameter", "Gemm", "Relu", "output"]


def test_inputs_go_by_name_too():
    assert record_onnx(perceptron(), x=X).outputs[0].numbers == (0.0, 23.0)


def test_bad_files_and_inputs_are_refused_in_one_line(tmp_path: Path):
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(UserError, match=r"there is no file 'missing\.onnx'"):
        record_onnx("missing.onnx")
    with pytest.raises(UserError, match="is not a readable ONNX model"):
        record_onnx(tmp_path / "bad.onnx")
    with pytest.raises(UserError, match="the model's inputs are x; got 2 by place"):
        record_onnx(perceptron(), X, X)
    with pytest.raises(UserError, match=r"needs the path of a file or an onnx\.ModelProto; got int"):
        record_onnx(3)
    empty = helper.make_model(helper.make_graph([helper.make_node("If", ["c"], [])], "g", [], []))
    with pytest.raises(UserError, match=r"^the model is not valid ONNX: .+$"):
        record_onnx(empty)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.onnx", b"\xff"), ("b.onnx", b""), ("c.json", b"{"), ("d.textproto", b"x {"), ("e.json", b"\xff")],
)
def test_a_damaged_file_of_each_format_is_refused_in_one_line(name: str, content: bytes, tmp_path: Path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=r"is not a readable ONNX model: .") as refused:
        record_onnx(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_an_error_without_words_is_named_and_a_bug_of_ours_is_shown(tmp_path: Path, monkeypatch):
    def raising(error: Exception):
        def check(model: object) -> None:
            raise error

        monkeypatch.setattr(onnx.checker, "check_model", check)

    onnx.save(perceptron(), tmp_path / "net.onnx")
    raising(onnx.checker.ValidationError())
    with pytest.raises(UserError, match="is not a readable ONNX model: ValidationError"):
        record_onnx(tmp_path / "net.onnx")
    for bug in (AttributeError("a bug of ours"), ValueError("a bug of ours")):
        raising(bug)
        with pytest.raises(type(bug), match="a bug of ours") as raised:
            record_onnx(tmp_path / "net.onnx")
        assert raised.value is bug  # a UserError is a ValueError too


def test_a_file_whose_numbers_are_missing_is_refused_in_one_line(tmp_path: Path):
    model = perceptron()
    onnx.save(model, tmp_path / "net.onnx", save_as_external_data=True, location="numbers", size_threshold=0)
    whole = (tmp_path / "numbers").read_bytes()
    (tmp_path / "numbers").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"is not a readable ONNX model: ."):
        record_onnx(tmp_path / "net.onnx")


def test_a_failing_model_gives_one_line():
    recording = record_onnx(perceptron(), np.ones((1, 5), np.float32))
    assert recording.error
    assert "\n" not in recording.error
    assert recording.nodes
