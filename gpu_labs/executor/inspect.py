"""`inspect`: run a kernel on the executor, on any machine, and return the launch record."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, get_args

import numpy as np

from gpu_labs.executor.launch_options import LaunchOptions
from gpu_labs.executor.launch_record import Launch, Level
from gpu_labs.executor.run import run
from gpu_labs.executor.runtime.launch_shape import dimensions, dims
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

ENGINES = ("auto", "lock-step", "serial")


def inspect(
    kernel: Callable[..., Any],
    grid: int | tuple[int, ...],
    block: int | tuple[int, ...],
    *args: Any,
    level: Level = "hazards",
    seed: int | None = None,
    shared_bytes: int = 0,
    engine: str = "auto",
    step_budget: int = 1_000_000,
) -> Launch:
    """Run `kernel[grid, block, 0, shared_bytes](*args)` on the executor; arrays change in place.

    Args:
        kernel: what `@cuda.jit` made, or the plain Python function.
        grid, block: 1 to 3 sizes, x first.
        args: NumPy arrays, device arrays, CPU tensors with `__array__`, and scalars.
        level: "off", "bounds", "hazards" or "profile".
        seed: None runs blocks and threads in their order; a number shuffles both.
        shared_bytes: size of the dynamic shared memory of one block.
        engine: "auto", "lock-step" or "serial".
        step_budget: loop turns that one loop may take before it counts as endless.

    Returns:
        The launch record; findings do not raise here.

    Raises:
        KernelTypeError: a GPU compiler would reject the kernel.
        UserError: an option is not one of those above.
        ExecutorError: the executor itself failed.
    """
    _check_names(level, engine)
    function = _function_of(kernel)
    _whole_number("seed", 0 if seed is None else seed, 0)
    _whole_number("shared_bytes", shared_bytes, 0)
    _whole_number("step_budget", step_budget, 1)
    return run(
        function,
        dims(grid, "grid"),
        dims(block, "block"),
        args,
        LaunchOptions(
            shared_bytes,
            level,
            seed,
            engine,
            step_budget,
            dimensions=max(dimensions(grid), dimensions(block)),
        ),
    )


def _check_names(level: str, engine: str) -> None:
    if level not in get_args(Level):
        raise UserError(
            _(
                "level must be one of {get_args}, not {level!r}.",
                get_args=", ".join(map(repr, get_args(Level))),
                level=level,
            )
        )
    if engine not in ENGINES:
        raise UserError(
            _(
                "engine must be one of {engines}, not {engine!r}.",
                engines=", ".join(map(repr, ENGINES)),
                engine=engine,
            )
        )


def _function_of(kernel: Any) -> FunctionType:
    function = getattr(kernel, "py_func", kernel)
    if not isinstance(function, FunctionType):
        what = _("a launch such as kernel[grid, block]") if hasattr(kernel, "kernel") else repr(kernel)
        raise UserError(
            _(
                "inspect(kernel, grid, block, ...) takes what @cuda.jit made, or the Python function, not {what}.",
                what=what,
            )
        )
    return function


def _whole_number(name: str, value: Any, least: int) -> None:
    shown = repr(value)
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise UserError(
            _(
                "{name} must be a whole number from {least} on, not {value}.",
                name=name,
                least=least,
                value=shown,
            )
        )
