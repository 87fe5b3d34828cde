"""What G06 asks: each block's sum by a tree, so that no thread adds more than log2(threads) times."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

THREADS = 128
SIZES = (1, 127, 128, 129, 385, 1001, 5003)
# A tree: load, store, 7 times (two loads, one store), load, store. The rest is slack.
MOST_DEPTH = 3 * 7 + 8


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in SIZES:
        x, blocks = rng.standard_normal(n), blocks_for(n, THREADS)
        padded = np.zeros(blocks * THREADS)
        padded[:n] = x
        sums = padded.reshape(blocks, THREADS).sum(axis=1)
        cases.append(Case(f"n = {n}", blocks, THREADS, (x,), (sums,), most_reads=n, most_depth=MOST_DEPTH))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in SIZES:
        grad = rng.standard_normal(1)
        grad_x = np.full(n, grad[0])
        blocks = blocks_for(n, THREADS)
        most_reads = blocks * THREADS  # threads past the end may read the one gradient, too
        cases.append(Case(f"n = {n}", blocks, THREADS, (grad,), (grad_x,), most_reads))
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor]]]:
    def x(n: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(n))

    return [("n = 7", (x(7),)), ("n = 20,001", (x(20_001),)), ("every second element of 700", (x(700)[::2],))]


def _total(x: torch.Tensor) -> torch.Tensor:
    return x.sum().reshape(1)


forward = KernelTask("G06 forward", "block_sum_kernel(x, partial)", _forward_cases)
backward = KernelTask("G06 backward", "sum_grad_kernel(grad, grad_x)", _backward_cases)
function = FunctionTask(
    "G06 function", _function_cases, _total, fewest_launches=lambda n: 1 if n <= THREADS else 2
)
