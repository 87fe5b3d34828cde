"""Branches and loops, written by AutoGraph and by hand."""

# ruff: noqa: SIM108
from __future__ import annotations

from tests.graphviz_tools.sources.tensorflow.tensorflow_programs.corpus import numbers, program, tf


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
def cond_in_while_in_cond():
    def fn(x):
        return tf.cond(
            x > 0,
            lambda: tf.while_loop(
                lambda i, v: i < 3,
                lambda i, v: (i + 1, tf.cond(v > 4, lambda: v - 1, lambda: v * 2)),
                (tf.constant(0), x),
            )[1],
            lambda: x,
        )

    return fn, (tf.constant(1.5),), ()


@program
def tf_case():
    def fn(x):
        return tf.case([(x < 1, lambda: x + 1.0), (x < 5, lambda: x * 3.0)], default=lambda: -x)

    return fn, (tf.constant(2.0),), ()


@program
def tf_case_exclusive():
    def fn(x):
        return tf.case(
            [(x < 1, lambda: x + 1.0), (x > 5, lambda: x * 3.0)], default=lambda: -x, exclusive=True
        )

    return fn, (tf.constant(2.0),), ()


@program
def map_fn_two():
    def fn(a, b):
        return tf.map_fn(
            lambda t: (t[0] * t[1], t[0] - 1.0), (a, b), fn_output_signature=(tf.float32, tf.float32)
        )

    return fn, (numbers(3), numbers(3, seed=1)), ()


@program
def scan_with_initializer():
    def fn(xs):
        return tf.scan(lambda a, x: (a[0] + x, a[1] * x), xs, initializer=(0.0, 1.0))

    return fn, (numbers(4),), ()


@program
def while_max_iterations():
    def fn(x):
        return tf.while_loop(lambda v: v < 100.0, lambda v: [v * 2.0], [x], maximum_iterations=3)

    return fn, (tf.constant(1.0),), ()


@program
def while_swap():
    def fn(a, b):
        i = 0
        while i < tf.constant(3):
            a, b = b, a
            i += 1
        return a - b

    return fn, (tf.constant(1.0), tf.constant(5.0)), ()


@program
def fibonacci():
    def fn(n):
        a, b = 0, 1
        while n > 0:
            a, b = b, a + b
            n -= 1
        return a

    return fn, (tf.constant(6),), ()


@program
def while_with_list_state():
    def fn(x):
        acc = (x, x * 0)
        i = tf.constant(0)
        while i < 2:
            acc = (acc[0] * 2, acc[1] + acc[0])
            i += 1
        return acc

    return fn, (numbers(2),), ()


@program
def while_without_state():
    v = tf.Variable(0)

    def fn():
        while v < 3:
            v.assign_add(1)
        return v.read_value()

    return fn, (), (v,)


@program
def dataset_batches():
    def fn(xs):
        total = 0.0
        for batch in tf.data.Dataset.from_tensor_slices(xs).batch(2).map(lambda b: b * 2):
            total += tf.reduce_sum(batch)
        return total

    return fn, (numbers(5),), ()


@program
def iterator_next():
    def fn(xs):
        it = iter(tf.data.Dataset.from_tensor_slices(xs))
        return next(it) + next(it)

    return fn, (numbers(4),), ()
