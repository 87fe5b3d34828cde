"""Each of TensorFlow's common errors has a sentence of its own, in a graph, eagerly and in a session."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from graphviz_tools import record_tensorflow, record_tensorflow_eager
from tests.graphviz_tools.sources.tensorflow.failing_programs import CASES

SESSIONS = ("not_fed", "fed_shape", "fed_unknown", "uninitialised", "other_graph")


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


def times_a_list(x: Any) -> Any:
    y = x * 2.0
    return y - [1.0, 2.0]


def times_made_on_the_line(x: Any) -> Any:
    return tf.matmul(x, tf.ones((2, 2)))


def joined(x: Any) -> Any:
    y = x[:, :2]
    return tf.concat([x, y], 0)


weights = tf.Variable(tf.ones((2, 4)))


def times_weights(x: Any) -> Any:
    y = x * 2.0
    return y @ weights


CLASHES = [
    (times_a_list, ["y: float32 [2, 3], from y = x * 2.0, line", "[1.0, 2.0]: a Python list of shape [2]"]),
    (times_made_on_the_line, ["x: float32 [2, 3]", "float32 [2, 2]"]),
    (joined, ["x: float32 [2, 3]", "y: float32 [2, 2], from y = x[:, :2], line"]),
    (times_weights, ["y: float32 [2, 3], from y = x * 2.0, line", "weights: float32 [2, 4], a variable"]),
]


@pytest.mark.parametrize("record", [record_tensorflow, record_tensorflow_eager])
@pytest.mark.parametrize(("fn", "said"), CLASHES, ids=lambda each: getattr(each, "__name__", None))
def test_an_error_names_both_operands_and_where_they_came_from(record: Any, fn: Any, said: list[str]) -> None:
    last = record(fn, tf.ones((2, 3))).steps[-1]
    assert last.error and last.line is not None and last.line.file == __file__
    for words in said:
        assert words in last.note


def test_an_op_that_fails_in_the_run_of_a_graph_names_them_too() -> None:
    @tf.function(input_signature=[tf.TensorSpec(None), tf.TensorSpec(None)])
    def f(x: Any, y: Any) -> Any:
        z = y * 2.0
        return tf.matmul(x, z)

    last = record_tensorflow(f, tf.ones((2, 3)), tf.ones((2, 3))).steps[-1]
    assert last.op == "BatchMatMulV2" and last.line is not None and "tf.matmul(x, z)" in last.line.text
    assert "x: float32 [2, 3], an input." in last.note
    assert "mul: float32 [2, 3], from z = y * 2.0, line" in last.note


class TwoLayers(tf.keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.first = tf.keras.layers.Dense(4, name="first")
        self.second = tf.keras.layers.Dense(2, name="second")
        self.second.build((None, 3))

    def call(self, x: Any) -> Any:
        h = self.first(x)
        return self.second(h)


@pytest.mark.parametrize("record", [record_tensorflow, record_tensorflow_eager])
def test_a_layer_s_wrong_input_is_at_the_user_s_line(record: Any) -> None:
    last = record(TwoLayers(), tf.ones((2, 3))).steps[-1]
    assert last.line is not None and last.line.file == __file__ and last.line.text == "return self.second(h)"
    assert "h: float32 [2, 4], from h = self.first(x), line" in last.note
    assert "a Dense layer, built for inputs of shape (None, 3)" in last.note


# What docs/own-model.md promises a sentence for in TensorFlow beside what PyTorch has, and the failures that show it.
PROMISED = {
    "shape invariants": {"shape_invariant"},
    "branches and loops whose results differ": {
        "dtype_changes_in_loop", "branch_types_differ", "only_in_one_branch", "none_in_one_branch",
    },
    "variables made late": {"late_variable", "keras_function_variables"},
    "lists in loops": {"list_in_loop", "list_grows_in_while"},
    "symbolic values used in Python (`if`, `for`, `range`, NumPy)": {
        "symbolic_bool", "symbolic_iter", "symbolic_numpy", "symbolic_np_func", "symbolic_range", "index_with_tensor",
    },
    "leaked tensors": {"leaked_tensor"},
    "signatures": {"wrong_signature", "wrong_signature_dtype"},
    "used tapes": {"tape_used_twice"},
    "feeds": {"not_fed", "fed_shape", "fed_unknown"},
    "uninitialised variables": {"uninitialised"},
}  # fmt: skip
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "own-model.md").read_text(encoding="utf-8")


def test_each_kind_of_error_that_the_page_promises_has_its_failures() -> None:
    promised = re.search(r"In TensorFlow, also those about: (.*?)\. - What PyTorch", " ".join(PAGE.split()))
    assert promised is not None
    assert promised[1].split("; ") == list(PROMISED)
    assert set().union(*PROMISED.values()) <= WORDS.keys()
