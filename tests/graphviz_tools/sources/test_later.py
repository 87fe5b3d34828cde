"""A recording that is put together when it is first looked at is like any other."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from graphviz_tools.recording import Node, Recording, Step
from graphviz_tools.sources.common.later import later

PLAIN = Recording(
    "torch", "a title", (Node(0, "op", "mul"),), (), (Step(0, "forward", "mul", 0),), error="no"
)


@pytest.mark.parametrize(
    "look",
    [
        repr,
        len,
        copy.copy,
        copy.deepcopy,
        replace,
        lambda r: pickle.loads(pickle.dumps(r)),
        lambda r: r == PLAIN,
    ],
)
def test_every_look_finds_what_the_plain_one_has(look: Callable[[Recording], Any]) -> None:
    recording = later(lambda: PLAIN)
    assert isinstance(recording, Recording)
    assert look(recording) == look(PLAIN)
    assert type(recording) is Recording and recording == PLAIN


def test_threads_that_look_at_once_put_it_together_once() -> None:
    made: list[int] = []
    recording = later(lambda: made.append(1) or PLAIN)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: recording.error, range(64))) == {"no"}
    assert made == [1]


def test_a_failure_is_raised_at_every_look() -> None:
    recording = later(lambda: PLAIN.until(7))
    for _ in range(2):
        with pytest.raises(ValueError, match="step 7"):
            len(recording)
