"""TraceCache shows each call, why it traced, and what a typed call would do."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import pytest

from graphviz_tools.cache_history import CacheHistory, Call, Entry
from graphviz_tools.frameworks import import_tensorflow
from widgets import TraceCache
from widgets.trace_cache import cost_words

tf = import_tensorflow()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> TraceCache:
    monkeypatch.setattr(
        sys.modules["__main__"], "tf", tf, raising=False
    )  # another test may have made another
    return TraceCache(tf.function(lambda x, n: x * n))


def test_a_call_returns_what_the_function_returns_and_adds_a_row(cache: TraceCache) -> None:
    assert cache(tf.constant([1.0, 2.0]), 3).numpy().tolist() == [3.0, 6.0]
    cache(tf.constant([5.0, 6.0]), 3)
    assert [call["traced"] for call in cache._history["calls"]] == [True, False]
    assert "2 calls, 1 trace, 1 graph" in cache.still()


def test_a_typed_call_is_predicted_without_running(cache: TraceCache) -> None:
    cache(tf.ones(3), 2)
    cache._asked(None, {"verb": "predict", "arguments": "tf.zeros(3), 2"}, None)
    assert cache._answer["entry"] == 0
    cache._asked(None, {"verb": "predict", "arguments": "tf.zeros(4), 2"}, None)
    assert cache._answer["words"].startswith("This call would trace a new graph")
    assert len(cache.history.calls) == 1


def test_names_are_those_of_a_notebook_that_became_main_later(cache, monkeypatch) -> None:
    notebook = ModuleType("__main__")
    notebook.three = tf.ones(3)  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    cache._asked(None, {"verb": "predict", "arguments": "three, 2"}, None)
    assert cache._answer["error"] == ""


def test_a_typed_call_can_be_run(cache: TraceCache) -> None:
    cache._asked(None, {"verb": "run", "arguments": "tf.ones(3), n=2"}, None)
    assert [call["arguments"] for call in cache._history["calls"]]


def test_a_call_that_raised_is_called_that_and_not_reused(cache: TraceCache) -> None:
    cache._asked(None, {"verb": "run", "arguments": "tf.ones(3), 2"}, None)
    cache._asked(None, {"verb": "run", "arguments": "tf.ones(3), tf.ones(4)"}, None)
    assert [call["verb"] for call in cache._history["calls"]] == ["traced", "raised"]
    assert "in user code" not in cache._answer["error"]
    assert "Error: " in cache._answer["error"] and "must be" in cache._answer["error"]
    assert "✗\xa0raised" in cache.still()


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("tf.ons(3)", "AttributeError"),
        ("(", "SyntaxError: '(' was never closed"),
        ("unknown", "NameError: name 'unknown' is not defined"),
    ],
)
def test_a_typing_mistake_gives_one_line(cache: TraceCache, typed: str, error: str) -> None:
    cache._asked(None, {"verb": "predict", "arguments": typed}, None)
    assert cache._answer["error"].startswith(error)
    assert "\n" not in cache._answer["error"]


@pytest.mark.parametrize("error", [KeyError, TypeError])
@pytest.mark.parametrize(("verb", "broken"), [("predict", "predict"), ("run", "look_up")])
def test_a_bug_of_ours_is_not_called_an_error_of_the_function(
    cache, monkeypatch, verb: str, broken: str, error: type[Exception]
) -> None:
    def fails(*_args: object) -> None:
        raise error("ours")

    if broken == "predict":
        monkeypatch.setattr(cache.cache, "predict", fails)
    else:
        monkeypatch.setattr("graphviz_tools.sources.tensorflow.cache.look_up", fails)
    with pytest.raises(error, match="ours"):
        cache._asked(None, {"verb": verb, "arguments": "tf.ones(3), 2"}, None)


def test_too_many_arguments_are_a_mistake_of_whoever_typed_them(cache: TraceCache) -> None:
    cache(tf.ones(3), 2)
    for verb in ("predict", "run", "plain"):
        cache._asked(None, {"verb": verb, "arguments": "1, 2, 3"}, None)
        assert "argument" in cache._answer["error"], verb


def test_a_failing_call_keeps_the_rows(cache: TraceCache) -> None:
    cache(tf.ones(3), 2)
    with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
        cache(tf.ones(3), "no number")
    assert cache._history["calls"][0]["traced"]


def test_the_cost_of_tracing_and_when_it_pays_are_shown() -> None:
    entry = Entry(0, (), 3, 2.0)
    calls = (Call(0, "x", True, (0,), (), 2.5), Call(1, "x", False, (0,), (), 0.5))
    history = CacheHistory("tensorflow", "f", (entry,), calls)
    assert cost_words(history) == (
        "2 s spent tracing and compiling. Make a plain call to see from which call on it pays."
    )
    assert cost_words(replace(history, plain=(1.5,))).endswith(
        "A call takes 500 ms, a plain one 1.5 s: it pays from call 3 on."
    )
    assert cost_words(replace(history, plain=(0.25,))).endswith(": it does not pay.")


def test_a_plain_call_can_be_typed(cache: TraceCache) -> None:
    cache(tf.ones(3), 2.0)
    cache._asked(None, {"verb": "plain", "arguments": "tf.ones(3), 2.0"}, None)
    assert len(cache.history.plain) == 1 and len(cache.history.calls) == 1


def test_a_function_without_a_cache_is_refused() -> None:
    with pytest.raises(TypeError, match="has no cache of graphs"):
        TraceCache(print)
