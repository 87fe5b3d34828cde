"""Nobody gets an undeserved point, nobody changes another's mark, nobody outlives the deadline, and the run goes on."""

from __future__ import annotations

import ast
import multiprocessing
import os
import time
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import psutil
import pytest

from graph_duet.grading import Bundle, CheckResult, Conditions, Grader, Report
from graph_duet.notebook_kernels.sandbox import Limits, why_no_sandbox
from tests.graph_duet.grading.hostile import cases
from tests.graph_duet.grading.hostile_case import Attack, Case
from tests.graph_duet.grading.hostile_exercises import alike, batches, small, together
from tests.graph_duet.grading.same_seeds import SameSeeds

pytestmark = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")

EXERCISE = small()
ALIKE = {fresh: alike(fresh) for fresh in (False, True)}
CASES = {case.name: case for case in cases()}
ATTACKS = [case for case in CASES.values() if isinstance(case, Attack)]
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


class Result(NamedTuple):
    """What became of a case: the report on its submission, the check that it is about, and how long it took."""

    report: Report
    check: CheckResult | None
    seconds: float


@lru_cache(maxsize=3)
def grader(bundle: str, conditions: Conditions) -> Grader:
    return SameSeeds(Bundle.loads(bundle), SEED, conditions)


def grade(bundle: str, conditions: Conditions, data: bytes) -> tuple[Report, float]:
    """In a pool's process, as a worker does it."""
    ready = grader(bundle, conditions)
    start = time.monotonic()
    return ready.grade(data), time.monotonic() - start


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> dict[str, Result]:
    """All submissions, two at a time, in the same two workers: none may harm the ones that come after it.

    Where only some are asked for by name, as with `-k`, the others are not run.
    """
    asked = [
        i for i in request.session.items if isinstance(i, pytest.Function) and i.module is request.module
    ]
    chosen = [cast(Any, item).callspec.params["case"] for item in asked if hasattr(item, "callspec")]
    names = {case.name for case in CASES.values() if case in chosen or len(chosen) < len(asked)}
    os.environ["DUET_TEST_SECRET"] = SECRET
    conditions = CONDITIONS.with_shared_zygote(EXERCISE)
    context = multiprocessing.get_context("spawn")
    found: dict[str, Result] = {}
    with ProcessPoolExecutor(2, mp_context=context) as pool:

        def run(bundle: Bundle, data: bytes) -> Future[tuple[Report, float]]:
            return pool.submit(grade, bundle.dumps(), conditions, data)

        many = [
            (batch, run(ALIKE[batch[0].fresh], together(batch, ALIKE[batch[0].fresh])))
            for batch in batches([attack for attack in ATTACKS if attack.name in names])
        ]
        single = {
            case.name: run(EXERCISE, case.data(EXERCISE))
            for case in CASES.values()
            if isinstance(case, Case) and case.name in names
        }
        for batch, future in many:
            report, seconds = future.result()
            for task, attack in enumerate(batch):
                check = next((c for c in report.checks if c.cell == f"check-{task}"), None)
                found[attack.name] = Result(report, check, seconds)
        for name, future in single.items():
            report, seconds = future.result()
            found[name] = Result(report, report.checks[0] if report.checks else None, seconds)
    return found


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_gets_the_mark_and_the_fault_that_it_deserves(
    case: Case | Attack, results: dict[str, Result]
) -> None:
    report, check, _ = results[case.name]
    said = [(check.cell, check.points, check.fault, check.message) for check in report.checks]
    assert check is not None
    assert (report.fault or check.fault) in case.faults, (report.fault, report.message, said)
    if isinstance(case, Case):
        assert report.points == case.points, said
    else:
        assert check.points == (1 if "" in case.faults else 0)


def test_an_honest_answer_beside_many_attacks_has_its_points(results: dict[str, Result]) -> None:
    for attack in ATTACKS:
        if not attack.fresh:
            *_, honest, hidden = results[attack.name].report.checks
            assert (honest.points, hidden.points) == (1, 1), attack.name


def test_no_answer_outlives_its_deadline_by_two_seconds(results: dict[str, Result]) -> None:
    late = {
        name: result.seconds
        for name, result in results.items()
        if isinstance(CASES[name], Case) and result.seconds > EXERCISE.exercise.deadline + 2
    }
    assert not late


def test_no_submission_is_an_infrastructure_fault(results: dict[str, Result]) -> None:
    assert not [name for name, result in results.items() if result.report.fault == "infrastructure"]


def test_no_report_reveals_hidden_cases_or_secrets(results: dict[str, Result]) -> None:
    for name, result in results.items():
        feedback = str(result.report.to_json())
        assert "relu(x * 3)" not in feedback, name
        assert SECRET not in feedback, name


def test_a_search_finds_neither_bundle_nor_gradebook(results: dict[str, Result]) -> None:
    assert printed(results["a search for bundles and gradebooks"]) == []


def test_nothing_is_left_behind(results: dict[str, Result]) -> None:
    assert results
    assert not Path("/tmp/duet-left-behind").exists()
    sleepers = [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "86399"]]
    assert not sleepers


def test_proc_shows_a_notebook_kernel_only_itself(results: dict[str, Result]) -> None:
    for name in ("what /proc shows of others", "ptrace and other system calls"):
        assert printed(results[name]) == [], name


def printed(result: Result) -> object:
    """The list that an answer handed over as text."""
    assert result.check is not None
    return ast.literal_eval(ast.literal_eval(result.check.got))


def test_remarks_on_edited_cells_cost_nothing(results: dict[str, Result]) -> None:
    assert "edited" in results["an edited check cell"].report.notes[0]
    assert "deleted" in results["a deleted check"].report.notes[0]
