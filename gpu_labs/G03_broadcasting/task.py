"""What G03 asks: x + y with axes of size 1 that stretch, on a grid of two dimensions, and the sums of its gradient."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

Shape = tuple[int, int]  # rows, columns

BLOCKS: tuple[Shape, ...] = ((32, 4), (32, 8), (64, 3))  # threads in x, in y
EDGES: tuple[Shape, ...] = ((1, 1), (4, 32), (5, 33), (3, 31))
# Which axes (rows, columns) are stretched: of x and of y, and of the array that gets a gradient.
ROWS, COLUMNS, BOTH, NEITHER = (True, False), (False, True), (True, True), (False, False)
PAIRS = ((NEITHER, ROWS), (NEITHER, COLUMNS), (BOTH, NEITHER), (COLUMNS, ROWS), (NEITHER, NEITHER))
SUMMED = (ROWS, COLUMNS, BOTH, NEITHER, ROWS, COLUMNS, NEITHER, ROWS, COLUMNS)
SECTOR, PIECE = 32, 32  # bytes; cells of one row that a warp has at most


def _shapes(rng: np.random.Generator) -> list[Shape]:
    """The edges of a block, and five shapes drawn at random, of three blocks and more."""
    drawn = zip(rng.integers(9, 40, 5), rng.integers(65, 130, 5), strict=True)
    return [*EDGES, *((int(rows), int(columns)) for rows, columns in drawn)]


def _launch(rng: np.random.Generator, shape: Shape) -> tuple[Shape, Shape]:
    """A block of some shape, and the grid with a thread for each element."""
    wide, high = BLOCKS[rng.integers(len(BLOCKS))]
    return (blocks_for(shape[1], wide), blocks_for(shape[0], high)), (wide, high)


def _stretched(shape: Shape, axes: tuple[bool, bool]) -> Shape:
    rows, columns = shape
    return (1 if axes[0] else rows, 1 if axes[1] else columns)


def _numbers(rng: np.random.Generator, shape: Shape, single: bool) -> np.ndarray:
    """Quarters of whole numbers, of both signs, some equal, and in float64 some huge: sums in any order are exact."""
    x = rng.integers(-200, 200, shape) / 4
    if single:
        return x.astype(np.float32)
    return x * np.where(rng.random(shape) < 0.1, 2.0**8, 1)


def _most_sectors(z: np.ndarray, *inputs: np.ndarray) -> int:
    """Each row of each array in pieces of 32 neighbouring cells, which need not begin where a sector begins."""
    pieces = z.shape[0] * -(-z.shape[1] // PIECE)
    of_a_piece = [2 + PIECE * a.itemsize // SECTOR if a.shape[1] > 1 else 1 for a in (z, *inputs)]
    return pieces * sum(of_a_piece) + 32


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    pairs = [*rng.permutation(len(PAIRS))[: len(EDGES)], *rng.permutation(len(PAIRS))]
    for number, (shape, pair) in enumerate(zip(_shapes(rng), pairs, strict=True)):
        x, y = (_numbers(rng, _stretched(shape, axes), number % 2 == 0) for axes in PAIRS[pair])
        z = x + y
        title = f"{x.shape} + {y.shape}"
        reads = 2 * z.size
        cases.append(
            Case(title, *_launch(rng, shape), (x, y), (z,), reads, most_sectors=_most_sectors(z, x, y))
        )
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number, (shape, axes) in enumerate(zip(_shapes(rng), SUMMED, strict=True)):
        grad_z = _numbers(rng, shape, number % 2 == 0)
        summed = tuple(axis for axis in (0, 1) if axes[axis])
        grad = grad_z.sum(axis=summed, keepdims=True)
        title = f"from {grad_z.shape} to {grad.shape}"
        depth = 2 * grad_z.size // grad.size + 4
        launch = _launch(rng, _stretched(shape, axes))
        cases.append(Case(title, *launch, (grad_z,), (grad,), grad_z.size, depth))
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number, shape in enumerate(_shapes(rng)):
        a, b = (_numbers(rng, (1, n), number % 2 == 0)[0] for n in shape)
        z = np.outer(a, b)
        cases.append(Case(f"{a.size} times {b.size}", *_launch(rng, shape), (a, b), (z,), 2 * z.size))
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor, torch.Tensor]]]:
    def a(rows: int, columns: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal((rows, columns)))

    rows, columns = int(rng.integers(9, 40)), int(rng.integers(65, 130))
    return [
        ("(3, 4) + (1, 4)", (a(3, 4), a(1, 4))),
        ("a column and a row", (a(rows, 1), a(1, columns))),
        ("equal shapes", (a(rows, columns), a(rows, columns))),
        ("one number and a transposed array", (a(1, 1), a(columns, rows).T)),
    ]


forward = KernelTask("G03 forward", "add_kernel(x, y, z)", _forward_cases)
backward = KernelTask("G03 backward", "unbroadcast_kernel(grad_z, grad)", _backward_cases)
function = FunctionTask("G03 function", _function_cases, torch.add)
hunt = KernelTask("G03 bug hunt", "outer_kernel(a, b, z)", _hunt_cases)
