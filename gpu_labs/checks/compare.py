"""Comparing arrays the way a learner reads them: where is the first wrong element, and what is around it."""

from __future__ import annotations

import numpy as np

from gpu_labs.checks.report import Cell

_CELLS_SHOWN = 9


def first_difference(got: np.ndarray, expected: np.ndarray, tolerance: float) -> tuple[int, ...] | None:
    """The index of the first element that is not within `tolerance` (relative and absolute), or None.
    A NaN equals a NaN."""
    wrong = np.flatnonzero(~_close(got, expected, tolerance))
    return tuple(int(i) for i in np.unravel_index(wrong[0], expected.shape)) if wrong.size else None


def cells_around(
    got: np.ndarray, expected: np.ndarray, index: tuple[int, ...], tolerance: float
) -> tuple[Cell, ...]:
    """The elements beside `index` along the last axis."""
    if not index:
        return (Cell((), got.item(), expected.item(), right=False),)
    start = max(0, min(index[-1] - _CELLS_SHOWN // 2, expected.shape[-1] - _CELLS_SHOWN))
    cells = []
    for column in range(start, min(start + _CELLS_SHOWN, expected.shape[-1])):
        here = (*index[:-1], column)
        right = bool(_close(got[here], expected[here], tolerance))
        cells.append(Cell(here, _shown(got[here]), _shown(expected[here]), right))
    return tuple(cells)


def _close(got: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    return np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def _shown(value: np.generic) -> float | int:
    number = value.item()
    return float(f"{number:.4g}") if isinstance(number, float) else number
