"""Grappler before and after, in a learner's words; and the graph that really runs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.tensorflow import optimized
from graphviz_tools.sources.tensorflow.grappler import optimised_graph, running_graph
from graphviz_tools.sources.tensorflow.optimized import record_optimized

tf = import_tensorflow()
x = tf.constant(np.arange(9, dtype=np.float32).reshape(3, 3))
w = tf.Variable(np.eye(3, dtype=np.float32), name="w")


def folds(x: Any) -> Any:
    a = tf.constant(2.0) * 3.0 + 1.0
    return x + a


def squares(x: Any) -> Any:
    return x**2.0


def prunes(x: Any) -> Any:
    _ = tf.exp(x)
    return x + 1.0


def transposes_twice(x: Any) -> Any:
    return tf.transpose(tf.transpose(x)) + 1.0


def dense(x: Any) -> Any:
    return tf.nn.relu(tf.nn.bias_add(x @ w, tf.constant([1.0, 2.0, 3.0])))


def branches(x: Any) -> Any:
    if tf.reduce_sum(x) > 0:
        x = x * 2.0 * 3.0
    return x


def test_a_constant_expression_is_folded_on_its_own_line() -> None:
    optimized = record_optimized(folds, x)
    [note] = [change for change in optimized.changes if change.startswith("Folded")]
    assert note == "Folded: AddV2 add is always 7.0, so it is computed once, before any run."
    [constant] = [n for n in optimized.after.nodes if n.name == "add"]
    assert constant.op == "Const"
    assert constant.line is not None
    assert constant.line.text == "a = tf.constant(2.0) * 3.0 + 1.0"
    assert "Removed: Mul mul: folded, its value is part of a constant now." in optimized.changes


def test_pow_becomes_square() -> None:
    optimized = record_optimized(squares, x)
    assert "Replaced: Pow pow became Square." in optimized.changes
    assert {n.op for n in optimized.before.nodes} >= {"Pow"}
    assert {n.op for n in optimized.after.nodes} >= {"Square"}


def test_what_nothing_needs_is_pruned() -> None:
    optimized = record_optimized(prunes, x)
    assert "Removed: Exp Exp: pruned, nothing needs its value." in optimized.changes


def test_two_transposes_cancel() -> None:
    optimized = record_optimized(transposes_twice, x)
    assert not [n for n in optimized.after.nodes if n.op == "Transpose"]
    assert sum(change.startswith("Removed: Transpose") for change in optimized.changes) == 2


def test_a_dense_layer_is_fused_where_it_runs() -> None:
    optimized = record_optimized(dense, x, as_run=True)
    assert "Fused: MatMul, BiasAdd, Relu run as one kernel, _FusedMatMul." in optimized.changes
    assert "Removed: MatMul matmul: fused into Relu." in optimized.changes


def test_branches_stay_whole_until_the_graph_that_runs_is_asked_for() -> None:
    teaching = record_optimized(branches, x)
    assert [n.op for n in teaching.after.nodes if n.kind == "branch"] == ["StatelessIf"]
    assert any(n.scope[-1:] == ("then",) for n in teaching.after.nodes)
    assert "Folded: Mul cond/mul is always 6.0, so it is computed once, before any run." in teaching.changes
    running = record_optimized(branches, x, as_run=True)
    ops = Counter(n.op for n in running.after.nodes)
    assert ops["StatelessIf"] == 0
    assert ops["Switch"]
    assert ops["Merge"]
    assert "Removed: StatelessIf cond: lowered to Switch and Merge." in running.changes


def test_every_step_is_of_the_phase_and_the_diff_agrees() -> None:
    optimized = record_optimized(squares, x)
    assert {s.phase for s in optimized.before.steps} == {"trace"}
    assert {s.phase for s in optimized.after.steps} == {"optimize"}
    built = [n for s in optimized.after.steps for n in s.nodes]
    assert built == list(range(len(optimized.after.nodes)))
    assert any("Pow → Square" in change.what for change in optimized.diff.changed)


def test_nothing_runs_unless_it_must() -> None:
    count = tf.Variable(0)

    def counts() -> Any:
        return count.assign_add(1)

    record_optimized(counts)
    assert int(count) == 0
    record_optimized(counts, as_run=True)
    assert int(count) == 1


def test_tensorflow_still_shows_what_its_optimiser_does() -> None:
    concrete = tf.function(squares).get_concrete_function(x)
    optimised = optimised_graph(concrete)
    running = running_graph(squares, (x,), {})
    assert optimised is not None
    assert running is not None
    assert "Square" in {op.type for op in optimised.get_operations()}
    assert "Square" in {op.type for op in running.get_operations()}


def test_without_the_optimiser_the_built_graph_is_shown_and_the_loss_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(optimized, "optimised_graph", lambda concrete: None)
    recorded = record_optimized(squares, x)
    assert recorded.after.nodes == recorded.before.nodes
    [omission] = recorded.after.omitted
    assert omission.what == "optimised graph"
