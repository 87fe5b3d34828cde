"""One zygote for all exercises of this process: each kind would else start one of its own."""

from __future__ import annotations

import pytest

from graph_duet.grading.judging.kernel_start import ALL_MODULES, start_zygote
from graph_duet.notebook_kernels.sandbox import why_no_sandbox


@pytest.fixture(scope="session", autouse=True)
def zygote_for_all() -> None:
    if not why_no_sandbox():
        start_zygote(ALL_MODULES)
