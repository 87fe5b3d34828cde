"""Nobody gets an undeserved point, nobody changes another's mark, nobody outlives the deadline, and the run goes on."""

from __future__ import annotations

import ast
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from graph_duet.grading import Bundle, Conditions, Grader, Report
from graph_duet.notebook_kernels.sandbox import Limits, why_no_sandbox
from tests.graph_duet.grading.hostile import cases
from tests.graph_duet.grading.hostile_case import Case
from tests.graph_duet.grading.same_seeds import SameSeeds

pytestmark = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")

CASES = {case.name: case for case in cases()}
SECRET = "a-secret-of-the-environment"
SEED = 90210
CONDITIONS = Conditions(
    limits=Limits(memory=300 * 2**20, processes=50, disk=64 * 2**20),
    preload=(
        "numpy",
        "torch",
        "graph_duet.grading.exercise.values",
        "graph_duet.grading.judging.tamper_check",
    ),
)


@lru_cache(maxsize=1)
def grader(bundle: str) -> Grader:
    return SameSeeds(Bundle.loads(bundle), SEED, CONDITIONS)


def grade(bundle: str, name: str) -> tuple[Report, float]:
    """In a pool's process, as a worker does it."""
    os.environ["DUET_TEST_SECRET"] = SECRET
    ready = grader(bundle)
    data = CASES[name].data(ready.bundle)
    start = time.monotonic()
    return ready.grade(data), time.monotonic() - start


@pytest.fixture(scope="module")
def results(bundle: Bundle, request: pytest.FixtureRequest) -> dict[str, tuple[Report, float]]:
    """All cases, two at a time, in the same two workers: none may harm the ones that come after it.

    Where only some are asked for by name, as with `-k`, the others are not run.
    """
    asked = [
        i for i in request.session.items if isinstance(i, pytest.Function) and i.module is request.module
    ]
    chosen = [cast(Any, item).callspec.params["case"] for item in asked if hasattr(item, "callspec")]
    names = [case.name for case in CASES.values() if case in chosen or len(chosen) < len(asked)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        futures = {name: pool.submit(grade, bundle.dumps(), name) for name in names}
        return {name: future.result() for name, future in futures.items()}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_gets_the_mark_and_the_fault_that_it_deserves(
    case: Case, results: dict[str, tuple[Report, float]]
) -> None:
    report, _ = results[case.name]
    said = [(check.cell, check.points, check.fault, check.message) for check in report.checks]
    fault = report.fault or next(check.fault for check in report.checks if check.cell == case.cell)
    assert (report.points, fault in case.faults) == (case.points, True), (fault, report.message, said)


def test_no_answer_outlives_its_deadline_by_two_seconds(
    bundle: Bundle, results: dict[str, tuple[Report, float]]
) -> None:
    late = {name: seconds for name, (_, seconds) in results.items() if seconds > bundle.exercise.deadline + 2}
    assert not late


def test_no_submission_is_an_infrastructure_fault(results: dict[str, tuple[Report, float]]) -> None:
    assert not [name for name, (report, _) in results.items() if report.fault == "infrastructure"]


def test_no_report_reveals_hidden_cases_or_secrets(results: dict[str, tuple[Report, float]]) -> None:
    for name, (report, _) in results.items():
        feedback = str(report.to_json())
        assert "relu(x * 3)" not in feedback, name
        assert SECRET not in feedback, name


def test_a_search_finds_neither_bundle_nor_gradebook(results: dict[str, tuple[Report, float]]) -> None:
    report, _ = results["a search for bundles and gradebooks"]
    assert ast.literal_eval(ast.literal_eval(report.checks[0].got)) == []


def test_nothing_is_left_behind(results: dict[str, tuple[Report, float]]) -> None:
    assert results
    assert not Path("/tmp/duet-left-behind").exists()
    sleepers = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "86399"]]
    assert not sleepers


def test_proc_shows_a_notebook_kernel_only_itself(results: dict[str, tuple[Report, float]]) -> None:
    for name in ("what /proc shows of others", "ptrace and other system calls"):
        assert ast.literal_eval(ast.literal_eval(results[name][0].checks[0].got)) == [], name


def test_remarks_on_edited_cells_cost_nothing(results: dict[str, tuple[Report, float]]) -> None:
    assert "edited" in results["an edited check cell"][0].notes[0]
    assert "deleted" in results["a deleted check"][0].notes[0]
