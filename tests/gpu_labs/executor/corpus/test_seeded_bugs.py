"""No bug slips through: both engines find every seeded bug, with its kind, at its line."""

from __future__ import annotations

import inspect as python_inspect
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from gpu_labs import inspect
from gpu_labs.executor.findings import Finding
from gpu_labs.executor.launch_record import Launch

from .samples import BUGGY, Buggy

THEMES = (
    "bounds",
    "races",
    "barriers",
    "control",
    "disguises",
    "language",
    "silence",
    "warps",
    "causes",
    "records",
    "parting",
    "mixed",
    "algorithms",
    "locks",
    "nested",
)
for theme in THEMES:
    import_module(f"{__package__}.buggy_{theme}")

# A launch ends with the first of these, so that the finding shows whichever thread ran first.
ENDS = {"endless-loop", "spin-lock", "inter-block-wait"}
RUNS = [(engine, order) for engine in ("lock-step", "serial") for order in (None, 7, 23)]


def place(sample: Buggy, finding: Finding) -> tuple[object, ...]:
    if sample.by_chance or finding.kind in ENDS:
        return ()
    actors = (finding.block, finding.thread, finding.other_block, finding.other_thread)
    return (finding.places, finding.index or (), *(at or () for at in actors))


def name(sample: Buggy) -> str:
    return sample.kernel.py_func.__name__


def run(sample: Buggy, engine: str, order: int | None) -> Launch:
    """Launch the kernel; what it must leave as it was, or write rightly, is checked here."""
    parameters = list(python_inspect.signature(sample.kernel.py_func).parameters)
    arguments: dict[str, Any] = dict(zip(parameters, sample.arguments(np.random.default_rng(0)), strict=True))
    before = {key: np.copy(v) if isinstance(v, np.ndarray) else v for key, v in arguments.items()}
    launch = inspect(
        sample.kernel,
        sample.grid,
        sample.block,
        *arguments.values(),
        engine=engine,
        seed=order,
        shared_bytes=sample.shared_bytes,
        step_budget=sample.step_budget,
    )
    for key, value in (sample.leaves(**before) if sample.leaves else {}).items():
        np.testing.assert_array_equal(arguments[key], value)
    return launch


def test_every_kernel_has_a_name_of_its_own():
    assert len({name(sample) for sample in BUGGY}) == len(BUGGY)


@pytest.mark.parametrize("sample", BUGGY, ids=name)
def test_a_seeded_bug_is_found_with_its_kind_and_line(sample: Buggy):
    said: dict[tuple[str, int | None], list[tuple[object, ...]]] = {}
    for engine, order in RUNS:
        launch = run(sample, engine, order)
        matches = [finding for finding in launch.findings if finding.kind == sample.kind]
        assert matches, f"expected {sample.kind}, found {[str(finding) for finding in launch.findings]}"
        if sample.lines:
            lines = {line for finding in matches for line in (finding.line, finding.other_line)}
            assert lines & sample.lines, matches
        assert all(finding.sentence and finding.hint for finding in matches)
        assert not sample.alone or len(launch.findings) == len(matches), launch.findings
        said[engine, order] = sorted(
            {(f.kind, f.line, f.array, f.other_line or 0, place(sample, f)) for f in launch.findings}
        )
    first = said[RUNS[0]]
    assert all(each == first for each in said.values()), "both engines, and every order, say the same"
