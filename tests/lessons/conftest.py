"""Processes that the tests of the lessons share: a zygote for all exercises (each kind would else start one of its
own), and kernels that fork with the frameworks in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph_duet.authoring.execute import forked_kernels
from graph_duet.grading.judging.kernel_start import ALL_MODULES, start_zygote
from graph_duet.notebook_kernels.sandbox import why_no_sandbox


@pytest.fixture(scope="session", autouse=True)
def zygote_for_all() -> None:
    if not why_no_sandbox():
        start_zygote(ALL_MODULES)


@pytest.fixture(scope="session")
def kernels() -> Iterator[None]:
    with forked_kernels():
        yield
