"""What G07 asks: running sums of a block in few steps, from the left and from the right, and their use: compaction."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

THREADS = 64
EDGES = (1, 63, 64, 65)
# Hillis-Steele: load, store, 6 times (two loads, one store), two results. Blelloch takes about twice as long.
MOST_DEPTH = THREADS


def _sizes(rng: np.random.Generator) -> list[int]:
    """The edges of a block, and three sizes drawn at random."""
    return [*EDGES, *(int(n) for n in rng.integers(2 * THREADS + 1, 2000, 3))]


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Quarters of whole numbers, of both signs, some equal and some huge: sums in any order are exact."""
    return rng.integers(-200, 200, n) / 4 * np.where(rng.random(n) < 0.1, 2.0**16, 1)


def _in_blocks(x: np.ndarray) -> np.ndarray:
    """A row for each block, the last filled up with zeros."""
    padded = np.zeros(blocks_for(x.size, THREADS) * THREADS)
    padded[: x.size] = x
    return padded.reshape(-1, THREADS)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        x = _numbers(rng, n)
        rows = _in_blocks(x)
        expected = rows.cumsum(axis=1).ravel()[:n], rows.sum(axis=1)
        cases.append(
            Case(f"n = {n}", len(rows), THREADS, (x,), expected, most_reads=n, most_depth=MOST_DEPTH)
        )
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        grad = _numbers(rng, n)
        rows = _in_blocks(grad)
        from_the_right = rows[:, ::-1].cumsum(axis=1)[:, ::-1]
        expected = from_the_right.ravel()[:n], rows.sum(axis=1)
        cases.append(
            Case(f"n = {n}", len(rows), THREADS, (grad,), expected, most_reads=n, most_depth=MOST_DEPTH)
        )
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    """Some keep all, some nothing; a fifth of the others' elements are 0."""
    cases = []
    for number, n in enumerate(_sizes(rng)):
        x = rng.standard_normal(n) * (rng.random(n) < 0.8)
        x = (x, np.abs(x) + 1, -np.abs(x))[number % 3]
        ends = np.cumsum(x > 0)
        title = f"{ends[-1]} of {n}"
        cases.append(Case(title, blocks_for(n, THREADS), THREADS, (x, ends), (x[x > 0],), 4 * n))
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor]]]:
    def x(n: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(n))

    return [("n = 7", (x(7),)), ("n = 4,225", (x(4225),)), ("every second element of 700", (x(700)[::2],))]


def _running_sums(x: torch.Tensor) -> torch.Tensor:
    return x.cumsum(0)


forward = KernelTask("G07 forward", "scan_kernel(x, y, sums)", _forward_cases)
backward = KernelTask("G07 backward", "scan_grad_kernel(grad, grad_x, sums)", _backward_cases)
function = FunctionTask(
    "G07 function", _function_cases, _running_sums, fewest_launches=lambda n: 1 if n <= THREADS else 3
)
hunt = KernelTask("G07 bug hunt", "compact_kernel(x, ends, y)", _hunt_cases)
