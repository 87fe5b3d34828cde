"""Programs with variables and other effects: counters, tables, queues, draws, prints, assertions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.graphviz_tools.sources.tensorflow.tensorflow_programs.corpus import ALIVE, numbers, program, tf


@program
def closure_constant():
    outside = tf.constant([1.0, 2.0, 3.0])

    def fn(x):
        return x * outside

    return fn, (tf.constant(2.0),), ()


@program
def counter():
    count = tf.Variable(0, name="count")

    def fn(x):
        count.assign_add(1)
        return x * tf.cast(count, tf.float32)

    return fn, (tf.constant(2.0),), (count,)


@program
def variable_in_a_loop():
    total = tf.Variable(0.0, name="total")

    def fn(xs):
        for x in xs:
            total.assign_add(x)
        return total.read_value()

    return fn, (numbers(4),), (total,)


@program
def variable_in_a_branch():
    state = tf.Variable(1.0, name="state")

    def fn(x):
        if x > 0:
            state.assign(x * 2)
        else:
            state.assign_sub(x)
        return state + x

    return fn, (tf.constant(3.0),), (state,)


@program
def stateless_random():
    def fn(x):
        return tf.random.stateless_normal([2, 2], seed=[1, 2]) + x

    return fn, (tf.constant(1.0),), ()


@program
def seeded_random():
    def fn(x):
        for _ in tf.range(2):
            x += tf.random.normal([2], seed=3)
        return x, tf.random.shuffle(tf.range(5), seed=4)

    return fn, (tf.constant([1.0, 2.0]),), ()


@program
def python_function_inside():
    def fn(x):
        return tf.numpy_function(lambda v: np.float32(v * 2), [x], tf.float32) + 1.0

    return fn, (tf.constant(2.0),), ()


@program
def hash_table():
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), -1)

    def fn(keys):
        return table.lookup(keys)

    return fn, (tf.constant(["b", "c"]),), ()


@program
def assertion():
    def fn(x):
        tf.debugging.assert_positive(x)
        return tf.sqrt(x)

    return fn, (tf.constant([1.0, 4.0]),), ()


@program
def variable_made_inside():
    made: list[Any] = []

    @tf.function
    def fn(x):
        if not made:
            made.append(tf.Variable(5.0, name="made"))
        return made[0].assign_add(x)

    return fn, (tf.constant(3.0),), ()


@program
def module_method():
    class Line(tf.Module):
        def __init__(self):
            self.slope = tf.Variable(2.0, name="slope")

        @tf.function
        def __call__(self, x):
            return self.slope * x

    line = Line()
    ALIVE.append(line)  # a bound tf.function holds its object weakly
    return line.__call__, (tf.constant(3.0),), (line.slope,)


@program
def function_with_variable_captured():
    v = tf.Variable(2.0, name="v")

    @tf.function
    def step(x):
        v.assign_add(x)
        return v * 1.0

    def fn(x):
        return step(x) + step(x)

    return fn, (tf.constant(1.0),), (v,)


@program
def py_function():
    def fn(x):
        return tf.py_function(lambda v: v**2, [x], tf.float32)

    return fn, (tf.constant(3.0),), ()


@program
def printing():
    def fn(x):
        tf.print("x is", x)
        return x + 1

    return fn, (tf.constant(3.0),), ()


@program
def stateful_random():
    def fn(x):
        return (
            x + tf.random.uniform([3], seed=1),
            tf.random.normal([2], seed=2),
            tf.random.categorical([[0.1, 0.9]], 3, seed=3),
        )

    return fn, (tf.constant(1.0),), ()


@program
def control_dependencies():
    v = tf.Variable(1.0)

    def fn(x):
        with tf.control_dependencies([v.assign(x)]):
            return tf.identity(x) * 2

    return fn, (tf.constant(3.0),), (v,)


@program
def asserts():
    def fn(x):
        tf.debugging.assert_equal(tf.shape(x)[0], 3)
        tf.debugging.Assert(x[0] < 100, [x])
        tf.debugging.assert_all_finite(x, "bad")
        return tf.ensure_shape(x, [3]) * 1.5

    return fn, (numbers(3),), ()


@program
def bound_method():
    class M(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.ones([2, 2]), name="w")
            self.n = tf.Variable(0, trainable=False, name="n")

        def __call__(self, x):
            self.n.assign_add(1)
            return x @ self.w

    m = M()
    return m.__call__, (numbers(1, 2),), (m.w, m.n)


@program
def scatter_nd_update():
    v = tf.Variable([1.0, 2.0, 3.0])

    def fn(i):
        v.scatter_nd_add([[i]], [10.0])
        v[0].assign(7.0)
        return v * 2

    return fn, (tf.constant(1),), (v,)


@program
def mutable_table():
    t = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)

    def fn(k):
        t.insert(k, tf.constant([5, 6], tf.int64))
        return t.lookup(k), t.size()

    return fn, (tf.constant(["x", "y"]),), ()


@program
def queue():
    q = tf.queue.FIFOQueue(4, [tf.float32], shapes=[()])

    def fn(x):
        q.enqueue(x)
        q.enqueue(x * 2)
        return q.dequeue() + q.dequeue() * 10

    return fn, (tf.constant(1.0),), ()


@program
def no_output():
    v = tf.Variable(0)

    def fn(x):
        v.assign(x)

    return fn, (tf.constant(2),), (v,)
