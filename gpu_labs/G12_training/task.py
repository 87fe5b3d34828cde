"""What G12 asks: a layer, a loss and their gradients from kernels, one training step of all of them, and momentum."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask
from gpu_labs.G08_tiled_matmul import task as g08

Shape = tuple[int, int]  # rows, columns

THREADS = 128
WARP = 32
EDGES: tuple[Shape, ...] = ((1, 1), (3, 31), (5, 64), (2, 65))
# Sectors of 32 bytes that 32 cells of 8 bytes lie in, fetched in two halves that need not begin where a sector does.
SECTORS_OF_A_PIECE = 10
# Beside the rows: shuffles do not count as accesses, a warp stores one number, one thread reads four and writes one.
MEETING = 10
MOMENTUM_BLOCKS, MOMENTUM_THREADS = 3, 64


def _shapes(rng: np.random.Generator) -> list[Shape]:
    """The edges of a block, and three shapes drawn at random, of three blocks and more."""
    drawn = zip(rng.integers(3, 9, 3), rng.integers(2 * THREADS + 1, 400, 3), strict=True)
    return [*EDGES, *((int(rows), int(columns)) for rows, columns in drawn)]


def _numbers(rng: np.random.Generator, shape: Shape | int) -> np.ndarray:
    """Quarters of whole numbers, of both signs, many of them 0 or equal: sums in any order are exact."""
    return rng.integers(-12, 12, shape) / 4


def _most_sectors(shape: Shape, arrays: int) -> int:
    rows, columns = shape
    return arrays * (rows * columns // WARP + rows + 1) * SECTORS_OF_A_PIECE


def _hidden_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for shape in _shapes(rng):
        z, bias = _numbers(rng, shape), _numbers(rng, shape[1])
        launch = blocks_for(z.size, THREADS), THREADS, (z, bias), (np.maximum(z + bias, 0),)
        title = "{} rows of {}".format(*shape)
        cases.append(Case(title, *launch, 2 * z.size, most_sectors=_most_sectors(shape, 3)))
    return cases


def _hidden_grad_cases(rng: np.random.Generator) -> list[Case]:
    """A thread for each column, so that a bias has its gradient from one thread alone."""
    cases = []
    for shape in _shapes(rng):
        grad, h = _numbers(rng, shape), np.maximum(_numbers(rng, shape), 0)
        grad_z = np.where(h > 0, grad, 0)
        launch = blocks_for(shape[1], THREADS), THREADS, (grad, h), (grad_z, grad_z.sum(axis=0))
        title = "{} rows of {}".format(*shape)
        cases.append(Case(title, *launch, 2 * h.size, most_sectors=_most_sectors(shape, 4)))
    return cases


def _classes(rng: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outputs z of a network, some huge, some equal; the labels; and the shares, a softmax for each row."""
    rows = (1, 31, 129, *(int(n) for n in rng.integers(2 * THREADS + 1, 500, 3)))[number]
    columns = int(rng.integers(3, 9))
    z = rng.standard_normal((rows, columns)) * np.where(rng.random((rows, 1)) < 0.2, 900, 1)
    z[-1] = 2.0
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return z, rng.integers(0, columns, rows), powers / powers.sum(axis=1, keepdims=True)


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    """One block for all rows; each element read once, and once more the one that the label names."""
    cases = []
    for number in range(6):
        z, labels, _ = _classes(rng, number)
        loss = torch.nn.functional.cross_entropy(torch.from_numpy(z), torch.from_numpy(labels)).reshape(1)
        rows, columns = z.shape
        depth = -(-rows // THREADS) * (columns + 2) + MEETING
        launch = 1, THREADS, (z, labels), (loss.numpy(),)
        cases.append(Case(f"{rows} rows of {columns}", *launch, z.size + 2 * rows, depth))
    return cases


def _loss_grad_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number in range(6):
        z, labels, shares = _classes(rng, number)
        grad = np.array([float(rng.uniform(0.5, 2))])
        right = np.arange(z.shape[1]) == labels[:, None]
        rows, columns = z.shape
        launch = blocks_for(rows, THREADS), THREADS, (grad, z, labels), (grad * (shares - right) / rows,)
        cases.append(Case(f"{rows} rows of {columns}", *launch, 3 * z.size + 2 * rows))
    return cases


def _momentum_cases(rng: np.random.Generator) -> list[Case]:
    """A grid that does not follow the data, as in G02."""
    cases = []
    for n in (1, 63, 64, 193, *(int(n) for n in rng.integers(200, 900, 3))):
        grad, v, w = (_numbers(rng, n) for _ in range(3))
        rate, keep = float(rng.integers(1, 4)) / 4, 0.5
        expected = keep * v + grad, w - rate * (keep * v + grad)
        launch = MOMENTUM_BLOCKS, MOMENTUM_THREADS, (grad, rate, keep), expected, 4 * n
        cases.append(Case(f"n = {n}", *launch, before=(v, w)))
    return cases


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def _batches(rng: np.random.Generator) -> list[tuple[str, Batch]]:
    """Points, their labels, and the weights and biases of two layers."""

    def batch(rows: int, inputs: int, hidden: int, classes: int) -> tuple[str, Batch]:
        def a(*shape: int) -> torch.Tensor:
            return torch.from_numpy(rng.standard_normal(shape))

        labels = torch.from_numpy(rng.integers(0, classes, rows))
        weights = a(inputs, hidden), a(hidden), a(hidden, classes)
        return f"{rows} points, {hidden} hidden", (a(rows, inputs), labels, *weights)

    return [batch(3, 2, 4, 3), batch(int(rng.integers(20, 40)), 5, 17, 4), batch(130, 2, 9, 3)]


def _mlp_loss(
    x: torch.Tensor, labels: torch.Tensor, w1: torch.Tensor, bias: torch.Tensor, w2: torch.Tensor
) -> torch.Tensor:
    z = torch.relu(x @ w1 + bias) @ w2
    return torch.nn.functional.cross_entropy(z, labels).reshape(1)


product, product_grad = g08.forward, g08.backward
hidden = KernelTask("G12 hidden", "hidden_kernel(z, bias, h)", _hidden_cases)
hidden_grad = KernelTask(
    "G12 hidden gradient", "hidden_grad_kernel(grad, h, grad_z, grad_bias)", _hidden_grad_cases
)
loss = KernelTask("G12 loss", "loss_kernel(z, labels, loss)", _loss_cases)
loss_grad = KernelTask("G12 loss gradient", "loss_grad_kernel(grad, z, labels, grad_z)", _loss_grad_cases)
function = FunctionTask("G12 function", _batches, _mlp_loss, fewest_launches=lambda elements: 4)
hunt = KernelTask("G12 bug hunt", "momentum_kernel(grad, rate, keep, v, w)", _momentum_cases)
