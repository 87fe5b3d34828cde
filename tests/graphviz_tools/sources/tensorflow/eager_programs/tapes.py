"""Eager programs with gradient tapes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.graphviz_tools.sources.tensorflow.eager_programs.corpus import Program, numbers, program


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
def forward_mode() -> Program:
    def f(x: Any) -> Any:
        with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as acc:
            y = tf.sin(x) * x
        return acc.jvp(y)

    return f, (numbers(2),), []
