"""For every test: what may be skipped, and where the pictures go."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

# A machine of one's own may lack a browser or a server; CI installs them, so there a skip is a failure.
NEVER_SKIPPED_IN_CI = {"browser", "postgres", "sandbox"}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    marks = {mark.name for mark in item.iter_markers()} & NEVER_SKIPPED_IN_CI
    if os.environ.get("CI") and marks and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where it must run ({', '.join(sorted(marks))}): {report.longrepr}"
