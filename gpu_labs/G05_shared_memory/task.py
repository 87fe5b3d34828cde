"""What G05 asks: the mean of each element and its two neighbours on either side, reading each element of
global memory once a block.

The mean is over the neighbours that exist, which is `avg_pool1d(..., count_include_pad=False)` in torch and
`avg_pool1d(..., padding="SAME")` in TensorFlow.
"""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

THREADS, RADIUS = 64, 2
EDGES = (1, 3, 63, 64, 65)


def _sizes(rng: np.random.Generator) -> list[int]:
    """The edges of a block, and three sizes drawn at random."""
    return [*EDGES, *(int(n) for n in rng.integers(2 * THREADS, 5000, 3))]


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Of both signs, most near 0 and some large, in float64."""
    return rng.standard_normal(n) * np.where(rng.random(n) < 0.2, 10, 1)


def _neighbours(n: int) -> np.ndarray:
    """How many elements each window of an array of `n` holds."""
    i = np.arange(n)
    return np.minimum(i + RADIUS, n - 1) - np.maximum(i - RADIUS, 0) + 1


def _window_sums(x: np.ndarray) -> np.ndarray:
    return np.convolve(x, np.ones(2 * RADIUS + 1), "full")[RADIUS : RADIUS + x.size]


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    inputs = [_numbers(rng, n) for n in _sizes(rng)]
    return [_case(x, _window_sums(x) / _neighbours(x.size)) for x in inputs]


def _load_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n in _sizes(rng):
        x, blocks = _numbers(rng, n), blocks_for(n, THREADS)
        padded = np.zeros(blocks * THREADS + 2 * RADIUS)
        padded[RADIUS : RADIUS + n] = x
        tiles = np.lib.stride_tricks.sliding_window_view(padded, THREADS + 2 * RADIUS)[::THREADS].copy()
        cases.append(Case(f"n = {n}", blocks, THREADS, (x,), (tiles,), n + 2 * RADIUS * blocks))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    inputs = [_numbers(rng, n) for n in _sizes(rng)]
    return [_case(grad_y, _window_sums(grad_y / _neighbours(grad_y.size))) for grad_y in inputs]


def _case(array: np.ndarray, expected: np.ndarray) -> Case:
    blocks = blocks_for(array.size, THREADS)
    most_reads = array.size + 2 * RADIUS * blocks
    return Case(f"n = {array.size}", blocks, THREADS, (array,), (expected,), most_reads)


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor]]]:
    def x(n: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(n))

    return [("n = 7", (x(7),)), ("n = 261", (x(261),)), ("every second element of 400", (x(400)[::2],))]


def _average_pool(x: torch.Tensor) -> torch.Tensor:
    window = 2 * RADIUS + 1
    pooled = torch.nn.functional.avg_pool1d(x[None, None], window, 1, RADIUS, count_include_pad=False)
    return pooled[0, 0]


load = KernelTask("G05 load", "load_kernel(x, tiles)", _load_cases)
forward = KernelTask("G05 forward", "pool_kernel(x, y)", _forward_cases)
backward = KernelTask("G05 backward", "pool_grad_kernel(grad_y, grad_x)", _backward_cases)
function = FunctionTask("G05 function", _function_cases, _average_pool)
