"""`trace_cache` of a `tf.function`: which call traced, which graph ran, and why."""

from __future__ import annotations

from typing import Any

import pytest

from graphviz_tools.frameworks import import_tensorflow
from graphviz_tools.sources.tensorflow import cache_lookup
from graphviz_tools.trace_cache import trace_cache

tf = import_tensorflow()


class Thing:
    pass


def watched(**options: Any) -> tuple[Any, list[str]]:
    log: list[str] = []

    @tf.function(**options)
    def scale(x: Any, n: Any = 1, thing: Any = None) -> Any:
        log.append("traced")
        return tf.nest.map_structure(lambda t: t * tf.cast(n, t.dtype), x)

    return trace_cache(scale), log


def reasons(*calls: tuple[Any, ...]) -> list[tuple[str, ...]]:
    cache, _ = watched()
    for arguments in calls:
        cache(*arguments)
    return [call.reasons for call in cache.history.calls]


def test_a_call_with_the_same_signature_reuses_its_graph() -> None:
    cache, log = watched()
    assert cache(tf.constant([1.0, 2.0]), 3).numpy().tolist() == [3.0, 6.0]
    assert cache(tf.constant([5.0, 2.0]), 3).numpy().tolist() == [15.0, 6.0]
    first, second = cache.history.calls
    assert (first.traced, first.entries, first.reasons) == (
        True,
        (0,),
        ("first call: there is no graph yet",),
    )
    assert (second.traced, second.entries, second.reasons) == (False, (0,), ())
    assert cache.history.entries[0].keys[:2] == ("x: float32 tensor of shape (2,)", "n: Python value 3")
    assert len(log) == cache.traces == 1


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ([1.0], (1.0,), "x: a tuple of 1, where the graph has a list of 1"),
        ((1.0,), [1.0], "x: a list of 1, where the graph has a tuple of 1"),
        ([1.0], [1.0, 2.0], "x: a list of 2, where the graph has a list of 1"),
        ({"a": [1.0]}, {"a": (1.0,)}, "x['a']: a tuple of 1, where the graph has a list of 1"),
        ({"a": 1.0}, {"b": 1.0}, "x: a dict with 'b', where the graph has a dict with 'a'"),
        ([1.0], 1.0, "x: float32 tensor of shape (), where the graph has a list of 1"),
    ],
)
def test_containers_are_distinguished(first: Any, second: Any, reason: str) -> None:
    tensors = [tf.nest.map_structure(tf.constant, each) for each in (first, second)]
    assert reasons(*((each,) for each in tensors))[1] == (reason,)


def test_tracing_is_timed_and_compared_with_plain_calls() -> None:
    cache, _ = watched()
    cache(tf.ones(3))
    cache(tf.ones(3))
    cache.plain(tf.ones(3))
    history = cache.history
    first, second = history.calls
    assert 0 < history.tracing == history.entries[0].seconds < first.seconds
    assert second.seconds > 0 and len(history.plain) == 1


def test_each_reason_to_retrace_is_named() -> None:
    x = tf.ones(2)
    assert reasons((x,), (tf.ones(3),))[1] == ("x: shape (3,), where the graph has (2,)",)
    assert reasons((x,), (tf.ones(2, tf.int32),))[1] == ("x: dtype int32, where the graph has float32",)
    assert reasons((x, 1), (x, 2))[1] == ("n: Python value 2, where the graph has 1 baked in",)
    assert reasons((x, 1, Thing()), (x, 1, Thing()))[1] == (
        "thing: another object; a graph belongs to one object, not to its value",
    )
    assert reasons(([x, x],), ([x, tf.ones(5)],))[1] == ("x[1]: shape (5,), where the graph has (2,)",)
    assert reasons(({"a": x},), ({"a": x, "b": x},))[1] == (
        "x: a dict with 'a', 'b', where the graph has a dict with 'a'",
    )
    assert reasons((x, 1), ([x, x], 1))[1] == (
        "x: a list of 2, where the graph has float32 tensor of shape (2,)",
    )
    ragged = tf.ragged.constant([[1], [2, 3]])
    assert reasons((ragged,), (tf.sparse.from_dense([[1, 0]]),))[1] == (
        "x: sparse int32 tensor of shape (1, 2), where the graph has ragged int32 tensor of shape (2, None)",
    )
    [_, mixed] = reasons((x, 1), (x, tf.constant(1)))
    assert mixed == ("n: int32 tensor of shape (), where the graph has Python value 1",)


