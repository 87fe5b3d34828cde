"""TensorFlow's private names: each is there in this version, and a Recording says what it loses without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import tensorflow as tf

import graphviz_tools as gt
from graphviz_tools import record_tensorflow_eager
from graphviz_tools.private_name import PrivateName
from graphviz_tools.sources.tensorflow import graph_reader, private_names
from graphviz_tools.sources.tensorflow.cache import UNTOLD
from graphviz_tools.sources.tensorflow.private_names import (
    CACHE_NAMES,
    COLLECTION_NAMES,
    CONTEXT,
    EXECUTE,
    FUNCTION_TO_GRAPH,
    NAMES,
    OPTIMIZE,
)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_this_tensorflow_has_the_name(name: PrivateName) -> None:
    assert name.find() is not None, f"{name.module}.{name.name} is gone: recordings lose {name.loses}"


def test_tensors_and_tapes_have_the_attributes() -> None:
    assert isinstance(tf.constant(1)._id, int)
    with tf.GradientTape(persistent=True) as tape:
        assert (tape._recording, tape._persistent, tape._watch_accessed_variables) == (True, True, True)


def test_a_recording_says_what_it_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: PrivateName) -> Any:
        return None if self.name.startswith(("_gradient_function", "record_operation")) else found(self)

    found = PrivateName.find
    caches = (private_names._gradient_patch, private_names._record_patch)
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(PrivateName, "find", gone)

    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.gradient(y, x)

    try:
        recording = record_tensorflow_eager(f, tf.constant(3.0))
    finally:
        for cached in caches:
            cached.cache_clear()
    assert recording.outputs[0].numbers == (6.0,)
    why = " ".join(left.why for left in recording.omitted)
    assert "the order of a tape's backward pass" in why and "custom gradients on a tape" in why


def without(monkeypatch: pytest.MonkeyPatch, *names: PrivateName) -> None:
    """Let TensorFlow have none of `names`."""
    find = PrivateName.find
    monkeypatch.setattr(PrivateName, "find", lambda self: None if self in names else find(self))
    private_names.found_all.cache_clear()


@pytest.fixture(autouse=True)
def nothing_looked_up() -> Iterator[None]:
    yield
    private_names.found_all.cache_clear()


def halved(x: Any) -> Any:
    if tf.reduce_sum(x) > 1.0:
        x = x / 2.0
    return x


@pytest.mark.parametrize("name", [EXECUTE, CONTEXT], ids=lambda name: name.name)
def test_a_graph_runs_op_by_op_without_the_quick_way(
    name: PrivateName, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, name)
    recording = gt.record_tensorflow(halved, tf.constant([2.0, 4.0]))
    assert recording.error == ""
    assert recording.outputs[0].numbers == (1.0, 2.0)


@pytest.mark.parametrize("name", CACHE_NAMES, ids=lambda name: name.name)
def test_a_cache_says_that_it_cannot_tell_why(name: PrivateName, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, name)
    cache = gt.trace_cache(tf.function(halved))
    cache(tf.ones(2))
    cache(tf.ones(3))
    assert [call.traced for call in cache.history.calls] == [True, True]
    assert cache.history.calls[1].reasons == (UNTOLD,)


@pytest.mark.parametrize("name", [OPTIMIZE, *COLLECTION_NAMES], ids=lambda name: name.name)
def test_an_optimised_graph_is_left_out_and_reported(
    name: PrivateName, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, name)
    result = gt.record_optimized(halved, tf.ones(2), as_run=name is not OPTIMIZE)
    assert [left.what for left in result.after.omitted] == ["optimised graph"]


def test_an_imported_function_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    concrete = tf.function(halved).get_concrete_function(tf.TensorSpec([2], tf.float32))
    with tf.Graph().as_default() as imported:
        tf.graph_util.import_graph_def(concrete.graph.as_graph_def(), name="")
    branch = next(op for op in imported.get_operations() if "If" in op.type)
    name = branch.get_attr("then_branch").name
    assert graph_reader.graph_of(imported, name) is not None
    without(monkeypatch, FUNCTION_TO_GRAPH)
    assert graph_reader.graph_of(imported, name) is None
