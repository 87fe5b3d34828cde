"""What G02 asks: ReLU and its gradient on sizes far beyond the grid."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.checks import Case, FunctionTask, KernelTask

BLOCKS, THREADS = 3, 64


def _launches(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Elements, blocks and threads a block: the edges of one grid, then grids and sizes drawn at random,
    which no fixed step serves."""
    known = [(n, BLOCKS, THREADS) for n in (1, 191, 192, 193)]
    drawn = [
        (int(rng.integers(800, 9000)), int(rng.integers(2, 6)), 32 * int(rng.integers(1, 5)))
        for _ in range(3)
    ]
    return [*known, *drawn, (1000, 1, 50)]


def _most_depth(n: int, threads: int) -> int:
    """A thread's share of the elements, each with two loads of x, one of the gradient and two stores."""
    return 5 * -(-n // threads) + 4


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Half of them negative, some large, and a few exact zeros, where the slope is taken to be 0 (as torch and
    TensorFlow do); every second array in float64."""
    x = rng.standard_normal(n) * np.where(rng.random(n) < 0.2, 10, 1)
    x[::7] = 0
    return x if n % 2 else x.astype(np.float32)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, blocks, threads in _launches(rng):
        x = _numbers(rng, n)
        launch = _title(n, blocks * threads), blocks, threads
        budget = 2 * n, _most_depth(n, blocks * threads)
        cases.append(Case(*launch, (x,), (np.maximum(x, 0),), *budget))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, blocks, threads in _launches(rng):
        x = _numbers(rng, n)
        grad_y = (3 * rng.standard_normal(n)).astype(x.dtype)
        grad_x = np.where(x > 0, grad_y, x.dtype.type(0))
        launch = _title(n, blocks * threads), blocks, threads
        budget = 2 * n, _most_depth(n, blocks * threads)
        cases.append(Case(*launch, (x, grad_y), (grad_x,), *budget))
    return cases


def _title(n: int, threads: int) -> str:
    return f"n = {n} for {threads} threads"


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor]]]:
    def x(n: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(n))

    return [("n = 7", (x(7),)), ("n = 2003", (x(2003),)), ("every second element of 700", (x(700)[::2],))]


forward = KernelTask("G02 forward", "relu_kernel(x, y)", _forward_cases)
backward = KernelTask("G02 backward", "relu_grad_kernel(x, grad_y, grad_x)", _backward_cases)
function = FunctionTask("G02 function", _function_cases, torch.relu)
