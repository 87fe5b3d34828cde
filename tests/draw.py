"""What a run tries of what is too much for every run: drawn with one seed, which the header of the run names.

`DUET_DRAW=123 make test` draws the same again, and `DUET_DRAW=all make test` leaves nothing out.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest

SEED = "DUET_DRAW"
T = TypeVar("T")


def choose_seed() -> None:
    """Choose it once, in the process that starts the others: they inherit it."""
    os.environ.setdefault(SEED, str(random.randrange(1_000_000)))


def drawn(every: Sequence[T], number: int, what: str) -> list[T]:
    """`number` of `every`, in their order; `what` tells this choice from others with the same seed."""
    if os.environ[SEED] == "all":
        return list(every)
    chosen = random.Random(f"{os.environ[SEED]} {what}").sample(range(len(every)), min(number, len(every)))
    return [every[place] for place in sorted(chosen)]


def left_out(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """The tests that a mark `drawn("parameter")` leaves out: one value of that parameter stays for each choice of the
    test's other parameters. `drawn("parameter", number=2)` keeps two."""
    alike: dict[tuple[Any, ...], list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and (mark := item.get_closest_marker("drawn")):
            others = {name: id(value) for name, value in item.callspec.params.items() if name != mark.args[0]}
            alike[
                item.nodeid.partition("[")[0], *sorted(others.items()), mark.kwargs.get("number", 1)
            ].append(item)
    out: set[pytest.Item] = set()
    for (*_, number), group in alike.items():
        out.update(set(group) - set(drawn(group, number, group[0].nodeid)))
    return out
