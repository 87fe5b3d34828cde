"""For every test: what may be skipped, and where the pictures go."""

from __future__ import annotations

import os
import random
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# A machine of one's own may lack a browser or a server; CI installs them, so there a skip is a failure.
NEVER_SKIPPED_IN_CI = {"browser", "postgres", "sandbox"}


# All workers draw with one seed, which the header names: `DUET_DRAW=... make test` draws the same again.
DRAW = "DUET_DRAW"


def pytest_configure() -> None:
    os.environ.setdefault(DRAW, str(random.randrange(1_000_000)))


def pytest_report_header() -> str:
    return f"exercises and answers are drawn with {DRAW}={os.environ[DRAW]}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    marks = {mark.name for mark in item.iter_markers()} & NEVER_SKIPPED_IN_CI
    if os.environ.get("CI") and marks and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where it must run ({', '.join(sorted(marks))}): {report.longrepr}"


class ByFileOrExercise(LoadScopeScheduling):
    """Tests of one file run on one worker and share what its fixtures make. The tests of the course are shared
    out by lesson: in one piece they would run on, alone, when all others have ended. The files of a folder that
    starts a server share that too."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        lesson = test.partition("[")[2][:3]
        if lesson and file.startswith("tests/lessons/"):
            return f"tests/lessons[{lesson}"
        if file.startswith(("tests/browser/course/", "tests/browser/jupyterlab/")):
            return file.rpartition("/")[0]
        return file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFileOrExercise:
    return ByFileOrExercise(config, log)
