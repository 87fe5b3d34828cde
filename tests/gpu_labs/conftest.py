"""What the tests of kernels share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gpu_labs import inspect
from gpu_labs.executor.launch_record import Launch


@pytest.fixture(params=["lock-step", "serial"])
def run(request: pytest.FixtureRequest) -> Callable[..., Launch]:
    """Launch a kernel that has no mistake, on each engine in turn: `run(kernel, grid, block, *arguments)`."""

    def launch(kernel: Any, grid: Any, block: Any, *arguments: Any, **options: Any) -> Launch:
        return inspect(kernel, grid, block, *arguments, engine=request.param, **options).raise_for_errors()

    return launch
