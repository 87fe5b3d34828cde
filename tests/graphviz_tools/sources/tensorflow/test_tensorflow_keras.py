"""Keras models and `fit`: layers are scopes, and training goes on as it would unwatched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.tensorflow.recorder import record_tensorflow

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
    np.testing.assert_array_equal(np.reshape(recording.outputs[0].numbers, expected.shape), expected)
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
    options = {"batch_size": 4, "epochs": 2, "verbose": 0}
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
