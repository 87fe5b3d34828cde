"""What G06 asks: each block's sum by a tree, so that no thread adds more than log2(threads) times."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

THREADS = 128
EDGES = (1, 127, 128, 129)
# A tree: load, store, 7 times (two loads, one store), load, store. The rest is slack.
MOST_DEPTH = 3 * 7 + 8


def _sizes(rng: np.random.Generator) -> list[int]:
    """The edges of a block, and three sizes drawn at random."""
    return [*EDGES, *(int(n) for n in rng.integers(2 * THREADS, 5000, 3))]


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Of both signs, most near 0 and some large, in float64."""
    return rng.standard_normal(n) * np.where(rng.random(n) < 0.2, 10, 1)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        x, blocks = _numbers(rng, n), blocks_for(n, THREADS)
        padded = np.zeros(blocks * THREADS)
        padded[:n] = x
        sums = padded.reshape(blocks, THREADS).sum(axis=1)
        cases.append(Case(f"n = {n}", blocks, THREADS, (x,), (sums,), most_reads=n, most_depth=MOST_DEPTH))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        grad = 3 * rng.standard_normal(1)
        grad_x = np.full(n, grad[0])
        most_reads = n + 2 * THREADS  # a thread may read the one gradient before its loop, or at each turn
        cases.append(Case(f"n = {n} for {2 * THREADS} threads", 2, THREADS, (grad,), (grad_x,), most_reads))
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    """Maxima of blocks, in some of which every element is negative."""
    cases = []
    for n in _sizes(rng):
        x, blocks = _numbers(rng, n), blocks_for(n, THREADS)
        x[(blocks - 1) * THREADS :] = -1 - np.abs(x[(blocks - 1) * THREADS :])
        padded = np.full(blocks * THREADS, -np.inf)
        padded[:n] = x
        largest = padded.reshape(blocks, THREADS).max(axis=1)
        most_reads = n + THREADS
        cases.append(Case(f"n = {n}", blocks, THREADS, (x,), (largest,), most_reads, most_depth=MOST_DEPTH))
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
hunt = KernelTask("G06 bug hunt", "block_max_kernel(x, partial)", _hunt_cases)
