"""Programs with an op that refuses its inputs, and sessions that fail."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.graphviz_tools.sources.tensorflow.failing_programs.cases import case


@case
def wrong_signature_dtype():
    f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([3], tf.float32)])
    return f, (tf.ones(3, tf.int32),)


@case
def matmul_shapes():
    return (lambda x: tf.matmul(x, x)), (tf.ones([2, 3]),)


@case
def broadcast():
    return (lambda x: x + tf.ones(4)), (tf.ones(3),)


@case
def dtypes():
    return (lambda x: x + tf.constant(1)), (tf.ones(3),)


@case
def dtype_mm():
    return (lambda x: tf.matmul(x, tf.ones([3, 2], tf.float64))), (tf.ones([2, 3]),)


@case
def reshape():
    return (lambda x: tf.reshape(x, [4, 2])), (tf.ones([2, 3]),)


@case
def gather():
    return (lambda x: tf.gather(x, [5])), (tf.ones([3]),)


@case
def index():
    return (lambda x: x[5]), (tf.ones([3]),)


@case
def assign_item():
    def f(x):
        x[0] = 1.0
        return x

    return f, (tf.ones([3]),)


@case
def concat():
    return (lambda x: tf.concat([x, tf.ones([2, 4])], 0)), (tf.ones([2, 3]),)


@case
def keras_input():
    layer = tf.keras.layers.Dense(2)
    layer.build((None, 3))
    return layer, (tf.ones([2, 4]),)


@case
def variable_shape():
    v = tf.Variable([1.0, 2.0])
    return (lambda x: v.assign(x)), (tf.ones(3),)


@case
def tape_used_twice():
    def f(x):
        with tf.GradientTape() as t:
            t.watch(x)
            y = x * x
        t.gradient(y, x)
        return t.gradient(y, x)

    return f, (tf.constant(2.0),)


@case
def apply_none():
    v = tf.Variable(1.0)

    def f(x):
        opt = tf.keras.optimizers.SGD(0.1)
        with tf.GradientTape() as t:
            y = x * 2
        g = t.gradient(y, [v])
        opt.apply_gradients(zip(g, [v], strict=False))
        return y

    return f, (tf.constant(2.0),)


@case
def check_numerics():
    return (lambda x: tf.debugging.check_numerics(tf.math.log(x), "bad")), (tf.constant(-1.0),)


@case
def assertion():
    def f(x):
        tf.debugging.assert_positive(x)
        return x

    return f, (tf.constant(-1.0),)


@case
def keras_function_variables():
    def f(x):
        return tf.keras.layers.Dense(2)(x)

    return f, (tf.ones([1, 2]),)


@case
def not_fed():
    def f():
        with tf.Graph().as_default():
            p = tf.compat.v1.placeholder(tf.float32, [2])
            y = p * 2
            with tf.compat.v1.Session() as s:
                return s.run(y)

    return f, ()


@case
def fed_shape():
    def f():
        with tf.Graph().as_default():
            p = tf.compat.v1.placeholder(tf.float32, [2])
            y = p * 2
            with tf.compat.v1.Session() as s:
                return s.run(y, {p: np.ones(3)})

    return f, ()


@case
def fed_unknown():
    def f():
        with tf.Graph().as_default():
            p = tf.compat.v1.placeholder(tf.float32, [2])
            y = p * 2
            with tf.compat.v1.Session() as s:
                return s.run(y, {"q": np.ones(3)})

    return f, ()


@case
def uninitialised():
    def f():
        with tf.Graph().as_default():
            v = tf.compat.v1.Variable(1.0)
            with tf.compat.v1.Session() as s:
                return s.run(v)

    return f, ()


@case
def other_graph():
    def f():
        g1 = tf.Graph()
        with g1.as_default():
            a = tf.constant(1.0)
        with tf.Graph().as_default(), tf.compat.v1.Session() as s:
            return s.run(a)

    return f, ()
