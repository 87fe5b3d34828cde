"""One released exercise and light conditions for all tests of grading."""

from __future__ import annotations

import pytest

from graph_duet.grading import Bundle, Conditions, release
from graph_duet.notebook_kernels.sandbox import Limits
from tests.graph_duet.grading.masters import tiny, write_master

# Only what the small exercise imports: the frameworks are preloaded where a test is about them.
LIGHT = Conditions(
    limits=Limits(memory=500 * 2**20, processes=100, disk=64 * 2**20),
    preload=("numpy", "graph_duet.grading.exercise.values", "graph_duet.grading.judging.tamper_check"),
)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return release(write_master(tmp_path_factory.mktemp("released"))).bundle


@pytest.fixture(scope="session")
def tiny_bundle() -> Bundle:
    """An exercise of one task, which no solution ran for: what its check prints with the public seed is not there."""
    return Bundle(tiny(), {"twice-check": []})
