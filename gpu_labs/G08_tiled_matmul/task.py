"""What G08 asks: products of matrices that read each element once a tile, without conflicts over the banks."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

TILE = 16
EDGES = ((1, 1, 1), (16, 16, 16), (17, 15, 33))
HALF_WARP, SECTOR = 16, 32  # threads that are served at once where an element has 8 bytes; bytes


def _sizes(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Rows of the first matrix, what both have in common, columns of the second: edges of a tile, and three sizes
    drawn at random."""
    return [*EDGES, *((int(m), int(k), int(n)) for m, k, n in rng.integers(18, 60, (3, 3)))]


def _numbers(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Quarters of whole numbers, of both signs, some equal and some larger: sums in any order are exact."""
    x = rng.integers(-40, 40, (rows, columns)) / 4
    return x * np.where(rng.random(x.shape) < 0.1, 64, 1)


def _tiles(size: int) -> int:
    return blocks_for(size, TILE)


def _launch(rows: int, columns: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (_tiles(columns), _tiles(rows)), (TILE, TILE)


def _most_reads(rows: int, inner: int, columns: int) -> int:
    """Each element of the first matrix once for each tile of columns, of the second once for each tile of rows."""
    return inner * (rows * _tiles(columns) + columns * _tiles(rows))


def _most_passes(rows: int, inner: int, columns: int) -> int:
    """For each tile of the product and each pair of tiles that it needs: two stores and 32 loads of each half-warp, and
    as many again as one slow store costs."""
    half_warps = TILE * TILE // HALF_WARP
    return _tiles(rows) * _tiles(columns) * _tiles(inner) * half_warps * (4 * TILE)


def _most_sectors(rows: int, inner: int, columns: int) -> int:
    """Each element that is read or written, in rows of 16 cells that need not begin where a sector begins."""
    of_a_row = 1 + TILE * 8 // SECTOR
    loads = _tiles(rows) * _tiles(columns) * _tiles(inner) * 2 * TILE
    return (loads + rows * _tiles(columns)) * of_a_row


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for rows, inner, columns in _sizes(rng):
        a, b = _numbers(rng, rows, inner), _numbers(rng, inner, columns)
        reads = _most_reads(rows, inner, columns)
        cases.append(Case(f"{a.shape} @ {b.shape}", *_launch(rows, columns), (a, b), (a @ b,), reads))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for size in _sizes(rng):
        rows, inner, columns = size
        grad, b = _numbers(rng, rows, inner), _numbers(rng, columns, inner)
        title = f"{grad.shape} @ {b.shape}, transposed"
        cases.append(
            Case(
                title,
                *_launch(rows, columns),
                (grad, b),
                (grad @ b.T,),
                _most_reads(*size),
                most_sectors=_most_sectors(*size),
                most_passes=_most_passes(*size),
            )
        )
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for rows, _, columns in _sizes(rng):
        x = _numbers(rng, rows, columns)
        tiles = _tiles(rows) * _tiles(columns)
        sectors = (rows * _tiles(columns) + columns * _tiles(rows)) * (1 + TILE * 8 // SECTOR)
        launch = _launch(rows, columns)
        expected = (x.T.copy(),)
        passes = 3 * TILE * tiles
        cases.append(
            Case(f"{x.shape}", *launch, (x,), expected, x.size, most_sectors=sectors, most_passes=passes)
        )
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor, torch.Tensor]]]:
    def a(rows: int, columns: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal((rows, columns)))

    rows, inner, columns = (int(size) for size in rng.integers(18, 60, 3))
    return [
        ("(3, 4) @ (4, 2)", (a(3, 4), a(4, 2))),
        ("no size is a multiple of the tile", (a(33, 17), a(17, 49))),
        ("a transposed matrix", (a(inner, rows).T, a(inner, columns))),
    ]


forward = KernelTask("G08 forward", "matmul_kernel(a, b, c)", _forward_cases)
backward = KernelTask("G08 backward", "matmul_grad_kernel(grad, b, grad_a)", _backward_cases)
function = FunctionTask("G08 function", _function_cases, torch.matmul)
hunt = KernelTask("G08 bug hunt", "transpose_kernel(x, y)", _hunt_cases)
