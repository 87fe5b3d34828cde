"""Varied TensorFlow programs: each function makes one afresh, as (function, arguments, variables)."""

# ruff: noqa: SIM108
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphviz_tools.frameworks import import_tensorflow

tf = import_tensorflow()
Program = Callable[[], tuple[Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]]

PROGRAMS: dict[str, Program] = {}
ALIVE: list[Any] = []


def program(make: Program) -> Program:
    PROGRAMS[make.__name__] = make
    return make


def numbers(*shape: int, seed: int = 0) -> Any:
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


@program
def arithmetic():
    def fn(x, y):
        return (x + y) * (x - y) / (y + 3.0)

    return fn, (tf.constant(2.0), tf.constant(4.0)), ()


@program
def python_numbers_are_baked():
    def fn(x, n):
        return x * n

    return fn, (tf.constant([1.0, 2.0]), 3.0), ()


@program
def matmul_chain():
    def fn(x, w):
        h = tf.nn.relu(x @ w)
        return tf.reduce_sum(tf.nn.softmax(h @ w))

    return fn, (numbers(3, 3), numbers(3, 3, seed=1)), ()


@program
def structures():
    def fn(pair, *, scale):
        return {"sum": pair["a"] + pair["b"][0], "scaled": [pair["b"][1] * scale, None]}

    return (
        lambda p, s: fn(p, scale=s),
        ({"a": numbers(2), "b": (numbers(2), numbers(2))}, numbers(2)),
        (),
    )


@program
def autograph_if_taken():
    def fn(x):
        if x > 0:
            y = x * 2
        else:
            y = x - 1
        return y

    return fn, (tf.constant(3.0),), ()


@program
def autograph_if_not_taken():
    def fn(x):
        if tf.reduce_sum(x) > 100:
            x = x * 2
        elif tf.reduce_sum(x) > 50:
            x = x - 1
        else:
            x = -x
        return x

    return fn, (numbers(4),), ()


@program
def nested_branches():
    def fn(x):
        if x > 0:
            if x > 2:
                y = x * 3
            else:
                y = x * 5
        else:
            y = x
        return y + 1

    return fn, (tf.constant(1.0),), ()


@program
def autograph_while():
    def fn(x, n):
        while n > 0:
            x = x * 2
            n = n - 1
        return x

    return fn, (tf.constant(1.0), tf.constant(4)), ()


@program
def nested_loops():
    def fn(n):
        total = 0
        for i in tf.range(n):
            j = 0
            while j < i:
                total += i * j
                j += 1
        return total

    return fn, (tf.constant(4),), ()


@program
def break_and_continue():
    def fn(xs):
        total = 0.0
        for x in xs:
            if x > 2.0:
                break
            if x < 0.0:
                continue
            total += x
        return total

    return fn, (tf.constant([1.0, -1.0, 2.0, 3.0, 4.0]),), ()


@program
def early_return():
    def fn(x):
        if x > 10.0:
            return x
        return x * 10.0

    return fn, (tf.constant(2.0),), ()


@program
def loop_that_never_turns():
    def fn(n):
        while n > 0:
            n -= 1
        return n

    return fn, (tf.constant(0),), ()


@program
def tensor_array():
    def fn(n):
        values = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
        for i in tf.range(n):
            values = values.write(i, i * i)
        return values.stack()

    return fn, (tf.constant(5),), ()


@program
def cond():
    def fn(x):
        return tf.cond(x < 0, lambda: -x, lambda: x * x)

    return fn, (tf.constant(3.0),), ()


@program
def while_loop():
    def fn(x):
        return tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 1.5), (tf.constant(0), x))

    return fn, (tf.constant(2.0),), ()


@program
def switch_case():
    def fn(i, x):
        return tf.switch_case(i, [lambda: x + 1.0, lambda: x * 10.0, lambda: -x])

    return fn, (tf.constant(1), tf.constant(7.0)), ()


@program
def map_fn():
    def fn(xs):
        return tf.map_fn(lambda x: x * x + 1.0, xs)

    return fn, (numbers(4),), ()


@program
def scan():
    def fn(xs):
        return tf.scan(lambda total, x: total + x, xs)

    return fn, (numbers(5),), ()


@program
def foldl():
    def fn(xs):
        return tf.foldl(lambda a, x: a * 0.5 + x, xs)

    return fn, (numbers(3, 2),), ()


@program
def vectorized_map():
    def fn(xs):
        return tf.vectorized_map(lambda x: tf.reduce_sum(x * x), xs)

    return fn, (numbers(3, 2),), ()


@program
def nested_function():
    @tf.function
    def inner(a):
        return a * a + 1.0

    def fn(x):
        return inner(x) + inner(x * 2.0)

    return fn, (tf.constant(3.0),), ()


@program
def function_in_a_loop_in_a_branch():
    @tf.function
    def inner(a):
        if a > 5.0:
            return a
        return a * 2.0

    def fn(x):
        if x > 0.0:
            for _ in tf.range(3):
                x = inner(x)
        return x

    return fn, (tf.constant(2.0),), ()


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
def gradient_tape():
    w = tf.Variable([[1.0, -2.0], [0.5, 3.0]], name="w")

    def fn(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.tanh(x @ w) ** 2)
        grad = tape.gradient(loss, w)
        w.assign_sub(0.1 * grad)
        return loss, grad

    return fn, (numbers(3, 2),), (w,)


