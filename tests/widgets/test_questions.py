"""Questions come from the Recording: true, plausible, and the same for the same seed."""

from __future__ import annotations

import pytest
import tensorflow as tf

from graphviz_tools import record_tensorflow
from tests.widgets.recordings import eager_loop, perceptron, static_loop, tower
from widgets.questions import MOST, questions


@pytest.mark.parametrize(("make", "number"), [(eager_loop, 10), (static_loop, 13), (perceptron, 10)])
def test_every_question_has_three_different_answers_and_one_is_right(make, number):
    asked = questions(make())
    assert len(asked) == number
    for question in asked:
        assert len(set(question.answers)) == 3
        assert 0 <= question.correct < 3
        assert question.prompt and question.why


def test_the_same_seed_asks_the_same_and_another_seed_something_else():
    assert questions(eager_loop(), 3) == questions(eager_loop(), 3)
    assert questions(eager_loop(), 3) != questions(eager_loop(), 4)


def test_a_gradient_question_offers_the_missing_sum_as_a_wrong_answer():
    found = [
        q for seed in range(20) for q in questions(eager_loop(), seed) if q.step == 9 and q.kind == "gradient"
    ]
    assert found
    for question in found:
        assert question.answers[question.correct] == "[4, 8, 12]"
        assert "[2, 4, 6]" in question.answers  # one use only: the accumulation forgotten
        assert "[2, 4, 6] + [2, 4, 6]" in question.why


def test_while_tracing_the_right_answer_is_a_handle_and_a_number_is_wrong():
    found = [
        q for seed in range(20) for q in questions(static_loop(), seed) if q.kind == "value" and q.step == 1
    ]
    assert found
    for question in found:
        assert question.answers[question.correct].startswith("Tensor(")
        assert "[2, 4, 6]" in question.answers


def test_no_wrong_answer_is_a_node_that_the_graph_might_run_as_well():
    def program(x, y):
        h = x * 2
        return h + y

    recording = record_tensorflow(program, tf.constant(2.0), tf.constant(4.0))  # runs x, y, 2.0, mul, add
    asked = [q for seed in range(9) for q in questions(recording, seed) if "does the graph run" in q.prompt]
    ready = {"x": {"y", "2.0"}, "y": {"2.0"}}
    assert {question.answers[question.correct] for question in asked} >= {"x", "y"}
    for question in asked:
        assert not ready.get(question.answers[question.correct], set()) & set(question.answers)


def test_an_edge_question_names_the_node_that_is_read():
    recording = perceptron()
    for seed in range(10):
        for question in questions(recording, seed):
            if question.kind == "edge":
                step = recording.steps[question.step]
                right = question.answers[question.correct]
                assert any(
                    recording.nodes[recording.edges[e].source].label == right
                    for e in step.edges
                    if recording.edges[e].target == step.node
                )


def test_a_long_recording_is_asked_about_evenly():
    asked = questions(tower(layers=10, ops=40))
    assert len(asked) <= MOST
    assert asked[0].step < 60 and asked[-1].step > 700


def test_a_seed_that_is_not_a_number_is_refused():
    with pytest.raises(TypeError, match="seed must be an int"):
        questions(eager_loop(), "7")  # pyright: ignore[reportArgumentType]
