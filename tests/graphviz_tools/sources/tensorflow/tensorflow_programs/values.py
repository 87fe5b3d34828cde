"""What goes into programs and comes out: structures, dtypes, shapes, arguments, functions in functions."""

from __future__ import annotations

import collections
import functools

from tests.graphviz_tools.sources.tensorflow.tensorflow_programs.corpus import numbers, program, tf


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
def nested_function():
    @tf.function
    def inner(a):
        return a * a + 1.0

    def fn(x):
        return inner(x) + inner(x * 2.0)

    return fn, (tf.constant(3.0),), ()


@program
def strings():
    def fn(words):
        return tf.strings.join([tf.strings.upper(words), tf.strings.as_string(tf.strings.length(words))])

    return fn, (tf.constant(["tape", "trace"]),), ()


@program
def ragged():
    def fn(rows):
        return tf.reduce_sum(rows, axis=1)

    return fn, (tf.ragged.constant([[1.0, 2.0], [3.0]]),), ()


@program
def slices_and_gathers():
    def fn(x, i):
        rows = tf.gather(x, i)
        return tf.concat([rows[:, :1], x[1:3, 1:]], axis=1), tf.transpose(x)[::-1]

    return fn, (numbers(4, 2), tf.constant([2, 0])), ()


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
def unneeded_ops():
    def fn(x):
        _ = tf.exp(x) * 2.0
        return x + 1.0

    return fn, (tf.constant(3.0),), ()


@program
def dataset_argument():
    def fn(ds):
        total = tf.constant(0, tf.int64)
        for x in ds:
            total += x
        return total

    return fn, (tf.data.Dataset.range(5),), ()


@program
def nested_functions_three_deep():
    @tf.function
    def a(x):
        return x + 1.0

    @tf.function
    def b(x):
        return a(x) * a(x * 2.0)

    def fn(x):
        return b(x) - b(x + 1.0)

    return fn, (tf.constant(3.0),), ()


@program
def sparse():
    def fn(s, d):
        return tf.sparse.sparse_dense_matmul(s, d)

    return fn, (tf.sparse.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [3, 3]), numbers(3, 2)), ()


@program
def ragged_out():
    def fn(rows):
        return rows * 2.0, rows.row_lengths()

    return fn, (tf.ragged.constant([[1.0, 2.0], [], [3.0]]),), ()


@program
def named_tuple():
    Point = collections.namedtuple("Point", "x y")

    def fn(p):
        return Point(p.y, p.x * 2)

    return fn, (Point(tf.constant(1.0), tf.constant(2.0)),), ()


@program
def jit_compiled():
    @tf.function(jit_compile=True)
    def fn(x):
        return tf.nn.softmax(x) * 2.0

    return fn, (numbers(4),), ()


@program
def int_bool_complex():
    def fn(i, b, c):
        return i // 3 + i % 3, tf.logical_and(b, i > 2), c * tf.math.conj(c), tf.bitwise.bitwise_xor(i, 5)

    return fn, (tf.constant([1, 5, 7]), tf.constant([True, False, True]), tf.constant([1 + 2j, 3j, 4.0])), ()


@program
def big():
    def fn(x):
        return tf.reduce_mean(x @ tf.transpose(x)), x * 2

    return fn, (numbers(200, 100),), ()


@program
def name_scopes():
    def fn(x):
        with tf.name_scope("encoder"):
            with tf.name_scope("layer"):
                y = tf.nn.relu(x)
            z = y * 2
        with tf.name_scope("encoder"):
            return z + 1

    return fn, (numbers(2),), ()


@program
def unknown_shape():
    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32)])
    def fn(x):
        y = tf.reshape(x, [-1])
        return tf.shape(x), y[0], tf.size(x)

    return fn, (numbers(3, 2),), ()


@program
def list_mutation():
    def fn(x):
        out = []
        for i in range(3):
            out.append(x * i)
        return out

    return fn, (numbers(2),), ()


@program
def callable_object():
    class M(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable(tf.ones([2, 2]), name="w")

        def __call__(self, x):
            return x @ self.w

    m = M()
    return m, (numbers(1, 2),), (m.w,)


@program
def lambda_fn():
    return (lambda x: x * 2 + 1), (tf.constant(1.0),), ()


@program
def partial_fn():
    def fn(x, *, k):
        return x * k

    return functools.partial(fn, k=3.0), (tf.constant(1.0),), ()


@program
def variadic():
    def fn(*xs, **kw):
        return tf.add_n(xs) * 2

    return fn, (tf.constant(1.0), tf.constant(2.0), tf.constant(3.0)), ()


@program
def none_and_default():
    def fn(x, mask=None, scale=2.0):
        if mask is not None:
            x = x * mask
        return x * scale

    return fn, (tf.constant(1.0), None), ()


@program
def optional_ops():
    def fn(x):
        o = tf.experimental.Optional.from_value(x)
        return o.get_value() * 2

    return fn, (tf.constant(1.0),), ()


@program
def constant_output():
    def fn(x):
        return 5, tf.constant([1, 2]), x

    return fn, (tf.constant(2),), ()
