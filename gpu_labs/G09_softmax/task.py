"""What G09 asks: softmax of each row, read no more than twice, and its gradient by a fixed number of blocks."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.checks import Case, FunctionTask, KernelTask

Shape = tuple[int, int]  # rows, columns

THREADS = 128
WARP = 32
GRAD_BLOCKS = 3  # of the gradient's launch, whatever the number of rows
EDGES: tuple[Shape, ...] = ((1, 1), (3, 31), (4, 33), (3, 127), (5, 129))
# Shuffles do not count as accesses: a warp stores two numbers, and each thread reads those of the four warps.
MEETING = 14
# Sectors of 32 bytes that 32 cells of 8 bytes lie in, fetched in two halves that need not begin where a sector does.
SECTORS_OF_A_PIECE = 10


def _shapes(rng: np.random.Generator) -> list[Shape]:
    """The edges of a warp and of a block, and three shapes drawn at random."""
    drawn = zip(rng.integers(3, 8, 3), rng.integers(2 * THREADS + 1, 700, 3), strict=True)
    return [*EDGES, *((int(rows), int(columns)) for rows, columns in drawn)]


def _rows(rng: np.random.Generator, shape: Shape, first: int) -> np.ndarray:
    """Rows of seven kinds in turn, from kind `first` on; what is masked is minus infinity."""
    x = rng.standard_normal(shape)
    columns = shape[1]
    for number, row in enumerate(x):
        kind = (first + number) % 7
        if kind == 1:  # exp overflows, and the largest element is in some other warp
            row[:] = 1000 * row + 3000 * (np.arange(columns) == rng.integers(columns))
        elif kind == 2:
            row[:] = -2000 + row
        elif kind == 3:
            row[:] = row[0]
        elif kind == 4:  # here and there
            row[rng.random(columns) < 0.4] = -np.inf
        elif kind == 5:  # all but the last few: whole warps and threads see nothing
            row[: columns - 1 - columns // 8] = -np.inf
        elif kind == 6:
            row[:] = -np.inf
    return x


def _softmax(x: np.ndarray) -> np.ndarray:
    """Of each row; 0 in a row that is completely masked."""
    largest = x.max(axis=1, keepdims=True)
    powers = np.exp(x - np.where(np.isinf(largest), 0, largest))
    total = powers.sum(axis=1, keepdims=True)
    return powers / np.where(total > 0, total, 1)


def _most_sectors(shape: Shape, passes: int) -> int:
    rows, columns = shape
    return passes * rows * -(-columns // WARP) * SECTORS_OF_A_PIECE


def _turns(columns: int) -> int:
    """How many elements of a row a thread has at most."""
    return -(-columns // THREADS)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number, shape in enumerate(_shapes(rng)):
        x = _rows(rng, shape, 2 * number)
        rows, columns = shape
        depth = 3 * _turns(columns) + MEETING
        title = f"{rows} rows of {columns}"
        sectors = _most_sectors(shape, 3)
        cases.append(
            Case(
                title,
                rows,
                THREADS,
                (x,),
                (_softmax(x),),
                most_reads=2 * x.size,
                most_depth=depth,
                most_sectors=sectors,
            )
        )
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number, shape in enumerate(_shapes(rng)):
        y, grad_y = _softmax(_rows(rng, shape, 2 * number)), 3 * rng.standard_normal(shape)
        grad_x = y * (grad_y - (y * grad_y).sum(axis=1, keepdims=True))
        rows, columns = shape
        depth = -(-rows // GRAD_BLOCKS) * (5 * _turns(columns) + MEETING)
        title = f"{rows} rows of {columns} for {GRAD_BLOCKS} blocks"
        launch = GRAD_BLOCKS, THREADS, (y, grad_y), (grad_x,)
        cases.append(Case(title, *launch, 4 * y.size, depth, _most_sectors(shape, 5)))
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    """The logarithm of each row's sum of powers. Nothing is masked; some rows are huge outside their first warp."""
    cases = []
    for number, shape in enumerate(_shapes(rng)):
        x = _rows(rng, shape, 0)
        x[np.isinf(x)] = -5.0
        if number % 2:
            x[:, WARP:] += 2000
        largest = x.max(axis=1)
        expected = np.log(np.exp(x - largest[:, None]).sum(axis=1)) + largest
        rows, columns = shape
        cases.append(Case(f"{rows} rows of {columns}", rows, THREADS, (x,), (expected,), 2 * x.size))
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor]]]:
    def x(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(shape))

    masked = torch.from_numpy(_rows(rng, (3, 5), 4))
    rows, columns = int(rng.integers(4, 9)), int(rng.integers(2 * THREADS + 1, 500))
    return [
        ("one row of 5", (x(5),)),
        ("three masked rows of 5", (masked,)),
        (f"{rows} rows of {columns}, huge", (1000 * x(rows, columns),)),
        ("shape (2, 3, 40)", (x(2, 3, 40),)),
        ("a transposed array", (x(130, 7).T,)),
    ]


def _masked_softmax(x: torch.Tensor) -> torch.Tensor:
    """torch's softmax along the last axis, with 0 where it would have NaN: in rows of minus infinity."""
    masked = torch.isinf(x).all(dim=-1, keepdim=True)
    return torch.softmax(x.masked_fill(masked, 0.0), dim=-1).masked_fill(masked, 0.0)


forward = KernelTask("G09 forward", "softmax_kernel(x, y)", _forward_cases)
backward = KernelTask("G09 backward", "softmax_grad_kernel(y, grad_y, grad_x)", _backward_cases)
function = FunctionTask("G09 function", _function_cases, _masked_softmax)
hunt = KernelTask("G09 bug hunt", "log_sum_kernel(x, y)", _hunt_cases)
