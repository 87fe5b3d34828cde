"""`align` pairs an eager program with its static twin: nearly everything, and nothing wrongly."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from graphviz_tools.alignment.align import Alignment, align
from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.recording import Recording
from graphviz_tools.sources.tensorflow.recorder import record_tensorflow
from graphviz_tools.sources.torch.recorder import record_torch
from graphviz_tools.transforms.simplify import without_plumbing
from tests.graphviz_tools.alignment.pairs import TWINS
from tests.graphviz_tools.alignment.pairs.control_flow import branch_tf, branch_torch, expression_tf
from tests.graphviz_tools.alignment.pairs.models import mlp_tf, mlp_torch

tf = import_tensorflow()
Named = tuple[str, str]


@cache
def recorded(name: str) -> tuple[Recording, Recording]:
    twin = TWINS[name]
    eager = record_torch(twin.eager, *(torch.tensor(a) for a in twin.arrays))
    static = record_tensorflow(twin.static, *twin.arrays)
    assert eager.error == static.error == ""
    return eager, static


def named(eager: Recording, static: Recording, alignment: Alignment) -> list[list[Named]]:
    """The pairs as (PyTorch op, TensorFlow name), gathered by PyTorch step."""
    steps = sorted({pair.eager_step for pair in alignment.pairs})
    return [
        [(eager.steps[step].op, static.nodes[pair.static_node].name) for pair in alignment.static_for(step)]
        for step in steps
    ]


def expected(name: str) -> list[list[Named]]:
    lines = [line.split(" -> ") for line in TWINS[name].expected.strip().splitlines()]
    return [[(op.strip(), static) for static in names.split()] for op, names in lines]


@pytest.mark.parametrize("name", TWINS)
def test_no_pair_is_wrong(name: str) -> None:
    eager, static = recorded(name)
    wanted = expected(name)
    for step in named(eager, static, align(eager, static)):
        assert step in wanted, f"{step} is not expected"


@pytest.mark.parametrize("name", TWINS)
def test_the_view_without_plumbing_has_the_same_pairs(name: str) -> None:
    eager, static = recorded(name)
    view = without_plumbing(static)
    assert named(eager, view, align(eager, view)) == named(eager, static, align(eager, static))


def test_at_least_95_percent_of_the_computing_ops_are_matched() -> None:
    found = missed = 0
    for name in TWINS:
        eager, static = recorded(name)
        alignment = align(eager, static)
        steps = named(eager, static, alignment)
        for step in expected(name):
            found, missed = (found + 1, missed) if step in steps else (found, missed + 1)
            if step in steps:
                steps.remove(step)
        missed += len(alignment.unmatched_eager) + len(alignment.unmatched_static)
    assert found > 150
    assert found / (found + missed) >= 0.95


@pytest.mark.parametrize("name", TWINS)
def test_pairs_refer_to_steps_and_nodes_that_exist(name: str) -> None:
    eager, static = recorded(name)
    for pair in align(eager, static).pairs:
        step = eager.steps[pair.eager_step]
        assert step.node is not None
        assert eager.seen(step.node) == pair.eager_node
        assert pair.reason
        if pair.static_step is not None:
            assert static.steps[pair.static_step].node == pair.static_node
            assert static.steps[pair.static_step].phase == "run"


def test_every_turn_of_a_loop_pairs_with_its_own_turn() -> None:
    eager, static = recorded("for")
    alignment = align(eager, static)
    turns = [
        static.steps[pair.static_step].scope
        for pair in alignment.pairs
        if pair.static_step is not None and static.nodes[pair.static_node].name == "while/mul"
    ]
    assert [scope[-1] for scope in turns] == ["iteration 1", "iteration 2", "iteration 3"]


def test_the_branch_not_taken_is_distinguished_from_ops_without_a_partner() -> None:
    eager, static = recorded("branch taken")
    alignment = align(eager, static)
    assert [static.nodes[n].name for n in alignment.not_run] == ["cond/sub"]
    assert alignment.unmatched_static == ()


def test_different_numbers_pair_by_line_and_order() -> None:
    eager = record_torch(mlp_torch, *(torch.tensor(a) for a in TWINS["mlp"].arrays))
    other = [np.asarray(a) * 2 + 1 for a in TWINS["mlp"].arrays]
    static = record_tensorflow(mlp_tf, *other)
    steps = named(eager, static, align(eager, static))
    assert steps == expected("mlp")


def test_a_graph_that_was_only_built_pairs_by_line_and_order() -> None:
    eager, static = recorded("mlp")
    built = replace(static, steps=tuple(s for s in static.steps if s.phase == "trace"))
    alignment = align(eager, built)
    assert named(eager, built, alignment) == expected("mlp")
    assert all(pair.static_step is None for pair in alignment.pairs)
    assert alignment.unmatched_eager == alignment.unmatched_static == ()
    other = recorded("softmax")[1]
    other = replace(other, steps=tuple(s for s in other.steps if s.phase == "trace"))
    assert align(eager, other).unmatched_static


def test_programs_that_go_different_ways_pair_only_as_far_as_they_agree() -> None:
    x = np.abs(TWINS["branch taken"].arrays[0])
    eager = record_torch(branch_torch, torch.tensor(x))
    static = record_tensorflow(branch_tf, -x)
    alignment = align(eager, static)
    paired = {name for step in named(eager, static, alignment) for _, name in step}
    assert "cond/sub" not in paired
    assert "mul" in {eager.nodes[n].op for n in alignment.unmatched_eager} or "cond/mul" in paired


def test_unrelated_programs_have_no_pairs() -> None:
    eager = record_torch(lambda x: torch.fft.fft(x).abs().sort(), torch.ones(4))
    static = record_tensorflow(expression_tf, np.ones(3, np.float32), np.ones(3, np.float32))
    alignment = align(eager, static)
    assert alignment.pairs == ()
    assert alignment.unmatched_eager
    assert alignment.unmatched_static
    assert alignment.matched == 0.0


def test_a_swapped_pair_is_paired_as_well() -> None:
    eager, static = recorded("expression")
    forward, turned = align(eager, static), align(static, eager)
    assert {(p.eager_node, p.static_node) for p in forward.pairs} == {
        (p.static_node, p.eager_node) for p in turned.pairs
    }


def test_sums_that_cancel_are_one_although_rounding_makes_them_differ() -> None:
    @tf.function
    def normed(x):
        mean, variance = tf.nn.moments(x, [0])
        return tf.reduce_sum(tf.nn.batch_normalization(x, mean, variance, None, None, 1e-5))

    numbers = [1.0, 2.0, 3.0]
    eager = record_torch(lambda x: torch.nn.functional.layer_norm(x, (3,)).sum(), torch.tensor(numbers))
    static = record_tensorflow(normed, tf.constant(numbers))
    alignment = align(eager, static)
    assert alignment.unmatched_eager == alignment.unmatched_static == ()


def test_a_loss_that_the_graph_did_not_need_to_run_has_its_partner() -> None:
    @tf.function
    def only_the_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(x * x)
        return tape.gradient(loss, x)

    def total(x):
        return (x * x).sum()

    eager = record_torch(total, torch.tensor([1.0, 2.0], requires_grad=True))
    static = record_tensorflow(only_the_gradient, tf.constant([1.0, 2.0]))
    alignment = align(eager, static)
    assert alignment.unmatched_eager == ()
    (pair,) = alignment.static_for(next(step.index for step in eager.steps if step.op == "sum"))
    assert static.nodes[pair.static_node].op == "Sum" and pair.static_step is None
    assert "did not need to run it" in pair.reason
