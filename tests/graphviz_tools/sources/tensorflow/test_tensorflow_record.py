"""What a recording of a `tf.function` tells: two times, lines, branches, turns, effects, errors, budgets."""

# ruff: noqa: SIM108
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import Recording, Step
from graphviz_tools.sources.tensorflow import function, graph_reader, op_kernel
from graphviz_tools.sources.tensorflow.recorder import record_tensorflow
from graphviz_tools.transforms.simplify import without_plumbing

tf = import_tensorflow()


def branchy(x: Any, n: Any) -> Any:
    if x > 0:
        y = x * 2
    else:
        y = x - 1
    while n > 0:
        y = y + x
        n -= 1
    return y


def values(recording: Recording, op: str) -> list[tuple[Any, ...] | None]:
    return [s.writes[0].numbers for s in recording.steps if s.phase == "run" and s.op == op and s.writes]


def of_phase(recording: Recording, phase: str) -> list[Step]:
    return [s for s in recording.steps if s.phase == phase]


def test_building_comes_first_and_knows_no_number() -> None:
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(2))
    assert [phase for phase, _, _ in recording.phases()] == ["trace", "run"]
    [multiply] = [s for s in of_phase(recording, "trace") if s.op == "Mul"]
    assert multiply.writes[0].is_handle
    assert multiply.writes[0].text == 'Tensor("cond/mul:0", shape=(), dtype=float32)'
    assert {s.op for s in of_phase(recording, "run")} <= {s.op for s in of_phase(recording, "trace")}
    assert not [n for s in of_phase(recording, "run") for n in s.nodes]


def test_both_branches_are_built_and_one_is_run() -> None:
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(0))
    scopes = {scope.path: scope.kind for scope in recording.scopes}
    assert scopes["cond", "then"] == scopes["cond", "else"] == "branch"
    assert scopes["while", "body"] == "body"
    assert scopes["while", "cond"] == "cond"
    [decided] = [s.control for s in recording.steps if s.control and s.control.kind == "branch"]
    assert (decided.decided, decided.taken) == ("True", "then")
    assert values(recording, "Mul") == [(6.0,)]
    assert values(recording, "Sub") == []


def test_a_loop_shows_each_turn_with_its_values() -> None:
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(2))
    turns = [s for s in recording.steps if s.phase == "run" and s.op == "AddV2" and s.line is not None]
    turns = [s for s in turns if s.line is not None and s.line.text == "y = y + x"]
    assert [s.scope for s in turns] == [("while", "body", "iteration 1"), ("while", "body", "iteration 2")]
    assert [s.writes[0].numbers for s in turns] == [(9.0,), (12.0,)]
    decisions = [s.control for s in recording.steps if s.control and s.control.kind == "loop"]
    assert [(c.decided, c.taken, c.iteration) for c in decisions] == [
        ("True", "body", 1),
        ("True", "body", 2),
        ("False", "exit", None),
    ]


def test_every_op_stands_on_the_line_that_made_it() -> None:
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(2))
    lines = {n.name: n.line.text for n in recording.nodes if n.line is not None}
    assert lines["x"] == "def branchy(x: Any, n: Any) -> Any:"
    assert lines["Greater"] == lines["cond"] == "if x > 0:"
    assert lines["cond/mul"] == "y = x * 2"
    assert lines["cond/sub"] == "y = x - 1"
    assert lines["while"] == "while n > 0:"
    assert lines["while/add"] == "y = y + x"
    assert lines["while/sub"] == "n -= 1"
    assert lines["Identity"] == "return y"
    [source] = recording.sources
    assert source.text.startswith("def branchy")
    assert source.text.endswith("return y")


def test_a_function_that_was_traced_is_not_traced_again() -> None:
    log: list[str] = []

    @tf.function
    def fn(x: Any) -> Any:
        log.append("traced")
        return x + 1.0

    fn(tf.constant(1.0))
    recording = record_tensorflow(fn, tf.constant(5.0))
    assert log == ["traced"]
    assert recording.outputs[0].numbers == (6.0,)
    assert fn.experimental_get_tracing_count() == 1


def test_an_assignment_shows_the_variable_before_and_after_and_happens_once() -> None:
    count = tf.Variable(5.0, name="count")

    def fn(x: Any) -> Any:
        count.assign_add(x)
        return count * 2.0

    recording = record_tensorflow(fn, tf.constant(2.0))
    [step] = [s for s in recording.steps if s.phase == "run" and s.op == "AssignAddVariableOp"]
    assert step.reads[0].numbers == (5.0,)
    assert step.writes[0].numbers == (7.0,)
    assert step.writes[0].name == "count:0"
    assert float(count) == 7.0
    assert [n.label for n in recording.nodes if n.kind == "parameter"] == ["count"]


