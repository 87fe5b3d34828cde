"""What G02 asks: ReLU and its gradient on sizes far beyond the grid."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.checks import Case, FunctionTask, KernelTask

BLOCKS, THREADS = 3, 64
# Elements, blocks and threads a block: the last launch has another grid, which no fixed step serves.
LAUNCHES = (*((n, BLOCKS, THREADS) for n in (1, 191, 192, 193, 1000, 20_011)), (1000, 2, 32))


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Half of them negative, and a few exact zeros, where the slope is taken to be 0 (as torch and
    TensorFlow do)."""
    x = rng.standard_normal(n)
    x[::7] = 0
    return x.astype(np.float32)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, blocks, threads in LAUNCHES:
        x = _numbers(rng, n)
        title = _title(n, blocks * threads)
        cases.append(Case(title, blocks, threads, (x,), (np.maximum(x, 0),), most_reads=2 * n))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, blocks, threads in LAUNCHES:
        x, grad_y = _numbers(rng, n), rng.standard_normal(n).astype(np.float32)
        grad_x = np.where(x > 0, grad_y, np.float32(0))
        title = _title(n, blocks * threads)
        cases.append(Case(title, blocks, threads, (x, grad_y), (grad_x,), most_reads=2 * n))
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
