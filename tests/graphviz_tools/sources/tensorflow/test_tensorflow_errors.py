"""Each of TensorFlow's common errors has a sentence of its own, in a graph, eagerly and in a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from graphviz_tools import record_tensorflow, record_tensorflow_eager

Made = tuple[Callable[..., Any], tuple[Any, ...]]
CASES: dict[str, Callable[[], Made]] = {}
SESSIONS = ("not_fed", "fed_shape", "fed_unknown", "uninitialised", "other_graph")


def case(make: Callable[[], Made]) -> Callable[[], Made]:
    CASES[make.__name__] = make
    return make


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


WORDS = {
    "shape_invariant": "shape_invariants",
    "dtype_changes_in_loop": "tf.cast",
    "branch_types_differ": "Both branches",
    "only_in_one_branch": "each must set this variable",
    "none_in_one_branch": "cannot hold None",
    "late_variable": "variables and layers outside",
    "list_in_loop": "tf.TensorArray",
    "list_grows_in_while": "tf.TensorArray",
    "symbolic_bool": "tf.cond",
    "symbolic_iter": "tf.map_fn",
    "symbolic_numpy": ".numpy()",
    "symbolic_np_func": "tf.numpy_function",
    "symbolic_range": "tf.range",
    "index_with_tensor": "tf.gather",
    "leaked_tensor": "Return it",
    "wrong_signature": "input_signature",
    "wrong_signature_dtype": "input_signature",
    "matmul_shapes": "inner sizes",
    "broadcast": "equal or 1",
    "dtypes": "tf.cast",
    "dtype_mm": "tf.cast",
    "reshape": "number of elements",
    "gather": "from 0",
    "index": "inside the dimension",
    "assign_item": "Tensors never change",
    "concat": "joined",
    "keras_input": "the layer was built for",
    "variable_shape": "keeps the shape",
    "tape_used_twice": "persistent=True",
    "apply_none": "Every gradient is None",
    "check_numerics": "not finite",
    "assertion": "found its condition false",
    "keras_function_variables": "variables and layers outside",
    "not_fed": "feed_dict",
    "fed_shape": "the placeholder's shape",
    "fed_unknown": "keys of feed_dict",
    "uninitialised": "global_variables_initializer",
    "other_graph": "runs one graph",
}
ONLY_IN_A_GRAPH = {
    *SESSIONS, "shape_invariant", "branch_types_differ", "only_in_one_branch", "none_in_one_branch", "late_variable",
    "list_in_loop", "list_grows_in_while", "symbolic_bool", "symbolic_iter", "symbolic_numpy", "symbolic_np_func",
    "symbolic_range", "index_with_tensor", "wrong_signature", "wrong_signature_dtype", "keras_function_variables",
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_an_error_in_a_graph_has_its_sentence(name: str) -> None:
    fn, args = CASES[name]()
    recording = record_tensorflow(fn, *args)
    assert recording.error
    assert WORDS[name] in recording.steps[-1].note


@pytest.mark.parametrize("name", sorted(set(WORDS) - ONLY_IN_A_GRAPH))
def test_an_eager_error_has_its_sentence(name: str) -> None:
    fn, args = CASES[name]()
    recording = record_tensorflow_eager(fn, *args)
    assert recording.error
    assert WORDS[name] in recording.steps[-1].note


def test_an_eager_error_names_what_clashed_and_where_it_came_from() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        return tf.matmul(x, y)

    last = record_tensorflow_eager(f, tf.ones((2, 3))).steps[-1]
    assert [value.shape for value in last.reads] == [(2, 3), (2, 3)]
    assert "x: float32 [2, 3], from x." in last.note
    assert "y: float32 [2, 3], from y = x * 2.0, line" in last.note
