"""Eager programs with Python's control flow, and values of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tests.graphviz_tools.sources.tensorflow.eager_programs.corpus import Program, numbers, program


@program
def arithmetic() -> Program:
    def f(x: Any, y: Any) -> Any:
        z = x * y + tf.constant(2.0)
        return tf.exp(-z) / (1.0 + x**2), z

    return f, (numbers(3), numbers(3, seed=1)), []


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
