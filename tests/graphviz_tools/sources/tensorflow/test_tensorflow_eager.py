"""TensorFlow without a graph: what `record_tensorflow_eager` says, and that it changes nothing."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from graphviz_tools import record_tensorflow_eager, recording_tensorflow_eager
from graphviz_tools.recording import Recording, Step
from graphviz_tools.transforms.simplify import without_plumbing
from tests.graphviz_tools.sources.tensorflow.eager_programs import PROGRAMS

HERE = Path(__file__).parent
OWN_CODE = (HERE, HERE / "eager_programs")


def bits(result: Any) -> list[Any]:
    """The leaves of a result, comparable to the last bit."""
    leaves = tf.nest.flatten(result, expand_composites=True)
    return [
        np.asarray(x).tobytes() if np.asarray(x).dtype.kind != "O" else np.asarray(x).tolist() for x in leaves
    ]


def run(name: str, recorded: bool) -> tuple[Recording | None, list[Any], list[Any]]:
    """One fresh run of a program: its Recording, what it returned, and what its variables then hold."""
    tf.random.set_seed(1)
    fn, args, variables = PROGRAMS[name]()
    kept: list[Any] = []

    @functools.wraps(fn if hasattr(fn, "__code__") else lambda *x: None)
    def program(*given: Any) -> Any:
        kept.append(fn(*given))
        return kept[0]

    recording = record_tensorflow_eager(program, *args) if recorded else None
    if not recorded:
        program(*args)
    return recording, bits(kept), bits([np.asarray(v) for v in variables])


@pytest.mark.parametrize("name", PROGRAMS)
def test_recording_changes_no_bit_of_a_program(name: str) -> None:
    _, plain, before = run(name, recorded=False)
    recording, recorded, after = run(name, recorded=True)
    assert (recorded, after) == (plain, before)
    assert recording is not None and recording.error == "" and recording.omitted == ()


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_is_a_whole_recording(name: str) -> None:
    recording, _, _ = run(name, recorded=True)
    assert recording is not None
    assert [step.index for step in recording.steps] == list(range(len(recording.steps)))
    assert [n for step in recording.steps for n in step.nodes] == list(range(len(recording.nodes)))
    assert [e for step in recording.steps for e in step.edges] == list(range(len(recording.edges)))
    known = {scope.path for scope in recording.scopes}
    for step in recording.steps:
        assert all(step.scope[:depth] in known for depth in range(1, len(step.scope) + 1))
        assert step.line is not None and Path(step.line.file).parent in OWN_CODE
    for node in recording.nodes:
        assert node.label, node
        assert node.kind != "autograd" or node.owner is not None
    steps = {step.node for step in recording.steps if step.phase == "backward" and step.grads_in}
    for edge in recording.edges:  # a gradient reaches a record only from one that ran before
        if edge.kind == "autograd" and edge.source in steps:
            assert recording.nodes[edge.target].kind == "autograd"
    small = without_plumbing(recording)
    assert len(small.steps) <= len(recording.steps)


def ops(recording: Recording, phase: str = "forward") -> list[str]:
    return [step.op for step in recording.steps if step.phase == phase]


def record(name: str) -> Recording:
    recording, _, _ = run(name, recorded=True)
    assert recording is not None
    return recording


def notes(recording: Recording) -> str:
    return " ".join(step.note for step in recording.steps)


def of(recording: Recording, op: str, phase: str = "forward") -> list[Step]:
    return [step for step in recording.steps if step.op == op and step.phase == phase]


def test_values_and_lines_are_the_programs_own() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        return tf.reduce_sum(y)

    recording = record_tensorflow_eager(f, tf.constant([1.0, 2.0]))
    times, total = recording.steps
    assert (times.op, times.reads[0].name, times.writes[0].name) == ("Mul", "x", "y")
    assert times.writes[0].numbers == (2.0, 4.0)
    assert times.line is not None and times.line.text == "y = x * 2.0"
    assert total.writes[0].numbers == (6.0,)
    assert [node.label for node in recording.nodes] == [
        "x",
        "2",
        "y = x * 2.0",
        "[0]",
        "tf.reduce_sum(y)",
        "output",
    ]
    assert recording.framework == "tensorflow.eager"
    assert recording.outputs[0].numbers == (6.0,)


def test_a_tape_says_what_it_watches_and_what_it_holds() -> None:
    recording = record("by_hand_train_step")
    assert "Tape 1 begins to record." in notes(recording)
    assert "Tape 1 watches this variable by itself: it is trainable." in notes(recording)
    assert "It holds ReadVariableOp (2), MatMul, AddV2, Sub, Pow, Mean; it watches 2 from outside." in notes(
        recording
    )


def test_a_tape_is_walked_backwards_in_order() -> None:
    recording = record("by_hand_train_step")
    first = [s.op for s in recording.steps if s.phase == "backward"][:9]
    assert first == [
        "gradient", "Mean", "Pow", "Sub", "AddV2", "MatMul", "ReadVariableOp", "ReadVariableOp", "gradient",
    ]  # fmt: skip
    (sub, *_) = of(recording, "Sub", "backward")
    forward = of(recording, "Sub")[0]
    assert sub.node is not None and recording.seen(sub.node) == forward.node
    assert sub.line == forward.line
    arriving, leaving = sub.grads_in[0], sub.grads_out
    assert arriving is not None and leaving[0] is not None and leaving[1] is not None
    assert leaving[0].numbers == arriving.numbers
    assert leaving[1].numbers == tuple(-n for n in arriving.numbers or ())
    assert sub.freed == (sub.node,)


def test_the_gradient_asked_for_is_tensorflows_own() -> None:
    recording = record("watched_tensor")
    (asked,) = [s for s in recording.steps if s.note == "This gradient was asked for."]
    assert asked.grads_in[0] is not None
    x = PROGRAMS["watched_tensor"]()[1][0].numpy()
    np.testing.assert_allclose(asked.grads_in[0].numbers, np.cos(x) * x + np.sin(x), rtol=1e-5)


def test_each_backward_step_has_the_record_of_its_own_op() -> None:
    """Neither op of `-x` and `-y` keeps anything by which TensorFlow's call could be told apart but its gradient."""
    recording = record("two_negations")
    lines = {node.id: node.label for node in recording.nodes}
    by = {
        lines[recording.seen(s.node)]: s.grads_in[0].numbers
        for s in recording.steps
        if s.node is not None and s.op == "Neg" and s.grads_in and s.grads_in[0] is not None
    }
    assert by == {"-x": (2.0,), "-y": (1.0,)} or by["-x"] == (2.0,)
    sides = [s.grads_in[0].numbers for s in of(recording, "Neg", "backward") if s.grads_in[0] is not None]
    assert sorted(sides) == [(1.0,), (2.0,), (3.0,)]


