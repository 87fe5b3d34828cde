"""What G04 asks: rows of a table by their places, the sums of its gradient, and a histogram that spares atomics."""

from __future__ import annotations

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask

BINS = 32
WIDE, HIGH = 32, 4  # the block of the launches in two dimensions
SECTOR = 32  # bytes


def _sizes(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Places, rows of the table and columns: edges, none at all, and four drawn at random."""
    edges = [(1, 1, 1), (0, 3, 5), (5, 2, 33), (4, 9, 32)]
    drawn = zip(rng.integers(30, 90, 4), rng.integers(5, 60, 4), rng.integers(40, 80, 4), strict=True)
    return [*edges, *((int(n), int(rows), int(columns)) for n, rows, columns in drawn)]


def _places(rng: np.random.Generator, n: int, rows: int, kind: int) -> np.ndarray:
    """With repetitions; all of them one place; or as few repetitions as there can be."""
    if kind == 0:
        return np.full(n, rng.integers(rows))
    if kind == 1:
        return np.resize(rng.permutation(rows), n)
    return rng.integers(0, rows, n)


def _numbers(rng: np.random.Generator, shape: tuple[int, ...], whole: bool) -> np.ndarray:
    """Of both signs: whole ones, of which some are huge, or float64, near 0 and some of them large."""
    if whole:
        return rng.integers(-9, 10, shape) * np.where(rng.random(shape) < 0.2, 2**20, 1)
    return rng.standard_normal(shape) * np.where(rng.random(shape) < 0.2, 10, 1)


def _launch(n: int, columns: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (blocks_for(columns, WIDE), blocks_for(n, HIGH)), (WIDE, HIGH)


def _forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for number, (n, rows, columns) in enumerate(_sizes(rng)):
        table = _numbers(rng, (rows, columns), number % 2 == 0)
        index = _places(rng, n, rows, number % 3)
        pieces = n * blocks_for(columns, WIDE)
        most_sectors = pieces * (1 + 2 * (2 + WIDE * table.itemsize // SECTOR)) + SECTOR
        title = f"{n} of {rows} rows, {columns} columns"
        launch = _launch(n, columns)
        reads = 2 * n * columns
        cases.append(Case(title, *launch, (table, index), (table[index],), reads, most_sectors=most_sectors))
    return cases


def _backward_cases(rng: np.random.Generator) -> list[Case]:
    """`grad_table` holds numbers already, to which the kernel adds."""
    cases = []
    for number, (n, rows, columns) in enumerate(_sizes(rng)):
        grad_y = _numbers(rng, (n, columns), number % 2 == 0)
        index = _places(rng, n, rows, number % 3)
        before = _numbers(rng, (rows, columns), number % 2 == 0)
        after = before.copy()
        np.add.at(after, index, grad_y)
        title = f"{n} into {rows} rows, {columns} columns"
        # For each number its place, itself and the cell; of one cell, all n may queue.
        budget = 3 * n * columns, n + 8
        cases.append(Case(title, *_launch(n, columns), (grad_y, index), (after,), *budget, before=(before,)))
    return cases


def _hunt_cases(rng: np.random.Generator) -> list[Case]:
    """`counts` holds numbers already, to which the kernel adds."""
    sizes = [0, 1, 127, 129, *(int(n) for n in rng.integers(900, 3000, 3))]
    cases = []
    for number, n in enumerate(sizes):
        blocks, threads = int(rng.integers(3, 6)), 32 * int(rng.integers(1, 4))
        x = _places(rng, n, BINS, (number + 2) % 3)
        before = rng.integers(0, 100, BINS)
        turns = -(-n // (blocks * threads))
        budget = n + blocks * BINS, turns * threads + 8
        title = f"n = {n} for {blocks} blocks of {threads}"
        after = before + np.bincount(x, minlength=BINS)
        cases.append(Case(title, blocks, threads, (x,), (after,), *budget, before=(before,)))
    return cases


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor, torch.Tensor]]]:
    def table(rows: int, columns: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal((rows, columns)))

    def places(n: int, rows: int, kind: int) -> torch.Tensor:
        return torch.from_numpy(_places(rng, n, rows, kind))

    n, rows, columns = int(rng.integers(30, 90)), int(rng.integers(5, 40)), int(rng.integers(40, 80))
    return [
        ("5 of 4 rows", (table(4, 3), places(5, 4, 2))),
        ("many places", (table(rows, columns), places(n, rows, 2))),
        ("one place for all", (table(rows, columns), places(n, rows, 0))),
        ("a transposed table", (table(columns, rows).T, places(n, rows, 1))),
    ]


def _lookup(table: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return table[index]


forward = KernelTask("G04 forward", "lookup_kernel(table, index, y)", _forward_cases)
backward = KernelTask("G04 backward", "lookup_grad_kernel(grad_y, index, grad_table)", _backward_cases)
function = FunctionTask("G04 function", _function_cases, _lookup)
hunt = KernelTask("G04 bug hunt", "histogram_kernel(x, counts)", _hunt_cases)
