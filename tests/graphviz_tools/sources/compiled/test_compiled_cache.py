"""trace_cache of torch.compile: which call compiled, why, which graph it ran, and what a call would do."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from graphviz_tools.cache_history import TraceCache
from graphviz_tools.sources.compiled.cache import CLEARED, FIRST, NONE
from graphviz_tools.sources.compiled.guards import STATE, guard_in_words, refusal_in_words
from graphviz_tools.trace_cache import trace_cache


@pytest.fixture(autouse=True)
def fresh_dynamo():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def watched(fn, **options) -> TraceCache:
    return trace_cache(torch.compile(fn, backend="eager", **options))


def test_a_first_call_compiles_and_an_equal_one_does_not():
    cache = watched(lambda x: x * 2)
    assert cache(torch.ones(3)).tolist() == [2, 2, 2]
    cache(torch.zeros(3))
    first, second = cache.history.calls
    assert (first.traced, first.entries, first.reasons) == (True, (0,), (FIRST,))
    assert (second.traced, second.entries, second.reasons) == (False, (0,), ())
    assert cache.traces == 1


def test_a_cache_that_was_cleared_keeps_its_history_and_says_so():
    cache = watched(lambda x: x * 2)
    cache(torch.ones(3))
    torch._dynamo.reset()
    assert len(cache.history.entries) == 1
    assert cache.history.entries[0].dropped
    again = f"graph 0 was for such arguments, but {CLEARED}"
    assert cache.predict(torch.ones(3)).reasons == (again,)
    assert cache.predict(torch.ones(4)).reasons == (
        "x: size 4 in dimension 0, where the graph has 3",
        CLEARED,
    )
    cache(torch.ones(3))
    assert (cache.history.calls[1].entries, cache.history.calls[1].reasons) == ((1,), (again,))
    assert cache.predict(torch.ones(3)).entry == 1


def test_the_guards_of_an_entry_are_words():
    def scaled(x, factor):
        return x * factor

    cache = watched(scaled)
    cache(torch.ones(2, 3), 2)
    (entry,) = cache.history.entries
    assert entry.keys == ("factor == 2", "x: float32[2, 3]", STATE)
    assert entry.ops == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (torch.ones(4), "x: size 4 in dimension 0, where the graph has 3"),
        (torch.ones(3, dtype=torch.float64), "x: dtype float64, where the graph has float32"),
        (torch.ones(3, 3), "x: rank 2, where the graph has 1"),
        (
            torch.ones(3, requires_grad=True),
            "x: requires grad, where the graph has requires_grad=False",
        ),
    ],
    ids=["size", "dtype", "rank", "gradient"],
)
def test_a_recompile_says_what_was_different(other, reason):
    def doubled(x):
        return x * 2

    cache = watched(doubled)
    cache(torch.ones(3))
    assert cache.predict(other).reasons == (reason,)
    cache(other)
    call = cache.history.calls[1]
    assert (call.traced, call.entries, call.reasons) == (True, (1,), (reason,))


def test_the_part_after_a_graph_break_says_what_was_different_too():
    def in_two_parts(x):
        y = x * 2
        torch._dynamo.graph_break()
        return y + 1

    cache = watched(in_two_parts, dynamic=False)
    cache(torch.ones(3))
    cache(torch.ones(4))
    cache(torch.ones(4, dtype=torch.float64))
    assert cache.history.calls[1].reasons == tuple(
        f"{name}: size 4 in dimension 0, where the graph has 3" for name in "xy"
    )
    assert cache.history.calls[2].reasons[1:] == ("y: dtype float64, where the graph has float32",)


def test_reasons_are_those_of_the_nearest_graph():
    def doubled(x, flag=False):
        return x * 2 if flag else x * 3

    cache = watched(doubled)
    cache(torch.ones(3))
    cache(torch.ones(2, 2, dtype=torch.float64), True)
    near_the_first, near_the_second = torch.ones(3, dtype=torch.int64), torch.ones(2, 2)
    assert cache.predict(near_the_first).reasons == ("graph 0: x: dtype int64, where the graph has float32",)
    assert cache.predict(near_the_second, True).reasons == (
        "graph 1: x: dtype float32, where the graph has float64",
    )
    cache(near_the_second, True)
    assert cache.history.calls[2].reasons == ("graph 1: x: dtype float32, where the graph has float64",)


def test_containers_and_objects_are_named():
    class Scale:
        factor = 2

    def total(parts, scale):
        return (parts[0] + parts[1]) * scale.factor

    cache = watched(total)
    one, x = Scale(), torch.ones(3)
    cache([x, x], one)
    (reason,) = cache.predict((x, x), one).reasons
    assert reason == "parts: a tuple, where the graph has a list"
    assert cache.predict([x, x, x], one).reasons == ("parts: length 3, where the graph has 2",)


def test_compiling_is_timed_and_compared_with_plain_calls():
    cache = watched(lambda x: x * 2)
    assert cache.history.pays_from() is None
    cache(torch.ones(3))
    cache(torch.ones(3))
    assert cache.plain(torch.ones(3)).tolist() == [2, 2, 2]
    history = cache.history
    assert (history.entries[0].seconds or 0) > 0 and history.tracing == history.entries[0].seconds
    assert len(history.plain) == 1 and all(call.seconds > 0 for call in history.calls)


def test_a_python_number_is_baked_in_until_it_changes():
    def scaled(x, factor):
        return x * factor

    cache = watched(scaled)
    cache(torch.ones(3), 2)
    cache(torch.ones(3), 5)
    assert cache.history.calls[1].reasons == ("factor: Python value 5, where the graph has 2 baked in",)
    assert "factor is of type int" in cache.history.entries[1].keys
    cache(torch.ones(3), 7)
    assert not cache.history.calls[2].traced


@pytest.mark.parametrize(
    "call", [(torch.ones(3), 2), (torch.ones(3), 9), (torch.ones(9), 2), (torch.ones(2, 2), 9)]
)
def test_a_prediction_says_what_then_happens_and_compiles_nothing(call):
    def scaled(x, factor):
        return x * factor

    cache = watched(scaled)
    for known in [(torch.ones(3), 2), (torch.ones(4), 2), (torch.ones(4), 3)]:
        cache(*known)
    traces = cache.traces
    prediction = cache.predict(*call)
    assert cache.traces == traces
    cache(*call)
    made = cache.history.calls[-1]
    assert made.traced == (prediction.entry is None)
    if prediction.entry is not None:
        assert made.entries == (prediction.entry,)


def test_before_any_call_the_prediction_is_a_first_trace():
    prediction = watched(lambda x: x + 1).predict(torch.ones(2))
    assert (prediction.entry, prediction.reasons) == (None, (FIRST,))


def test_a_break_gives_each_part_its_own_graph_and_says_where_and_why():
    def halves(x):
        y = x * 2
        if y.sum() > 0:
            return y + 1
        return y - 1

    cache = watched(halves)
    cache(torch.ones(3))
    cache(-torch.ones(3))
    up, down = cache.history.calls
    assert up.entries == (0, 1)
    assert down.entries == (0, 2)
    assert down.reasons[0].startswith("the part of halves from line ")
    (found,) = cache.history.breaks
    assert found.line is not None
    assert found.line.text == "if y.sum() > 0:"
    assert found.reason.startswith("Data-dependent branching: ")


def test_what_a_function_closes_over_is_guarded_and_predicted():
    weight = torch.ones(3)

    def weighted(x):
        return x * weight

    cache = watched(weighted)
    cache(torch.ones(3))
    assert cache.predict(torch.ones(3)).entry == 0
    assert "weight: float32[3]" in cache.history.entries[0].keys


def test_a_module_is_watched_like_a_function():
    module = torch.nn.Linear(3, 2)
    cache = trace_cache(torch.compile(module, backend="eager"))
    assert torch.equal(cache(torch.ones(1, 3)), module(torch.ones(1, 3)))
    other = torch.compile(torch.nn.Linear(4, 2), backend="eager")
    other(torch.ones(1, 4))  # PyTorch keeps both on one code object
    assert cache.traces == 1
    assert cache.history.function == "Linear"
    assert cache.predict(torch.ones(1, 3)).entry == 0
    assert {"weight: float32[2, 3], requires grad", "input: float32[1, 3]"} <= set(
        cache.history.entries[0].keys
    )


def test_entries_made_before_are_there_and_are_not_counted_as_new():
    compiled = torch.compile(lambda x: x * 2, backend="eager")
    compiled(torch.ones(2))
    cache = trace_cache(compiled)
    assert len(cache.history.entries) == 1
    assert cache.traces == 0
    compiled(torch.ones(2, 2))
    assert cache.traces == 1


def test_past_the_limit_a_call_says_that_it_ran_as_plain_python():
    def keyed(x, word):
        return x * len(word)

    cache = watched(keyed)
    for number in range(torch._dynamo.config.recompile_limit + 1):
        cache(torch.ones(2), "a" * number)
    limit = torch._dynamo.config.recompile_limit
    assert cache.history.calls[-1].reasons == (
        f"the limit of {limit} graphs for one function is reached; {NONE}",
    )
    assert cache.history.calls[-1].entries == ()


def test_a_change_of_grad_mode_is_named():
    cache = watched(lambda x: x * 2)
    cache(torch.ones(2))
    with torch.no_grad():
        cache(torch.ones(2))
    assert cache.history.calls[1].reasons == ("PyTorch's state differs: grad mode",)


def test_a_call_that_raises_is_in_the_history_and_still_raises():
    def picked(x, row):
        return x[row] + 1

    cache = watched(picked)
    with pytest.raises((IndexError, torch._dynamo.exc.TorchRuntimeError)):  # the second up to torch 2.12
        cache(torch.ones(2), torch.tensor(7))
    assert cache.history.calls[0].arguments == "x: float32[2], row: int64[]"


def test_a_plain_function_has_no_cache():
    with pytest.raises(TypeError, match="has no cache of graphs"):
        trace_cache(lambda x: x)


def test_dynamos_own_words_are_still_those_that_are_read_here():
    """Fails when PyTorch changes the words of its guards."""
    assert guard_in_words(
        "check_tensor(L['x'], Tensor, DispatchKeySet(CPU, BackendSelect), torch.float32, device=None, "
        "requires_grad=True, size=[None, 3], stride=[3, 1])"
    ) == "x: float32[any, 3], requires grad"  # fmt: skip
    assert (
        guard_in_words("___check_type_id(L['k'], 140633147003392), type=<class 'float'>")
        == "k is of type float"
    )
    assert (
        refusal_in_words("L['self'].training == True  # if self.training:")
        == "the graph needs self.training == True"
    )


@pytest.mark.parametrize("where", ["_locals", "argument_words"])
def test_a_type_error_of_our_own_is_not_taken_for_wrong_arguments(where: str, monkeypatch):
    def broken(*given):
        raise TypeError("a bug of ours")

    cache = watched(lambda x: x * 2)
    module = "graphviz_tools.sources.compiled.cache"
    place = f"{module}.CompiledCache._locals" if where == "_locals" else f"{module}.argument_words"
    monkeypatch.setattr(place, broken)
    with pytest.raises(TypeError, match="a bug of ours"):
        cache(torch.ones(3))


def test_arguments_that_the_function_does_not_take_are_its_own_error():
    cache = watched(lambda x: x * 2)
    with pytest.raises(TypeError, match="argument"):
        cache(torch.ones(3), 4)
    assert cache.history.calls[0].arguments == "arguments that the function does not take"


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        ((torch.ones(3), 1), (torch.ones(3), 1.0), "k: Python value 1.0, where the graph has 1 baked in"),
        ((torch.ones(3), 1), (torch.ones(3), torch.ones(3)), "k: a tensor, where the graph has 1 baked in"),
        ((torch.ones(3), 1), (torch.nn.Parameter(torch.ones(3)), 1), "x: a Parameter, where the graph has a Tensor"),
        ((torch.ones(3), 1), (torch.ones(6)[::2], 1), "x: stride 2 in dimension 0, where the graph has 1"),
    ],
)  # fmt: skip
def test_a_near_miss_is_in_words(first: tuple[Any, ...], then: tuple[Any, ...], reason: str) -> None:
    cache = trace_cache(torch.compile(lambda x, k: x * k, backend="eager", dynamic=False))
    cache(*first)
    assert reason in cache.predict(*then).reasons
    cache(*then)
    assert reason in cache.history.calls[-1].reasons
