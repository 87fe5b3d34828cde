"""The beats of a Duet: both sides go forward only, and every step is shown."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.recordings import eager_loop, static_loop
from widgets.beats import beats

PAIRS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 13)), max_size=12)


@given(PAIRS)
def test_both_sides_show_each_of_their_steps_in_order(pairs):
    found = beats(eager_loop(), static_loop(), pairs)
    for side, count in ((0, 11), (1, 14)):
        steps = [beat[side] for beat in found]
        assert steps == sorted(steps)
        assert set(range(count)) <= set(steps)
    assert found[-1] == (10, 13)


@given(PAIRS)
def test_no_beat_stands_still(pairs):
    found = [(-1, -1), *beats(eager_loop(), static_loop(), pairs)]
    assert all(before != after for before, after in pairwise(found))


def test_pairs_that_keep_the_order_are_shown_together():
    pairs = [(0, 0), (1, 1), (3, 4), (5, 5)]
    assert set(pairs) <= set(beats(eager_loop(), static_loop(), pairs))


def test_a_pair_against_the_order_gives_way():
    found = beats(eager_loop(), static_loop(), [(0, 0), (1, 4), (2, 1), (3, 2)])
    assert {(2, 1), (3, 2)} <= set(found)


def test_the_graph_runs_after_the_eager_side_has_finished():
    found = beats(eager_loop(), static_loop(), [(0, 0), (1, 1)])
    assert all(left == 10 for left, right in found if right >= 6)
