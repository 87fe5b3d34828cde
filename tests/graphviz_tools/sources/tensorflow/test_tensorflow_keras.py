"""Keras models and `fit`: layers are scopes, and training goes on as it would unwatched."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from graphviz_tools import record_tensorflow, record_tensorflow_eager
from graphviz_tools.frameworks import import_tensorflow

tf = import_tensorflow()
keras = pytest.importorskip("keras")

x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
y = x.sum(axis=1, keepdims=True)


def sequential() -> Any:
    layers = [keras.Input((3,)), keras.layers.Dense(4, activation="relu", name="hidden")]
    return keras.Sequential([*layers, keras.layers.Dense(1, name="out")])


def functional() -> Any:
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(inputs)
    joined = keras.layers.Concatenate(name="joined")([hidden, inputs])
    return keras.Model(inputs, keras.layers.Dense(1, name="out")(joined))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(4, name="hidden")
        self.out = keras.layers.Dense(1, name="out")

    def call(self, inputs: Any) -> Any:
        h = tf.sin(self.hidden(inputs))
        return self.out(h)


def recurrent() -> Any:
    return keras.Sequential([keras.Input((3, 1)), keras.layers.SimpleRNN(2, name="rnn")])


def normalised() -> Any:
    layers = [keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=3)]
    return keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])


@pytest.mark.parametrize("make", [sequential, functional, Subclassed, recurrent, normalised])
def test_a_model_computes_what_it_computes_alone(make: Any) -> None:
    keras.utils.set_random_seed(1)
    model = make()
    data = x[..., None] if make is recurrent else x
    expected = tf.function(model)(data).numpy()
    recording = record_tensorflow(model, data)
    assert recording.error == ""
    numbers = recording.outputs[0].numbers
    assert numbers is not None
    np.testing.assert_array_equal(np.reshape(numbers, expected.shape), expected)
    assert {n.kind for n in recording.nodes} >= {"parameter", "input", "output"}


def test_layers_are_scopes() -> None:
    recording = record_tensorflow(functional(), x)
    scopes = {part.rsplit("_", 1)[0] for scope in recording.scopes for part in scope.path}
    assert {"hidden", "joined", "out"} <= scopes
    [tanh] = [n for n in recording.nodes if n.op == "Tanh"]
    assert any("hidden" in part for part in tanh.scope)


def test_a_subclassed_model_shows_the_lines_of_its_call() -> None:
    recording = record_tensorflow(Subclassed(), x)
    lines = {n.op: n.line.text for n in recording.nodes if n.line is not None}
    assert lines["Sin"] == "h = tf.sin(self.hidden(inputs))"
    assert lines["AddV2"] == "return self.out(h)" or lines["BiasAdd"] == "return self.out(h)"


def trained(make: Any, record: bool) -> tuple[list[np.ndarray], Any]:
    keras.utils.set_random_seed(7)
    model = make()
    model.compile(keras.optimizers.Adam(0.1), "mse")
    options: dict[str, Any] = {"batch_size": 4, "epochs": 2, "verbose": 0}
    recording = record_tensorflow(model.fit, x, y, **options) if record else model.fit(x, y, **options)
    assert model.train_function is None or not record
    return model.get_weights(), recording


@pytest.mark.parametrize("make", [sequential, normalised])
def test_fit_trains_to_the_same_bits_and_shows_its_first_step(make: Any) -> None:
    plain, _ = trained(make, record=False)
    recorded, recording = trained(make, record=True)
    for a, b in zip(plain, recorded, strict=True):
        np.testing.assert_array_equal(a, b)
    assert recording.error == ""
    omission = recording.omitted[0]
    assert (omission.what, omission.count) == ("train steps", 3)
    assigned = [s for s in recording.steps if s.phase == "run" and s.op.startswith("Assign")]
    weights = [s for s in assigned if s.writes[0].name.endswith("kernel") or "kernel" in s.writes[0].name]
    assert weights
    assert all(s.reads[0].numbers != s.writes[0].numbers for s in weights)


def test_a_mistake_in_fit_is_the_recordings_error() -> None:
    model = sequential()
    recording = record_tensorflow(model.fit, x, y, verbose=0)
    assert "compile" in recording.error


@pytest.mark.parametrize("make", [sequential, functional, Subclassed])
def test_a_model_shows_the_user_s_own_lines(make: Any) -> None:
    recording = record_tensorflow(make(), x)
    assert {step.line and step.line.file for step in recording.steps} == {__file__}
    assert {source.file for source in recording.sources} == {__file__}


def test_the_code_of_a_subclassed_model_is_the_whole_of_its_call() -> None:
    recording = record_tensorflow(Subclassed(), x)
    assert [source.text.split("\n")[0] for source in recording.sources] == [
        "    def call(self, inputs: Any) -> Any:"
    ]
    assert recording.steps[0].line is not None and recording.steps[0].line.function == "call"


class OwnStep(Subclassed):
    """A model with a training step of its own."""

    def train_step(self, data: Any) -> Any:
        given, wanted = data[:2]
        with tf.GradientTape() as tape:
            predicted = self(given, training=True)
            loss = tf.reduce_mean((predicted - wanted) ** 2)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"error": loss}


def on_one_batch(make: Any, method: str, eager: bool, record: Any = None) -> tuple[list[np.ndarray], Any]:
    keras.utils.set_random_seed(7)
    model = make()
    model(x)
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=eager)
    options: dict[str, Any] = {"epochs": 1, "batch_size": 8, "verbose": 0} if method == "fit" else {}
    run = getattr(model, method)
    result = run(x, y, **options) if record is None else record(run, x, y, **options)
    return model.get_weights(), result


@pytest.mark.parametrize(
    ("make", "method", "record"),
    [(OwnStep, "fit", record_tensorflow_eager), (sequential, "train_on_batch", record_tensorflow)],
)
def test_training_shows_inputs_loss_tape_and_layers_and_stays_the_same(
    make: Any, method: str, record: Any
) -> None:
    eager = record is record_tensorflow_eager
    plain, result = on_one_batch(make, method, eager)
    recorded, recording = on_one_batch(make, method, eager, record)
    for a, b in zip(plain, recorded, strict=True):
        np.testing.assert_array_equal(a, b)
    name = "error" if make is OwnStep else "loss"
    loss = result.history[name] if method == "fit" else result
    assert recording.error == "" and [v.numbers for v in recording.outputs] == [(np.ravel(loss)[0],)]
    labels = [n.label for n in recording.nodes if n.kind == "output"]
    assert labels in ([f"output {name}"], ["output"])
    inputs = [n.label for n in recording.nodes if n.kind == "input"]
    assert inputs == (["x", "y"] if eager else ["data", "data_1"])
    assert len([n for n in recording.nodes if n.kind == "parameter"]) == 4
    frames = {re.sub(r"_\d+$", "", part) for scope in recording.scopes for part in scope.path}
    assert {"hidden", "out"} <= frames
    assert all(step.line is not None for step in recording.steps)
    if eager:
        backward = [step.op for step in recording.steps if step.phase == "backward" and step.grads_in]
        assert "MatMul" in backward and {s.phase for s in recording.steps} == {
            "forward",
            "backward",
            "optimize",
        }


@pytest.mark.parametrize("method", ["test_on_batch", "evaluate"])
def test_the_logs_of_an_evaluation_are_outputs_too(method: str) -> None:
    _, recording = on_one_batch(sequential, method, True, record_tensorflow_eager)
    assert [n.label for n in recording.nodes if n.kind == "output"] == ["output loss"]
