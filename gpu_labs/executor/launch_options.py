"""How a launch is run: what `inspect` takes beside the kernel, its shape and its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpu_labs.executor.launch_record import Level


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """The first five are `inspect`'s. `declared` has the argument types of each declared signature, and `dimensions`
    is the number of dimensions that the launch was written with."""

    shared_bytes: int = 0
    level: Level = "hazards"
    seed: int | None = None
    engine: str = "auto"
    step_budget: int = 1_000_000
    declared: Sequence[tuple[Any, ...]] = ()
    dimensions: int = 3
