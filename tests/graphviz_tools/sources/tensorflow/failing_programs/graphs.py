"""Programs that cannot become a graph."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.graphviz_tools.sources.tensorflow.failing_programs.cases import case


@case
def shape_invariant():
    def f(x):
        i = tf.constant(0)
        while i < 3:
            x = tf.concat([x, x], 0)
            i += 1
        return x

    return f, (tf.ones(2),)


@case
def dtype_changes_in_loop():
    def f(n):
        x = 0
        while tf.constant(x) < n:
            x = x + 0.5
        return x

    def g(n):
        x = tf.constant(0)
        for i in tf.range(n):
            x = x + 0.5 * tf.cast(i, tf.float32)
        return x

    return g, (tf.constant(3),)


@case
def branch_types_differ():
    def f(x):
        return tf.constant(1) if tf.reduce_sum(x) > 0 else tf.constant(1.0)

    return f, (tf.ones(2),)


@case
def only_in_one_branch():
    def f(x):
        if tf.reduce_sum(x) > 0:
            y = x * 2
        return y

    return f, (tf.ones(2),)


@case
def none_in_one_branch():
    def f(x):
        y = None
        if tf.reduce_sum(x) > 0:
            y = x * 2
        return y

    return f, (tf.ones(2),)


@case
def late_variable():
    def f(x):
        v = tf.Variable(1.0)
        return v * x

    return f, (tf.constant(2.0),)


@case
def list_in_loop():
    def f(n):
        out = []
        for i in tf.range(n):
            out.append(i)
        return tf.stack(out)

    return f, (tf.constant(3),)


@case
def list_grows_in_while():
    def f(n):
        out = []
        i = tf.constant(0)
        while i < n:
            out.append(i)
            i += 1
        return out[0]

    return f, (tf.constant(3),)


@case
def symbolic_bool():
    @tf.autograph.experimental.do_not_convert
    def f(x):
        if x > 0:
            return x
        return -x

    return f, (tf.constant(2.0),)


@case
def symbolic_iter():
    @tf.autograph.experimental.do_not_convert
    def f(x):
        return list(x)

    def g(x):
        return [r * 2 for r in x]

    return g, (tf.ones([2]),)


@case
def symbolic_numpy():
    def f(x):
        return x.numpy() * 2

    return f, (tf.constant(2.0),)


@case
def symbolic_np_func():
    def f(x):
        return np.sin(x)

    return f, (tf.constant(2.0),)


@case
def symbolic_float():
    def f(x):
        return float(x)

    return f, (tf.constant(2.0),)


@case
def symbolic_range():
    def f(x):
        return [x for _ in range(x)]

    return f, (tf.constant(2),)


@case
def index_with_tensor():
    def f(x):
        return [1, 2, 3][x]

    return f, (tf.constant(2),)


@case
def leaked_tensor():
    kept = []

    @tf.function
    def leak(x):
        kept.append(x * 2)
        return x

    leak(tf.constant(1.0))

    def f(x):
        return x + kept[0]

    return f, (tf.constant(1.0),)


@case
def wrong_signature():
    f = tf.function(lambda x: x, input_signature=[tf.TensorSpec([3], tf.float32)])
    return f, (tf.ones(4),)