def test_a_call_that_raises_is_in_the_history_and_still_raises() -> None:
    def picky(x: Any) -> Any:
        if x.shape[0] == 3:
            raise ValueError("three")
        return x

    cache = trace_cache(tf.function(picky))
    cache(tf.ones(2))
    with pytest.raises(ValueError, match="three"):
        cache(tf.ones(3))
    assert cache.history.calls[1].reasons == (
        "x: shape (3,), where the graph has (2,)",
        "raised ValueError: three",
    )


def test_the_history_shows_no_address() -> None:
    cache = trace_cache(tf.function(lambda x, thing: x))
    cache(tf.ones(2), Thing())
    assert cache.history.calls[0].arguments == "float32 tensor (2,), <Thing>"


def test_the_nearest_graph_explains_a_retrace() -> None:
    x = tf.ones(2)
    found = reasons((x, 1), (tf.ones(3), 2), (tf.ones(3), 1))
    assert len(found[2]) == 1


def test_prediction_neither_runs_nor_traces() -> None:
    cache, log = watched()
    assert cache.predict(tf.ones(2)).reasons == ("first call: there is no graph yet",)
    cache(tf.ones(2))
    cache(tf.ones(3))
    assert cache.predict(tf.zeros(3)).entry == 1
    prediction = cache.predict(tf.ones(4))
    assert prediction.entry is None
    assert prediction.reasons == ("x: shape (4,), where the graph has (3,)",)
    assert len(log) == 2
    cache(tf.ones(4))
    assert cache.history.calls[-1].reasons == prediction.reasons


def test_an_input_signature_serves_every_length_with_one_graph() -> None:
    log: list[int] = []

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def total(x: Any) -> Any:
        log.append(1)
        return tf.reduce_sum(x)

    cache = trace_cache(total)
    assert not log
    assert [float(cache(tf.ones(n))) for n in (2, 3, 4)] == [2.0, 3.0, 4.0]
    assert [call.entries for call in cache.history.calls] == [(0,)] * 3
    assert cache.predict(tf.ones(9)).entry == 0


def test_reduce_retracing_is_seen_to_relax_the_shape() -> None:
    cache, _ = watched(reduce_retracing=True)
    for n in range(1, 5):
        cache(tf.ones(n))
    assert [call.traced for call in cache.history.calls] == [True, True, False, False]
    assert cache.history.entries[1].keys[0] == "x: float32 tensor of shape (None,)"


def test_the_context_can_be_the_reason() -> None:
    cache, _ = watched()
    cache(tf.ones(2))
    with tf.Graph().as_default():
        assert "context" in cache.predict(tf.ones(2)).reasons[0]


def test_calls_past_the_cache_are_counted_too() -> None:
    cache, _ = watched()
    before = cache.traces
    cache(tf.ones(2))
    assert cache.traces == before + 1
    assert [entry.index for entry in cache.history.entries] == [0]


def test_a_function_that_makes_variables_is_followed() -> None:
    made: list[Any] = []

    @tf.function
    def fn(x: Any) -> Any:
        if not made:
            made.append(tf.Variable(2.0))
        return made[0] * x

    cache = trace_cache(fn)
    assert [float(cache(tf.constant(3.0))) for _ in range(2)] == [6.0, 6.0]
    assert [call.traced for call in cache.history.calls] == [True, False]
    assert cache.history.calls[1].entries == cache.history.calls[0].entries


def test_without_tensorflows_private_lookup_the_history_still_shows_what_traced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import graphviz_tools.sources.tensorflow.cache as module

    monkeypatch.setattr(module, "look_up", lambda fn, args, kwargs: None)
    monkeypatch.setattr(module, "traced_graphs", lambda fn: [])
    cache, _ = watched()
    cache(tf.ones(2))
    cache(tf.ones(2))
    assert [call.traced for call in cache.history.calls] == [True, False]


def test_tensorflow_still_has_the_private_lookup() -> None:
    @tf.function
    def fn(x: Any) -> Any:
        return x

    fn(tf.ones(2))
    found = cache_lookup.look_up(fn, (tf.ones(2),), {})
    assert found is not None
    assert found.hit is not None
    assert cache_lookup.traced_graphs(fn) == [found.hit]


def test_a_plain_function_is_refused_in_one_line() -> None:
    with pytest.raises(TypeError, match=r"needs a tf\.function"):
        trace_cache(lambda x: x)
