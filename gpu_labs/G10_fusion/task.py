"""What G10 asks: gelu(x + bias) * gate in one kernel, and its three gradients in another, from the inputs alone."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

Shape = tuple[int, int]  # rows, columns

THREADS = 64
WARP = 32
EDGES: tuple[Shape, ...] = ((1, 1), (3, 31), (5, 64), (4, 65))
# Sectors of 32 bytes that 32 cells of 8 bytes lie in, fetched in two halves that need not begin where a sector does.
SECTORS_OF_A_PIECE = 10


def _shapes(rng: np.random.Generator) -> list[Shape]:
    """The edges of a block, and three shapes drawn at random, of three blocks and more either way."""
    drawn = zip(rng.integers(3, 9, 3), rng.integers(2 * THREADS + 1, 400, 3), strict=True)
    return [*EDGES, *((int(rows), int(columns)) for rows, columns in drawn)]


def _inputs(rng: np.random.Generator, shape: Shape) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, bias and gate of both signs; some huge, some 0, some equal."""
    x, bias, gate = rng.standard_normal(shape), rng.standard_normal(shape[1]), rng.standard_normal(shape)
    x *= np.where(rng.random(shape) < 0.1, 100, 1) * (rng.random(shape) < 0.9)
    x[-1] = x[-1, 0]
    return x, bias, gate


def _fused(x: torch.Tensor, bias: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.gelu(x + bias) * gate


def _most_sectors(shape: Shape, arrays: int) -> int:
    rows, columns = shape
    return arrays * rows * -(-columns // WARP) * SECTORS_OF_A_PIECE


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for shape in _shapes(rng):
        inputs = _inputs(rng, shape)
        y = _fused(*map(torch.from_numpy, inputs)).numpy()
        title = "{} rows of {}".format(*shape)
        sectors = _most_sectors(shape, 4)
        cases.append(Case(title, shape[0], THREADS, inputs, (y,), 3 * y.size, most_sectors=sectors))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    """A thread for each column, so that a bias is read once and its gradient added up in a register."""
    cases = []
    for rows, columns in _shapes(rng):
        inputs, grad = _inputs(rng, (rows, columns)), 2 * rng.standard_normal((rows, columns))
        leaves = [torch.from_numpy(a).requires_grad_() for a in inputs]
        gradients = torch.autograd.grad(_fused(*leaves), leaves, torch.from_numpy(grad))
        expected = tuple(gradient.numpy() for gradient in gradients)
        most_reads = 3 * grad.size + columns
        sectors = _most_sectors((rows, columns), 5) + _most_sectors((1, columns), 2)
        launch = blocks_for(columns, THREADS), THREADS, (grad, *inputs), expected
        cases.append(Case(f"{rows} rows of {columns}", *launch, most_reads, most_sectors=sectors))
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    """Means of three rectified neighbours, with a bias of either sign."""
    cases = []
    for number, n in enumerate((1, 63, 64, 65, *(int(n) for n in rng.integers(2 * THREADS + 1, 700, 3)))):
        x = rng.standard_normal(n) * np.where(rng.random(n) < 0.1, 50, 1)
        bias = (-1.5, 0.75)[number % 2] + float(rng.uniform(-0.2, 0.2))
        h = np.pad(np.maximum(x + bias, 0), 1)
        y = (h[:-2] + h[1:-1] + h[2:]) / 3
        title = f"n = {n}, bias {bias:.2f}"
        cases.append(Case(title, blocks_for(n, THREADS), THREADS, (x, bias), (y,), 4 * n))
    return cases


def _function_cases(
    rng: np.random.Generator,
) -> list[tuple[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]]:
    def a(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(shape))

    rows, columns = int(rng.integers(4, 9)), int(rng.integers(2 * THREADS + 1, 400))
    return [
        ("(3, 4)", (a(3, 4), a(4), a(3, 4))),
        (f"({rows}, {columns})", (a(rows, columns), a(columns), a(rows, columns))),
        ("a transposed x and gate", (a(130, 5).T, a(130), a(130, 5).T)),
    ]


forward = KernelTask("G10 forward", "fused_kernel(x, bias, gate, y)", _forward_cases)
backward = KernelTask(
    "G10 backward", "fused_grad_kernel(grad, x, bias, gate, grad_x, grad_bias, grad_gate)", _backward_cases
)
function = FunctionTask("G10 function", _function_cases, _fused)
hunt = KernelTask("G10 bug hunt", "smooth_kernel(x, bias, y)", _hunt_cases)