@program
def gradient_through_a_while():
    def fn(x, n):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            while n > 0:
                y = y * x
                n -= 1
        return tape.gradient(y, x)

    return fn, (tf.constant(2.0), tf.constant(3)), ()


@program
def gradient_through_a_branch():
    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            if x > 0:
                y = x * x
            else:
                y = -x
        return tape.gradient(y, x)

    return fn, (tf.constant(3.0),), ()


@program
def gradient_through_a_function():
    @tf.function
    def inner(a):
        return tf.sin(a) * a

    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = inner(x)
        return tape.gradient(y, x)

    return fn, (tf.constant(0.5),), ()


@program
def second_derivative():
    def fn(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = x * x * x
            first = inner.gradient(y, x)
        return outer.gradient(first, x)

    return fn, (tf.constant(2.0),), ()


@program
def jacobian():
    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.stack([x[0] * x[1], tf.sin(x[0])])
        return tape.jacobian(y, x)

    return fn, (numbers(2),), ()


@program
def symbolic_gradients():
    def fn(x):
        y = tf.exp(x) * x
        return tf.gradients(y, [x])

    return fn, (tf.constant(1.5),), ()


@program
def custom_gradient():
    @tf.custom_gradient
    def softplus(x):
        e = tf.exp(x)
        return tf.math.log1p(e), lambda upstream: upstream * (1 - 1 / (1 + e))

    def fn(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = softplus(x)
        return y, tape.gradient(y, x)

    return fn, (tf.constant(2.0),), ()


@program
def checkpointed():
    def fn(x):
        block = tf.recompute_grad(lambda v: tf.sin(v) * v)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = block(x)
        return tape.gradient(y, x)

    return fn, (tf.constant(2.0),), ()


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
def strings():
    def fn(words):
        return tf.strings.join([tf.strings.upper(words), tf.strings.as_string(tf.strings.length(words))])

    return fn, (tf.constant(["tape", "trace"]),), ()


@program
def python_function_inside():
    def fn(x):
        return tf.numpy_function(lambda v: np.float32(v * 2), [x], tf.float32) + 1.0

    return fn, (tf.constant(2.0),), ()


@program
def dataset_loop():
    def fn(n):
        total = tf.constant(0, tf.int64)
        for i in tf.data.Dataset.range(n):
            total += i * i
        return total

    return fn, (tf.constant(4, tf.int64),), ()


@program
def dataset_loop_with_break():
    def fn(limit):
        total = tf.constant(0, tf.int64)
        for i in tf.data.Dataset.range(10):
            if total > limit:
                break
            total += i
        return total

    return fn, (tf.constant(5, tf.int64),), ()


@program
def ragged():
    def fn(rows):
        return tf.reduce_sum(rows, axis=1)

    return fn, (tf.ragged.constant([[1.0, 2.0], [3.0]]),), ()


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
def slices_and_gathers():
    def fn(x, i):
        rows = tf.gather(x, i)
        return tf.concat([rows[:, :1], x[1:3, 1:]], axis=1), tf.transpose(x)[::-1]

    return fn, (numbers(4, 2), tf.constant([2, 0])), ()


@program
def convolution():
    kernel = tf.Variable(numbers(2, 2, 1, 3), name="kernel")

    def fn(image):
        with tf.GradientTape() as tape:
            out = tf.nn.max_pool2d(tf.nn.conv2d(image, kernel, 1, "SAME"), 2, 2, "VALID")
        return out, tape.gradient(out, kernel)

    return fn, (numbers(1, 4, 4, 1),), (kernel,)


@program
def embedding_gradient():
    table = tf.Variable(numbers(5, 3), name="table")

    def fn(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)
        return tf.convert_to_tensor(tape.gradient(loss, table))

    return fn, (tf.constant([1, 1, 4]),), (table,)


@program
def complex_numbers():
    def fn(x):
        return tf.abs(tf.signal.fft(tf.cast(x, tf.complex64)))

    return fn, (numbers(4),), ()


@program
def half_precision():
    def fn(x):
        return tf.cast(x, tf.bfloat16) * tf.constant(2.0, tf.bfloat16)

    return fn, (numbers(3),), ()


@program
def einsum():
    def fn(a, b):
        return tf.einsum("bij,bjk->bik", a, b)

    return fn, (numbers(2, 3, 2), numbers(2, 2, 4)), ()


@program
def signature():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def fn(x):
        return tf.reduce_max(x) - tf.reduce_min(x)

    return fn, (numbers(6),), ()


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
def variable_made_inside():
    made: list[Any] = []

    @tf.function
    def fn(x):
        if not made:
            made.append(tf.Variable(5.0, name="made"))
        return made[0].assign_add(x)

    return fn, (tf.constant(3.0),), ()


@program
def unneeded_ops():
    def fn(x):
        _ = tf.exp(x) * 2.0
        return x + 1.0

    return fn, (tf.constant(3.0),), ()
