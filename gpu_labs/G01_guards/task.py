"""What G01 asks: `a * x + b` and its gradient, one element a thread, with no write past the end."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

THREADS = 128
SIZES = (1, 127, 128, 129, 300, 1001, 5003)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in SIZES:
        x = rng.standard_normal(n).astype(np.float32)
        a, b = (float(value) for value in rng.uniform(0.5, 2, 2))
        y = (a * x.astype(np.float64) + b).astype(np.float32)
        cases.append(Case(f"n = {n}", blocks_for(n, THREADS), THREADS, (x, a, b), (y,), most_reads=2 * n))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in SIZES:
        grad_y = rng.standard_normal(n).astype(np.float32)
        a = float(rng.uniform(0.5, 2))
        grad_x = (a * grad_y.astype(np.float64)).astype(np.float32)
        cases.append(
            Case(f"n = {n}", blocks_for(n, THREADS), THREADS, (grad_y, a), (grad_x,), most_reads=2 * n)
        )
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