def test_a_persistent_tape_keeps_its_records_and_another_releases_them() -> None:
    kept = record("persistent_tape")
    assert not any(step.freed for step in kept.steps)
    assert "It is persistent: it can be asked again and again." in notes(kept)
    assert [s.op for s in kept.steps if s.phase == "backward"].count("Exp") == 2
    freed = {node for step in record("watched_tensor").steps for node in step.freed}
    assert len(freed) == 2  # sin, and the product


def test_the_ops_of_an_inner_tapes_backward_are_recorded_by_the_outer_tape() -> None:
    recording = record("second_order")
    inner = [s for s in recording.steps if s.phase == "backward" and s.node is not None and not s.grads_in]
    assert inner, "the inner backward pass has ops of its own"
    owners = {
        recording.nodes[n].name for s in inner for n in s.nodes if recording.nodes[n].kind == "autograd"
    }
    assert owners and all(name.endswith("on tape 1") for name in owners)
    asked = [
        s.grads_in[0].numbers
        for s in recording.steps
        if s.note == "This gradient was asked for." and s.grads_in[0]
    ]
    assert asked == [(12.0,), (12.0,)]  # 3 x² and 6 x, at 2


def test_stop_gradient_ends_the_way_back() -> None:
    recording = record("stopped_gradient")
    (stopped,) = of(recording, "StopGradient")
    assert "no gradient will come back" in stopped.note
    back = of(recording, "StopGradient", "backward")
    assert all(g is None for step in back for g in step.grads_out)


