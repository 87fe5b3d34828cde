"""Eager programs with Keras layers, models and optimizers."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from keras import Model, Sequential, layers, optimizers

from tests.graphviz_tools.sources.tensorflow.eager_programs.corpus import Program, numbers, program


@program
def dense_layer() -> Program:
    layer = layers.Dense(2, activation="relu")
    layer.build((None, 3))
    layer.set_weights([np.ones((3, 2), np.float32), np.zeros(2, np.float32)])
    return layer, (numbers(4, 3),), layer.trainable_variables


def small_model() -> Any:
    model = Sequential([layers.Dense(4, activation="tanh", name="hidden"), layers.Dense(1, name="out")])
    model.build((None, 3))
    model.set_weights([numbers(*w.shape, seed=i).numpy() for i, w in enumerate(model.weights)])
    return model


def _trained(optimizer: Any) -> Program:
    model = small_model()

    def step(x: Any, y: Any) -> Any:
        loss = None
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return step, (numbers(4, 3), numbers(4, 1, seed=1)), model.trainable_variables


@program
def keras_sgd() -> Program:
    return _trained(optimizers.SGD(0.1))


@program
def keras_adam() -> Program:
    return _trained(optimizers.Adam(0.01, clipnorm=1.0))


@program
def keras_functional() -> Program:
    given = layers.Input((3,))
    left, right = layers.Dense(2, name="left"), layers.Dense(2, name="right")
    model = Model(given, layers.Add()([left(given), right(given)]))
    model.set_weights([numbers(*w.shape, seed=i).numpy() for i, w in enumerate(model.weights)])
    return model, (numbers(2, 3),), model.trainable_variables


@program
def keras_subclass() -> Program:
    class Twice(Model):
        def __init__(self) -> None:
            super().__init__()
            self.shared = layers.Dense(3, name="shared")

        def call(self, x: Any) -> Any:
            return self.shared(tf.nn.relu(self.shared(x)))

    model = Twice()
    model(numbers(1, 3))
    model.set_weights([numbers(*w.shape, seed=i).numpy() for i, w in enumerate(model.weights)])
    return model, (numbers(2, 3),), model.trainable_variables


@program
def keras_builds_inside() -> Program:
    def f(x: Any) -> Any:
        layer = layers.Dense(2, kernel_initializer="ones")
        return layer(x)

    return f, (numbers(2, 3),), []


@program
def convolution_and_normalisation() -> Program:
    model = Sequential(
        [layers.Conv2D(2, 3, padding="same"), layers.BatchNormalization(), layers.MaxPooling2D()]
    )
    model.build((None, 4, 4, 1))
    model.set_weights([np.abs(numbers(*w.shape, seed=i).numpy()) for i, w in enumerate(model.weights)])

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(model(x, training=True) ** 2)
        return tape.gradient(y, model.trainable_variables)

    return f, (numbers(2, 4, 4, 1),), model.trainable_variables


@program
def attention() -> Program:
    layer = layers.MultiHeadAttention(num_heads=2, key_dim=3)
    layer(numbers(1, 2, 4), numbers(1, 2, 4))
    layer.set_weights([numbers(*w.shape, seed=i).numpy() for i, w in enumerate(layer.weights)])
    return layer, (numbers(1, 5, 4), numbers(1, 5, 4)), layer.trainable_variables


@program
def recurrent_layer() -> Program:
    layer = layers.GRU(3)
    layer.build((None, 4, 2))
    layer.set_weights([numbers(*w.shape, seed=i).numpy() for i, w in enumerate(layer.weights)])

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(x))
        return tape.gradient(y, layer.trainable_variables)

    return f, (numbers(2, 4, 2),), layer.trainable_variables


@program
def embedding_rows() -> Program:
    table = tf.Variable(numbers(6, 2), name="table")

    def f(ids: Any) -> Any:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)
        gradient = tape.gradient(y, table)
        optimizers.SGD(0.1).apply_gradients([(gradient, table)])
        return tf.convert_to_tensor(gradient)

    return f, (tf.constant([1, 4, 1]),), [table]


@program
def module_of_modules() -> Program:
    class Linear(tf.Module):
        def __init__(self, size: int, name: str) -> None:
            super().__init__(name=name)
            self.w = tf.Variable(numbers(size, size), name="w")

        def __call__(self, x: Any) -> Any:
            return x @ self.w

    class Net(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="net")
            self.first, self.second = Linear(2, "first"), Linear(2, "second")

        def __call__(self, x: Any) -> Any:
            return self.second(tf.nn.relu(self.first(x)))

    net = Net()
    return net, (numbers(1, 2),), list(net.trainable_variables)


@program
def fit_eagerly() -> Program:
    model = small_model()
    model.compile(optimizers.SGD(0.1), "mse", run_eagerly=True)

    def fit(x: Any, y: Any) -> Any:
        return model.fit(x, y, epochs=1, batch_size=2, shuffle=False, verbose=0).history["loss"]

    return fit, (numbers(4, 3).numpy(), numbers(4, 1, seed=1).numpy()), model.trainable_variables
