"""Eager TensorFlow programs to record: each makes a fresh function, its arguments, and the variables it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from keras import Model, Sequential, layers, optimizers

Program = tuple[Callable[..., Any], tuple[Any, ...], list[Any]]
PROGRAMS: dict[str, Callable[[], Program]] = {}


def program(make: Callable[[], Program]) -> Callable[[], Program]:
    PROGRAMS[make.__name__] = make
    return make


def numbers(*shape: int, seed: int = 0) -> Any:
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


@program
def arithmetic() -> Program:
    def f(x: Any, y: Any) -> Any:
        z = x * y + tf.constant(2.0)
        return tf.exp(-z) / (1.0 + x**2), z

    return f, (numbers(3), numbers(3, seed=1)), []


@program
def by_hand_train_step() -> Program:
    w, b = tf.Variable(numbers(3, 1), name="w"), tf.Variable(tf.zeros(1), name="b")

    def train(x: Any, y: Any) -> Any:
        loss = tf.constant(0.0)
        for _ in range(3):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((x @ w + b - y) ** 2)
            dw, db = tape.gradient(loss, [w, b])
            w.assign_sub(0.1 * dw)
            b.assign_sub(0.1 * db)
        return loss

    return train, (numbers(4, 3), numbers(4, 1, seed=1)), [w, b]


@program
def watched_tensor() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(x) * x
        return tape.gradient(y, x)

    return f, (numbers(4),), []


@program
def persistent_tape() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            z = tf.exp(y)
        return tape.gradient(y, x), tape.gradient(z, x), tape.gradient(z, y)

    return f, (numbers(2),), []


@program
def second_order() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x**3
            first = inner.gradient(y, x)
        return first, outer.gradient(first, x)

    return f, (tf.constant(2.0),), []


@program
def stopped_gradient() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * tf.stop_gradient(x * x)
        return tape.gradient(y, x)

    return f, (tf.constant(3.0),), []


@program
def paused_tape() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            with tape.stop_recording():
                z = y * 10.0
            w = y + z
        return tape.gradient(w, x), tape.gradient(z, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return f, (tf.constant(3.0),), []


@program
def told_what_to_watch() -> Program:
    a, b = tf.Variable(2.0, name="a"), tf.Variable(3.0, name="b")

    def f() -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(a)
            y = a * b
        return tape.gradient(y, [a, b])

    return f, (), [a, b]


@program
def forgotten_tape() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            tape.reset()
            tape.watch(x)
            z = x * 3.0
        return tape.gradient(y, x), tape.gradient(z, x)

    return f, (tf.constant(3.0),), []


@program
def gradient_inside_the_tape() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x * x
            first = tape.gradient(y, x)
        return tape.gradient(first, x)

    return f, (tf.constant(2.0),), []


@program
def custom_gradient() -> Program:
    @tf.custom_gradient
    def clipped(x: Any) -> Any:
        def backward(upstream: Any) -> Any:
            return tf.clip_by_value(upstream, -0.5, 0.5)

        return x * 2.0, backward

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(clipped(x) ** 2)
        return tape.gradient(y, x)

    return f, (numbers(3),), []


@program
def recomputed() -> Program:
    w = tf.Variable(numbers(3, 3), name="w")

    def f(x: Any) -> Any:
        block = tf.recompute_grad(lambda h: tf.tanh(h @ w))
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(block(x))
        return tape.gradient(y, w)

    return f, (numbers(2, 3),), [w]


@program
def function_inside() -> Program:
    w = tf.Variable(2.0, name="w")

    @tf.function
    def inner(x: Any) -> Any:
        return tf.sin(x * w) + x

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            y = inner(x) * inner(x)
        return tape.gradient(y, w)

    return f, (tf.constant(0.5),), [w]


@program
def decided_by_data() -> Program:
    def f(x: Any) -> Any:
        while tf.reduce_sum(x) < 100.0:
            x = x * 2.0
        if x[0] > 0:
            return x
        return -x

    return f, (tf.constant([1.0, 2.0]),), []


@program
def nested_loops() -> Program:
    def f(x: Any) -> Any:
        total = tf.zeros(())
        for i in range(2):
            for j in range(3):
                total = total + x * float(i + j)
            total = total * 2.0
        return total

    return f, (tf.constant(1.5),), []


@program
def rnn_by_hand() -> Program:
    w, u = tf.Variable(numbers(2, 3), name="w"), tf.Variable(numbers(3, 3, seed=1), name="u")

    def f(xs: Any) -> Any:
        with tf.GradientTape() as tape:
            h = tf.zeros((1, 3))
            for x in tf.unstack(xs):
                h = tf.tanh(x[None] @ w + h @ u)
            loss = tf.reduce_sum(h)
        return tape.gradient(loss, [w, u])

    return f, (numbers(4, 2, seed=2),), [w, u]


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
def two_tapes_of_a_gan() -> Program:
    g, d = tf.Variable(0.5, name="g"), tf.Variable(1.5, name="d")

    def f(z: Any, real: Any) -> Any:
        with tf.GradientTape() as generator_tape, tf.GradientTape() as critic_tape:
            fake = g * z
            critic_loss = tf.reduce_mean(d * fake - d * real)
            generator_loss = -tf.reduce_mean(d * fake)
        dg = generator_tape.gradient(generator_loss, g)
        dd = critic_tape.gradient(critic_loss, d)
        g.assign_sub(0.1 * dg)
        d.assign_sub(0.1 * dd)
        return dg, dd

    return f, (numbers(3), numbers(3, seed=1)), [g, d]


@program
def maml() -> Program:
    w = tf.Variable(1.0, name="w")

    def f(x: Any) -> Any:
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                loss = (w * x - 1.0) ** 2
            fast = w - 0.1 * inner.gradient(loss, w)
            after = (fast * x - 1.0) ** 2
        return outer.gradient(after, w)

    return f, (tf.constant(3.0),), [w]


@program
def jacobian() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.jacobian(y, x)

    return f, (numbers(3),), []


@program
def not_connected() -> Program:
    def f(x: Any, z: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, z])
            y = x * 2.0
        dx, dz = tape.gradient(y, [x, z])
        assert dz is None
        return dx

    return f, (tf.constant(1.0), tf.constant(2.0)), []


@program
def two_negations() -> Program:
    def f(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, y])
            z = -x * 2.0 + tf.identity(-y) * 3.0 + tf.identity(-y)
        return tape.gradient(z, [x, y])

    return f, (tf.constant(1.0), tf.constant(2.0)), []


@program
def chosen_gradient() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.exp(x)
        return tape.gradient(y, x, output_gradients=tf.constant([1.0, 0.0, 2.0]))

    return f, (numbers(3),), []


@program
def ragged() -> Program:
    def f(x: Any) -> Any:
        return tf.reduce_sum(x * 2, axis=1), x + 1

    return f, (tf.ragged.constant([[1, 2], [3]]),), []


@program
def sparse() -> Program:
    def f(x: Any) -> Any:
        return tf.sparse.sparse_dense_matmul(x, tf.ones((2, 2)))

    return f, (tf.sparse.from_dense([[1.0, 0.0], [0.0, 2.0]]),), []


@program
def other_dtypes() -> Program:
    def f(x: Any) -> Any:
        words = tf.strings.join(["a", tf.constant("b")])
        half = tf.cast(x, tf.bfloat16) * 2
        return words, half, tf.complex(x, x) * tf.complex(x, x), tf.argmax(x), x > 0

    return f, (numbers(3),), []


@program
def dataset() -> Program:
    def f() -> Any:
        total = tf.constant(0.0)
        for x in tf.data.Dataset.range(4).batch(2):
            total += tf.reduce_sum(tf.cast(x, tf.float32))
        return total

    return f, (), []


@program
def graph_loops_run_eagerly() -> Program:
    def f(x: Any) -> Any:
        (doubled,) = tf.while_loop(lambda i: i < 10.0, lambda i: (i * 2.0,), (x,))
        return (
            doubled,
            tf.map_fn(lambda row: row + 1.0, tf.constant([1.0, 2.0])),
            tf.cond(x > 0, lambda: x, lambda: -x),
        )

    return f, (tf.constant(1.0),), []


@program
def seeded_random() -> Program:
    def f() -> Any:
        tf.random.set_seed(3)
        return tf.random.normal((2,)) + tf.random.stateless_uniform((2,), seed=(1, 2))

    return f, (), []


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
def variable_made_inside() -> Program:
    def f(x: Any) -> Any:
        v = tf.Variable(x, name="made")
        v.assign_add(x)
        v[0].assign(7.0)
        return v.read_value(), v.numpy()

    return f, (numbers(2),), []


@program
def python_numbers() -> Program:
    def f(x: Any) -> Any:
        k = int(tf.reduce_sum(x))
        return [float(x[0]), k, x.numpy().tolist(), x * k]

    return f, (tf.constant([1.0, 2.0]),), []


@program
def generator() -> Program:
    def halves(x: Any) -> Iterator[Any]:
        while tf.reduce_max(x) > 1.0:
            x = x / 2.0
            yield x

    def f(x: Any) -> Any:
        return list(halves(x))

    return f, (tf.constant([8.0]),), []


@program
def comprehension_and_sum() -> Program:
    def f(x: Any) -> Any:
        return sum([x * float(i) for i in range(3)])

    return f, (tf.constant(2.0),), []


@program
def forward_mode() -> Program:
    def f(x: Any) -> Any:
        with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as acc:
            y = tf.sin(x) * x
        return acc.jvp(y)

    return f, (numbers(2),), []


@program
def python_function_op() -> Program:
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.py_function(lambda t: t * t, [x], tf.float32)
        return y, tf.numpy_function(np.square, [x], tf.float32), tape.gradient(y, x)

    return f, (tf.constant(3.0),), []


@program
def numpy_arguments() -> Program:
    def f(x: Any, k: int) -> Any:
        return tf.matmul(x, x) * k

    return f, (np.eye(2, dtype=np.float32), 3), []


@program
def fit_eagerly() -> Program:
    model = small_model()
    model.compile(optimizers.SGD(0.1), "mse", run_eagerly=True)

    def fit(x: Any, y: Any) -> Any:
        return model.fit(x, y, epochs=1, batch_size=2, shuffle=False, verbose=0).history["loss"]

    return fit, (numbers(4, 3).numpy(), numbers(4, 1, seed=1).numpy()), model.trainable_variables