def test_a_paused_tape_records_nothing() -> None:
    recording = record("paused_tape")
    times = [n.id for n in recording.nodes if n.label == "z = y * 10.0"]
    assert times and not [n for n in recording.nodes if n.owner in times]
    assert "Tape 1 pauses." in notes(recording) and "Tape 1 records again." in notes(recording)


def test_a_gradient_without_a_path_is_none_with_the_reason() -> None:
    assert "The gradient for z is None: nothing that the tape recorded leads" in notes(
        record("not_connected")
    )


def test_a_tape_with_an_explicit_watch_watches_nothing_else() -> None:
    recording = record("told_what_to_watch")
    leaves = [
        recording.nodes[n.owner].label for n in recording.nodes if n.op == "watch" and n.owner is not None
    ]
    assert leaves == ["a"]


def test_a_custom_gradient_is_one_record_with_its_own_backward() -> None:
    recording = record("custom_gradient")
    (back,) = of(recording, "clipped", "backward")
    assert back.grads_out[0] is not None and max(map(abs, back.grads_out[0].numbers or ())) <= 0.5


def test_loops_are_frames_with_turns() -> None:
    recording = record("nested_loops")
    deepest = [step.scope for step in recording.steps if len(step.scope) == 4]
    assert deepest[-1] == ("for i in range(2)", "iteration 2", "for j in range(3)", "iteration 3")
    inner = [s.scope for s in recording.steps if s.op == "Mul" and len(s.scope) == 4]
    assert [scope[1::2] for scope in dict.fromkeys(inner)] == [
        (f"iteration {i}", f"iteration {j}") for i in (1, 2) for j in (1, 2, 3)
    ]


def test_the_turns_of_a_recurrent_layer_are_frames_of_while_loop() -> None:
    model = tf.keras.Sequential([tf.keras.Input((5, 3)), tf.keras.layers.SimpleRNN(2)])
    recording = record_tensorflow_eager(model, tf.ones((1, 5, 3)))
    loop = (model.name, model.layers[0].name, "tf.while_loop")
    turns = [scope.path for scope in recording.scopes if scope.kind == "iteration"]
    assert turns == [(*loop, f"iteration {n}") for n in range(1, 7)]
    cells = [scope.path[:-1] for scope in recording.scopes if "cell" in scope.path[-1]]
    # Keras tries the cell before the loop; the last turn only asks whether there is another.
    assert cells == [loop[:-1], *turns[:5]]
    assert recording.nodes[0].name == "inputs"


def test_a_training_loop_has_one_frame_a_turn_and_one_box_a_variable() -> None:
    recording = record("by_hand_train_step")
    turns = {s.scope[1] for s in recording.steps if len(s.scope) > 1}
    assert turns == {"iteration 1", "iteration 2", "iteration 3"}
    assert [n.label for n in recording.nodes if n.kind == "parameter"] == ["w", "b"]


def test_layers_are_frames_and_a_layer_called_twice_is_two() -> None:
    recording = record("keras_subclass")
    paths = {s.scope for s in recording.steps}
    boxes = {path[1] for path in paths if len(path) > 1}
    assert boxes == {"shared", "shared (call 2)"}
    kinds = {scope.path[-1]: scope.label for scope in recording.scopes}
    assert kinds["shared"] == "Dense"


def test_an_optimizers_ops_are_the_phase_optimize() -> None:
    recording = record("keras_sgd")
    updates = [s for s in recording.steps if s.phase == "optimize"]
    assert any(s.op == "AssignSubVariableOp" for s in updates)
    assert {part for s in updates for part in s.scope} >= {"SGD"}
    assert all("/" in n.label for n in recording.nodes if n.kind == "parameter")


def test_data_decides_in_words() -> None:
    recording = record("decided_by_data")
    decided = [s.control for s in recording.steps if s.control is not None]
    assert [(c.kind, c.taken) for c in decided][-2:] == [("loop", "False"), ("branch", "True")]
    assert decided[0].decided == "3 < 100" and decided[0].iteration == 1


def test_a_tf_function_is_one_step_inside_and_its_own_python_when_given() -> None:
    recording = record("function_inside")
    calls = [s for s in recording.steps if s.op == "inner"]
    assert len(calls) == 2 and "A tf.function" in calls[0].note

    @tf.function
    def g(x: Any) -> Any:
        return tf.sin(x) + 1.0

    assert ops(record_tensorflow_eager(g, tf.constant(1.0))) == ["Sin", "AddV2"]