def test_a_python_number_is_baked_in_and_a_tensor_is_not() -> None:
    def fn(x: Any, n: Any) -> Any:
        return x * n

    baked = record_tensorflow(fn, tf.constant(2.0), 3.0)
    assert [n.label for n in baked.nodes if n.kind == "input"] == ["x"]
    assert [n.label for n in baked.nodes if n.kind == "constant"] == ["3.0"]
    fed = record_tensorflow(fn, tf.constant(2.0), tf.constant(3.0))
    assert [n.label for n in fed.nodes if n.kind == "input"] == ["x", "n"]


def test_what_nothing_needs_is_built_and_not_run() -> None:
    def fn(x: Any) -> Any:
        _ = tf.exp(x)
        return x + 1.0

    recording = record_tensorflow(fn, tf.constant(2.0))
    assert "Exp" in {s.op for s in of_phase(recording, "trace")}
    assert "Exp" not in {s.op for s in of_phase(recording, "run")}


def test_an_error_while_tracing_keeps_the_graph_up_to_it() -> None:
    def fn(x: Any) -> Any:
        y = x * 2.0
        raise ValueError("no further")
        return y

    recording = record_tensorflow(fn, tf.constant(2.0))
    assert recording.error == "ValueError: no further"
    assert "Mul" in {n.op for n in recording.nodes}
    assert recording.steps[-1].error == recording.error
    assert recording.steps[-1].line is not None
    assert recording.steps[-1].line.text == 'raise ValueError("no further")'


def test_an_error_while_running_is_shown_at_its_op_with_what_it_read() -> None:
    def fn(x: Any) -> Any:
        y = tf.math.log(x)
        z = tf.debugging.check_numerics(y, "not a number")
        return z * 2.0

    recording = record_tensorflow(fn, tf.constant(-1.0))
    assert recording.error == "InvalidArgumentError: not a number : Tensor had NaN values"
    last = recording.steps[-1]
    assert (last.op, last.error) == ("CheckNumerics", recording.error)
    assert np.isnan(last.reads[0].numbers[0])  # type: ignore[index]
    assert recording.outputs == ()


def test_a_budget_of_steps_changes_no_result_and_is_reported() -> None:
    def fn(n: Any) -> Any:
        total = 0
        while n > 0:
            total += n
            n -= 1
        return total * 10

    full = record_tensorflow(fn, tf.constant(50))
    short = record_tensorflow(fn, tf.constant(50), max_steps=40)
    assert full.omitted == ()
    assert short.outputs[0].numbers == full.outputs[0].numbers == (12750,)
    assert len(of_phase(short, "run")) == 40
    [omission] = short.omitted
    assert omission.what == "steps"
    assert "max_steps=40" in omission.why


def test_functions_that_a_dataset_runs_in_its_op_kernel_are_reported() -> None:
    def fn(n: Any) -> Any:
        return tf.data.Dataset.range(n).reduce(tf.constant(0, tf.int64), lambda a, b: a + b)

    recording = record_tensorflow(fn, tf.constant(4, tf.int64))
    assert recording.outputs[0].numbers == (6,)
    assert [(o.what, o.why.split()[0]) for o in recording.omitted] == [
        ("values inside a function", "ReduceDataset")
    ]


def test_large_tensors_are_shown_by_a_sample() -> None:
    recording = record_tensorflow(lambda x: x + 1.0, np.zeros((100, 200), np.float32))
    value = recording.outputs[0]
    assert value.shape == (100, 200)
    assert value.grid is not None
    assert value.numbers is not None
    assert len(value.numbers) == value.grid[0] * value.grid[1] < 300
    assert value.summary is not None
    assert value.summary.mean == 1.0


def test_what_is_not_callable_is_refused_in_one_line() -> None:
    with pytest.raises(TypeError, match="needs a function and its arguments"):
        record_tensorflow(tf.constant(1.0))  # type: ignore[arg-type]


def test_tensorflow_still_has_the_private_names_that_recording_uses() -> None:
    from tensorflow.python.eager import context, execute
    from tensorflow.python.framework.function_def_to_graph import function_def_to_graph

    assert callable(execute.execute)
    assert callable(function_def_to_graph)
    assert callable(context.context().call_function)  # type: ignore[union-attr]
    concrete = tf.function(branchy).get_concrete_function(tf.constant(1.0), tf.constant(1))
    [cond] = [op for op in concrete.graph.get_operations() if op.type == "StatelessIf"]
    assert graph_reader.graph_of(concrete.graph, cond.get_attr("then_branch").name) is not None
    assert concrete.function_type.bind(tf.constant(1.0), tf.constant(1)) is not None


def test_without_the_eager_kernel_the_same_values_come_from_small_functions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(op_kernel, "_eager_kernel", lambda op: None)
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(2))
    assert recording.error == ""
    assert recording.outputs[0].numbers == (12.0,)
    assert values(recording, "Mul") == [(6.0,)]


