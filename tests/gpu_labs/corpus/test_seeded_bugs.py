"""No bug slips through: both engines find every seeded bug, with its kind, at its line."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from gpu_labs import inspect
from gpu_labs.executor.findings import Finding

from .samples import BUGGY, Buggy

for theme in ("bounds", "races", "control", "disguises", "language"):
    import_module(f"{__package__}.buggy_{theme}")


SAID: dict[str, list[tuple[object, ...]]] = {}
# For these kinds the finding shows the first block and thread that met it, whichever ran first.
ORDERLY = {"out-of-bounds", "exception", "uninitialised-read"}


def place(finding: Finding) -> tuple[object, ...]:
    return (finding.block, finding.thread, finding.index) if finding.kind in ORDERLY else ()


def name(sample: Buggy) -> str:
    return sample.kernel.py_func.__name__


def test_there_are_at_least_eighty():
    assert len(BUGGY) >= 80
    assert len({name(sample) for sample in BUGGY}) == len(BUGGY)


@pytest.mark.parametrize("order", [None, 7], ids=["in order", "shuffled"])
@pytest.mark.parametrize("engine", ["lock-step", "serial"])
@pytest.mark.parametrize("sample", BUGGY, ids=name)
def test_a_seeded_bug_is_found_with_its_kind_and_line(sample: Buggy, engine: str, order: int | None):
    launch = inspect(
        sample.kernel,
        sample.grid,
        sample.block,
        *sample.arguments(np.random.default_rng(0)),
        engine=engine,
        seed=order,
        shared_bytes=sample.shared_bytes,
        step_budget=sample.step_budget,
    )
    found = [finding for finding in launch.findings if finding.kind == sample.kind]
    assert found, f"expected {sample.kind}, found {[str(finding) for finding in launch.findings]}"
    if sample.lines:
        assert {line for finding in found for line in (finding.line, finding.other_line)} & sample.lines, (
            found
        )
    for finding in found:
        assert finding.sentence
        assert finding.hint
    said: list[tuple[object, ...]] = sorted(
        {(f.kind, f.line, f.array, f.other_line or 0, place(f)) for f in launch.findings}
    )
    assert SAID.setdefault(name(sample), said) == said, "both engines, and every order, say the same"