def test_an_error_is_the_last_step() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        return tf.matmul(y, y)

    recording = record_tensorflow_eager(f, tf.ones((2, 3)))
    last = recording.steps[-1]
    assert last.error.startswith("InvalidArgumentError") and "[2,3]" in last.error
    assert last.line is not None and last.line.text == "return tf.matmul(y, y)"
    assert [s.op for s in recording.steps[:-1]] == ["Mul"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_program_keeps_its_recording(error: type[BaseException]) -> None:
    def f(x: Any) -> Any:
        x = x * 2.0
        raise error

    recording = record_tensorflow_eager(f, tf.ones(2))
    assert recording.steps[0].op == "Mul" and recording.error == error.__name__


def test_numbers_that_tensors_gave_are_outputs_too() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        return {"array": y.numpy(), "sum": float(tf.reduce_sum(y)), "other": 3.5}

    recording = record_tensorflow_eager(f, tf.ones(2))
    assert [value.numbers for value in recording.outputs] == [(2.0, 2.0), (4.0,)]
    results = [node.id for node in recording.nodes if node.kind == "output"]
    into = {edge.target: recording.nodes[edge.source].op for edge in recording.edges}
    assert [into[node] for node in results] == ["numpy", "__float__"]


def test_the_block_form_records_and_raises() -> None:
    recorder = recording_tensorflow_eager(title="block")
    x = tf.ones(2)
    with pytest.raises(ZeroDivisionError), recorder:
        y = x * 3.0
        _ = y, 1 / 0
    assert recorder.recording is not None and recorder.recording.error.startswith("ZeroDivisionError")
    assert ops(recorder.recording)[0] == "Mul"


def test_a_block_begins_in_the_function_that_it_is_in() -> None:
    def block() -> Recording:
        with recording_tensorflow_eager() as recorder:
            for _ in range(2):
                _ = tf.ones(2) * 3.0
        assert recorder.recording is not None
        return recorder.recording

    for _ in range(2):  # the callers are not reported
        recording = block()
        turns = [s.scope for s in recording.steps if s.op == "Mul"]
        assert turns == [("for _ in range(2)", "iteration 1"), ("for _ in range(2)", "iteration 2")]


def test_a_budget_is_honest_and_stops_nothing() -> None:
    def f(x: Any) -> Any:
        for _ in range(10):
            x = x + 1.0
        return x

    recording = record_tensorflow_eager(f, tf.constant(0.0), max_steps=4)
    assert len(recording.steps) == 4 and recording.omitted[0].count == 6
    assert recording.outputs[0].numbers == (10.0,)


def test_values_can_be_left_out() -> None:
    recording = record_tensorflow_eager(lambda x: x * 2.0, tf.ones((2, 3)), values=False)
    assert recording.steps[0].writes[0].shape == (2, 3) and recording.steps[0].writes[0].numbers is None


def test_nothing_is_left_behind() -> None:
    def names() -> list[Any]:
        kind = type(tf.constant(0)).__mro__
        return [
            tf.constant, tf.convert_to_tensor, tf.GradientTape.gradient, tf.GradientTape.__enter__,
            *(vars(k).get("__bool__") for k in kind), *(vars(k).get("numpy") for k in kind),
        ]  # fmt: skip

    before = names()
    with tf.GradientTape(persistent=True) as tape:
        x = tf.constant(3.0)
        tape.watch(x)
        record_tensorflow_eager(PROGRAMS["custom_gradient"]()[0], tf.ones(3))
        y = x * x
    assert names() == before
    assert float(tape.gradient(y, x)) == 6.0


def test_the_callers_own_tape_sees_the_program_as_without_recording() -> None:
    x = tf.constant(3.0)
    kept: list[Any] = []
    with tf.GradientTape() as tape:
        tape.watch(x)
        record_tensorflow_eager(lambda t: kept.append(t * t), x)
    assert float(tape.gradient(kept[0], x)) == 6.0


def test_a_user_mistake_gives_one_clear_line() -> None:
    with pytest.raises(TypeError, match="needs a function and its arguments"):
        record_tensorflow_eager(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_steps"):
        record_tensorflow_eager(lambda: None, max_steps=-1)