def test_without_the_functions_graphs_less_is_shown_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_reader, "graph_of", lambda *asked: None)
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(2))
    assert recording.outputs[0].numbers == (12.0,)
    assert not [n for n in recording.nodes if n.op == "Mul"]
    assert {o.what for o in recording.omitted} == {"function"}


def test_without_the_private_call_the_outputs_are_those_of_the_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, "whole_kernel", lambda concrete: None)
    recording = record_tensorflow(branchy, tf.constant(3.0), tf.constant(2))
    assert recording.outputs[0].numbers == (12.0,)


def test_other_rounding_by_the_optimiser_is_reported_and_a_fused_function_keeps_its_bits() -> None:
    @tf.function(jit_compile=True)
    def fused(x: Any) -> Any:
        return tf.nn.softmax(x) * 2.0

    x = tf.constant([0.12573022, -0.13210486, 0.64042264, 0.10490012])
    expected = fused(x).numpy()
    recording = record_tensorflow(fused, x)
    assert recording.outputs[0].numbers == tuple(expected.tolist())
    [alone] = values(recording, "Mul")
    assert (alone == tuple(expected.tolist())) == (not recording.omitted)
    inside = record_tensorflow(lambda x: fused(x) + 0.0, x)
    assert inside.outputs[0].numbers == tuple(expected.tolist())


def test_a_program_with_an_effect_runs_once() -> None:
    seen: list[float] = []

    def noted(x: Any) -> Any:
        return tf.numpy_function(lambda v: seen.append(float(v)) or v, [x], tf.float32)

    assert record_tensorflow(noted, tf.constant(2.0)).error == ""
    assert seen == [2.0]
    drawn = record_tensorflow(lambda: tf.random.uniform([2]))
    assert drawn.outputs[0].numbers == values(drawn, "RandomUniform")[0]


def test_a_variable_is_written_once() -> None:
    count = tf.Variable(0.0)

    def counted(x: Any) -> Any:
        return count.assign_add(x)

    recording = record_tensorflow(counted, tf.constant(2.0))
    assert (count.numpy(), recording.outputs[0].numbers) == (2.0, (2.0,))


def test_results_carry_the_names_that_the_program_gave_them() -> None:
    def several(x: Any) -> Any:
        return {"loss": x * 2.0, "parts": [x, x + 1.0]}

    recording = record_tensorflow(several, tf.constant(1.0))
    assert [n.label for n in recording.nodes if n.kind == "output"] == [
        "output loss",
        "output parts",
        "output parts",
    ]


def test_an_error_of_shapes_is_reported_without_tensorflows_names() -> None:
    recording = record_tensorflow(lambda x: tf.matmul(x, tf.ones([5, 2])), tf.ones([2, 3]))
    assert recording.error == (
        "ValueError: Dimensions must be equal, but are 3 and 5 with input shapes: [2,3], [5,2]."
    )


def test_every_turn_of_a_nested_loop_is_a_frame_inside_its_loop() -> None:
    @tf.function
    def f(n):
        total = tf.constant(0)
        for i in tf.range(n):
            for j in tf.range(i):
                total += i * j
        return total

    recording = record_tensorflow(f, tf.constant(3))
    kinds = {scope.path: scope.kind for scope in recording.scopes}
    for step in recording.steps:
        assert all(step.scope[:depth] in kinds for depth in range(1, len(step.scope) + 1))
    inner = ("while", "body", "iteration 3", "while", "body", "iteration 2")
    assert [kinds[inner[:depth]] for depth in range(1, 7)] == [
        "loop", "body", "iteration", "loop", "body", "iteration",
    ]  # fmt: skip
    assert inner in {scope.path for scope in without_plumbing(recording).scopes}


def test_a_graph_whose_devices_wait_for_each_other_runs_as_a_whole() -> None:
    """One op at a time, the first device would wait for ever; here the group has one device, so that it cannot."""

    @tf.function
    def sum_of_all(x):
        return tf.raw_ops.CollectiveReduceV2(
            input=x, group_size=1, group_key=1, instance_key=1, ordering_token=[], merge_op="Add",
            final_op="Id", communication_hint="ring",
        )  # fmt: skip

    recording = record_tensorflow(lambda x: sum_of_all(x) * 2.0, tf.constant([3.0]))
    assert recording.error == ""
    assert [output.numbers for output in recording.outputs] == [(6.0,)]
    assert [phase for phase, _, _ in recording.phases()] == ["trace"]
    assert [omission.why for omission in recording.omitted] == [
        "in CollectiveReduceV2 each device waits for the others, so the graph ran as a whole"
    ]


def test_a_type_error_of_the_recorder_is_not_the_program_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphviz_tools.sources.tensorflow.recorder.tensor_value", None)
    with pytest.raises(TypeError, match="not callable"):
        record_tensorflow(lambda x: x * 2.0, tf.constant([3.0]))
