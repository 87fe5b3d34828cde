"""For every test: what may be skipped, and where the pictures go."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import draw

# A machine of one's own may lack a browser or a server; CI installs them, so there a skip is a failure.
NEVER_SKIPPED_IN_CI = {"browser", "postgres", "sandbox"}


def pytest_configure() -> None:
    draw.choose_seed()
    # A shell's background job ignores Ctrl-C, and so would all that its tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"what a run cannot try in full is drawn with {draw.SEED}={os.environ[draw.SEED]}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    out = draw.left_out(items)
    config.hook.pytest_deselected(items=[item for item in items if item in out])
    items[:] = [item for item in items if item not in out]


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: to look through it at each collection of garbage takes an
    eighth of the time of the recorders' tests."""
    gc.collect()
    gc.freeze()


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
