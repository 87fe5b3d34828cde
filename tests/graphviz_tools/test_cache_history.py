"""From which call on a graph has paid."""

from __future__ import annotations

import pytest

from graphviz_tools.cache_history import CacheHistory, Call, Entry


def history(tracing: float, reused: list[float], plain: list[float]) -> CacheHistory:
    first = Call(0, "x", True, (0,), (), tracing + 1.0)
    others = [Call(i + 1, "x", False, (0,), (), seconds) for i, seconds in enumerate(reused)]
    return CacheHistory("tensorflow", "f", (Entry(0, (), 3, tracing),), (first, *others), plain=tuple(plain))


@pytest.mark.parametrize(
    ("tracing", "reused", "plain", "call"),
    [
        (10.0, [1.0], [3.0], 6),  # 2 saved a call: 5 calls save 10, the sixth is ahead
        (9.0, [1.0, 1.0, 50.0], [3.0], 5),  # medians: one slow call does not count
        (10.0, [3.0], [1.0], None),  # the graph is slower
        (10.0, [], [1.0], None),
        (10.0, [1.0], [], None),
    ],
)
def test_a_graph_has_paid_when_the_calls_saved_what_tracing_took(
    tracing: float, reused: list[float], plain: list[float], call: int | None
) -> None:
    assert history(tracing, reused, plain).pays_from() == call
