"""TF1 programs: a graph built first, then run in sessions that the program opens itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import Recording, Step
from graphviz_tools.sources.tensorflow.recorder import record_tensorflow
from graphviz_tools.sources.tensorflow.session_watch import watching

tf = import_tensorflow()
v1 = tf.compat.v1

built: list[Any] = []


def add() -> int:
    graph = tf.Graph()
    built.append(graph)
    with graph.as_default():
        x = tf.constant(2, name="x")
        y = tf.constant(4, name="y")
        total = x + y
        with v1.Session() as session:
            return session.run(total)


def train(steps: int) -> tuple[np.ndarray, np.ndarray]:
    with tf.Graph().as_default() as graph:
        built.append(graph)
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        w = v1.get_variable("w", initializer=tf.constant([[1.0], [2.0]]))
        loss = tf.reduce_mean(tf.nn.relu(x @ w + 0.5) ** 2)
        (grad,) = tf.gradients(loss, [w])
        update = v1.assign_sub(w, 0.1 * grad)
        session = v1.Session(graph=graph)
        session.run(v1.global_variables_initializer())
        for i in range(steps):
            session.run(update, {x: [[1.0, float(i)]]})
        return session.run([loss, w], feed_dict={x: np.ones((3, 2))})


def control_flow() -> Any:
    with tf.Graph().as_default() as graph:
        built.append(graph)
        x = v1.placeholder(tf.float32, [], name="x")
        total = v1.get_variable("total", initializer=10.0, use_resource=True)
        branch = tf.cond(x > 0, lambda: x * total, lambda: x - 1.0)
        loop = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0), [tf.constant(0), branch])
        squares = tf.map_fn(lambda v: v * v, tf.stack([x, branch]))
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            return [session.run([loop, squares], {x: value}) for value in (2.0, -1.0)]


def random_draw() -> np.ndarray:
    with tf.Graph().as_default(), v1.Session() as session:
        noise = tf.random.normal([3], seed=5)
        doubled = noise * 2.0
        return np.stack([session.run(doubled), session.run(doubled)])


def reference_variable() -> list[float]:
    with tf.Graph().as_default(), v1.Session() as session:
        v = v1.get_variable("v", initializer=1.0, use_resource=False)
        step = v1.assign_add(v, 2.0)
        session.run(v.initializer)
        return [session.run(step), session.run(v), session.run(step)]


def forgets_to_feed() -> Any:
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [], name="x")
        return session.run(x * 2.0)


def divides_by_zero() -> Any:
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.int32, [], name="x")
        y = tf.constant(3) + x
        return session.run(y // x, {x: 0})


def only_builds() -> None:
    with tf.Graph().as_default():
        tf.constant(1.0) * tf.constant(2.0)


def two_graphs() -> tuple[Any, Any]:
    with tf.Graph().as_default(), v1.Session() as session:
        first = session.run(tf.constant(2.0) * 3.0)
    with tf.Graph().as_default(), v1.Session() as session:
        return first, session.run(tf.constant(first) - 1.0)


PROGRAMS = (add, lambda: train(3), control_flow, random_draw, reference_variable, two_graphs)


def runs(recording: Recording, op: str) -> list[Step]:
    return [s for s in recording.steps if s.phase == "run" and s.op == op]


def test_handles_have_names_and_no_numbers_until_the_session_runs() -> None:
    recording = record_tensorflow(add)
    [built_add] = [s for s in recording.steps if s.phase == "trace" and s.op == "AddV2"]
    assert built_add.writes[0].text == 'Tensor("add:0", shape=(), dtype=int32)'
    assert built_add.writes[0].is_handle
    assert built_add.line is not None
    assert built_add.line.text == "total = x + y"
    [ran] = runs(recording, "AddV2")
    assert ran.writes[0].numbers == (6,)
    assert [v.numbers for v in ran.reads] == [(2,), (4,)]
    assert recording.outputs[0].numbers == (6,)


def test_nodes_are_those_of_the_sessions_graph() -> None:
    for fn in (add, train, control_flow):
        built.clear()
        recording = record_tensorflow(fn, *([2] if fn is train else []))
        definition = built[0].as_graph_def()
        library = definition.library.function
        names = Counter(n.name for n in recording.nodes)
        assert Counter(n.name for n in definition.node) - names == Counter()
        # A function's definition may rename a node that shares its name with an output; the ops stay.
        ops = Counter(n.op for n in definition.node) + Counter(n.op for f in library for n in f.node_def)
        ops["Placeholder"] += sum(len(f.signature.input_arg) for f in library)
        assert Counter(n.op for n in recording.nodes) == ops


def test_a_recorded_program_returns_what_it_returns_alone() -> None:
    for fn in PROGRAMS:
        expected, recording = fn(), record_tensorflow(fn)
        assert recording.error == ""
        arrays = [np.asarray(a) for a in tf.nest.flatten(expected)]
        assert len(arrays) == len(recording.outputs)
        for array, value in zip(arrays, recording.outputs, strict=True):
            got = np.array(value.numbers, dtype=array.dtype).reshape(array.shape)
            np.testing.assert_array_equal(got, array)


def test_recording_leaves_no_patch_behind() -> None:
    before = v1.Session.run, tf.Graph.as_default
    record_tensorflow(add)
    record_tensorflow(forgets_to_feed)
    assert (v1.Session.run, tf.Graph.as_default) == before


def test_placeholders_are_fed_and_variables_assigned() -> None:
    recording = record_tensorflow(train, 2)
    fed = runs(recording, "Placeholder")
    assert [s.writes[0].numbers for s in fed] == [(1.0, 0.0), (1.0, 1.0), (1.0,) * 6]
    assert all(s.note == "Fed from outside." for s in fed)
    updates = runs(recording, "AssignSubVariableOp")
    assert len(updates) == 2
    assert updates[0].reads[0].numbers == (1.0, 2.0)
    assert updates[1].reads[0].numbers == updates[0].writes[0].numbers != (1.0, 2.0)
    last = recording.outputs[1].numbers
    assert updates[1].writes[0].numbers == last


def test_a_session_shows_the_taken_branch_and_every_iteration() -> None:
    recording = record_tensorflow(control_flow)
    decisions = [s.control.taken for s in runs(recording, "If") + runs(recording, "StatelessIf") if s.control]
    assert decisions == ["then", "else"]
    assert [s.writes[0].numbers for s in runs(recording, "Mul") if "then" in s.scope] == [(20.0,)]
    loop = [s for s in recording.steps if s.control and s.control.kind == "loop" and "map" not in s.scope]
    assert [s.control.iteration for s in loop if s.control] == [1, 2, 3, None] * 2
    doubled = [s.writes[0].numbers for s in runs(recording, "Mul") if s.scope[:2] == ("while", "body")]
    assert doubled == [(40.0,), (80.0,), (160.0,), (-4.0,), (-8.0,), (-16.0,)]


def test_what_a_session_refuses_is_shown_at_its_op() -> None:
    recording = record_tensorflow(divides_by_zero)
    assert "InvalidArgumentError" in recording.error
    assert recording.steps[-1].op == "FloorDiv"
    assert recording.steps[-1].error
    recording = record_tensorflow(forgets_to_feed)
    assert "feed" in recording.error
    assert recording.steps[-1].error == recording.error
    assert any(n.name == "x" for n in recording.nodes)


def test_a_graph_that_no_session_runs_is_still_shown() -> None:
    recording = record_tensorflow(only_builds)
    assert [n.op for n in recording.nodes] == ["Const", "Const", "Mul"]
    assert {s.phase for s in recording.steps} == {"trace"}


def test_two_graphs_lie_in_two_boxes() -> None:
    recording = record_tensorflow(two_graphs)
    assert {n.scope[0] for n in recording.nodes} == {"graph 1", "graph 2"}
    assert recording.outputs[1].numbers == (5.0,)


@pytest.mark.parametrize("error", [KeyError, TypeError, ValueError])
def test_a_bug_of_ours_does_not_make_a_run_go_unseen(error: type[Exception], monkeypatch):
    def broken(*asked):
        raise error("a bug of ours")

    monkeypatch.setattr("graphviz_tools.sources.tensorflow.session_watch.needed_ops", broken)
    with watching() as watch, pytest.raises(error, match="a bug of ours"):
        add()
    assert not watch.runs


def test_a_mistake_in_a_run_is_for_tensorflow_to_explain():
    def program():
        with tf.Graph().as_default(), v1.Session() as session:
            tf.constant(1)
            session.run("no such tensor")

    with watching() as watch, pytest.raises(ValueError, match="no such tensor"):
        program()
    assert not watch.runs
