"""What G01 asks: `a * x + b`, its gradient, and differences, one element for each thread and no write past the end."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

THREADS = 128
EDGES = (1, THREADS - 1, THREADS, THREADS + 1)
MOST_DEPTH = 6  # one load and one store do; a second store, or a value read again, is fine


def _sizes(rng: np.random.Generator) -> list[int]:
    """The edges of a block, and three sizes drawn at random."""
    return [*EDGES, *(int(n) for n in rng.integers(2 * THREADS, 6000, 3))]


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Of both signs, most near 0 and some large; every second array in float64."""
    x = rng.standard_normal(n) * np.where(rng.random(n) < 0.2, 10, 1)
    return x if n % 2 else x.astype(np.float32)


def _slope(rng: np.random.Generator) -> float:
    """Of either sign, and not 1."""
    return float(rng.choice([-1, 1]) * rng.uniform(1.5, 3))


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        x, a, b = _numbers(rng, n), _slope(rng), 3 * _slope(rng)
        y = (a * x.astype(np.float64) + b).astype(x.dtype)
        launch = f"n = {n}", blocks_for(n, THREADS), THREADS
        cases.append(Case(*launch, (x, a, b), (y,), most_reads=2 * n, most_depth=MOST_DEPTH))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        grad_y, a = _numbers(rng, n), _slope(rng)
        grad_x = (a * grad_y.astype(np.float64)).astype(grad_y.dtype)
        launch = f"n = {n}", blocks_for(n, THREADS), THREADS
        cases.append(Case(*launch, (grad_y, a), (grad_x,), most_reads=2 * n, most_depth=MOST_DEPTH))
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        x = _numbers(rng, n + 1)
        launch = f"n = {n}", blocks_for(n, THREADS), THREADS
        cases.append(Case(*launch, (x,), (np.diff(x),), most_reads=3 * n, most_depth=MOST_DEPTH))
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor, float, float]]]:
    def x(n: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(n))

    return [
        ("n = 7", (x(7), 3.0, -1.0)),
        ("n = 385", (x(385), -0.5, 2.0)),
        ("every second element of 700", (x(700)[::2], 2.0, 0.0)),
    ]


def _affine(x: torch.Tensor, a: float, b: float) -> torch.Tensor:
    return a * x + b


forward = KernelTask("G01 forward", "affine_kernel(x, a, b, y)", _forward_cases)
backward = KernelTask("G01 backward", "affine_grad_kernel(grad_y, a, grad_x)", _backward_cases)
function = FunctionTask("G01 function", _function_cases, _affine)
hunt = KernelTask("G01 bug hunt", "difference_kernel(x, y)", _hunt_cases)
