"""Atomic operations on lanes: each cell sees its lanes one after the other, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gpu_labs.executor.ir.program import Site

_UFUNCS: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "and_": np.bitwise_and,
    "or_": np.bitwise_or,
    "xor": np.bitwise_xor,
    "max": np.maximum,
    "min": np.minimum,
    "nanmax": np.fmax,
    "nanmin": np.fmin,
}


REDUCTIONS = frozenset(_UFUNCS)


class Atomic(NamedTuple):
    """One atomic operation of a kernel; `wanted` where the kernel uses what it returns."""

    site: Site
    name: str
    wanted: bool


class _Ordered(NamedTuple):
    """Lanes in the order of their cells: those of one cell are `lengths[i]` in a row, from `starts[i]` on."""

    cells: np.ndarray
    operands: list[np.ndarray]
    starts: np.ndarray
    lengths: np.ndarray


def _step(name: str) -> Callable[..., Any]:
    """new = f(old, *operands), elementwise, with CUDA's definitions of inc, dec, exch and cas."""
    if name in _UFUNCS:
        return _UFUNCS[name]
    return {
        "exch": lambda old, value: value + old * 0,
        "inc": lambda old, top: np.where(old >= top, 0, old + 1).astype(old.dtype),
        "dec": lambda old, top: np.where((old == 0) | (old > top), top, old - 1).astype(old.dtype),
        "cas": lambda old, wanted, value: np.where(old == wanted, value, old),
    }[name]


def apply(
    name: str, buffer: np.ndarray, cells: np.ndarray, operands: list[np.ndarray], want_old: bool
) -> Any:
    """Do one atomic for each lane: `cells` and the operands are flat and of one length.

    Returns the values that the lanes found (as the atomics of CUDA return), or None if nobody wants them.
    """
    dtype = buffer.dtype
    if name in ("max", "min") and dtype.kind == "f":
        operands = [_without_nan(name, operands[0])]
    if not want_old and name in _UFUNCS:
        _UFUNCS[name].at(buffer, cells, operands[0])
        return None
    order = np.argsort(cells, kind="stable")
    ordered = cells[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(starts, len(ordered)))
    lanes = _Ordered(ordered, [o[order] for o in operands], starts, lengths)
    many = _one_by_one if name not in _UFUNCS else _running
    result = np.empty(len(cells), dtype)
    result[order] = (many if len(starts) <= 64 else _turn_by_turn)(name, buffer, lanes)
    return result


def _without_nan(name: str, values: np.ndarray) -> np.ndarray:
    """Operands of `max` and `min` with each NaN replaced by what changes nothing.

    Numba compiles both to "store when greater (or less)", and no comparison with NaN holds: a NaN operand
    leaves the cell as it is, and a NaN in the cell stays (numba-cuda's `ir_numba_atomic_binary`)."""
    return np.where(np.isnan(values), values.dtype.type(-np.inf if name == "max" else np.inf), values)


def _turn_by_turn(name: str, buffer: np.ndarray, lanes: _Ordered) -> np.ndarray:
    """Many cells: the first lane of each, then the second of each, and so on."""
    old = np.empty(len(lanes.cells), buffer.dtype)
    step = _step(name)
    for turn in range(int(lanes.lengths.max())):
        rows = lanes.starts[lanes.lengths > turn] + turn
        cells = lanes.cells[rows]
        old[rows] = found = buffer[cells]
        buffer[cells] = step(found, *(o[rows] for o in lanes.operands))
    return old


def _running(name: str, buffer: np.ndarray, lanes: _Ordered) -> np.ndarray:
    """Few cells, many lanes: a running reduction for each cell, in order."""
    old = np.empty(len(lanes.cells), buffer.dtype)
    (values,) = lanes.operands
    for start, length in zip(lanes.starts, lanes.lengths, strict=True):
        cell = lanes.cells[start]
        steps = np.concatenate((buffer[cell : cell + 1], values[start : start + length]))
        running = _UFUNCS[name].accumulate(steps, dtype=buffer.dtype)
        old[start : start + length] = running[:-1]
        buffer[cell] = running[-1]
    return old


def _one_by_one(name: str, buffer: np.ndarray, lanes: _Ordered) -> np.ndarray:
    """Few cells, and an operation that has no running form."""
    values = [o.tolist() for o in lanes.operands]
    found = {int(c): buffer[int(c)].item() for c in np.unique(lanes.cells)}
    before = []
    for at, cell in enumerate(lanes.cells.tolist()):
        now = found[cell]
        before.append(now)
        found[cell] = scalar_step(name, now, *(v[at] for v in values))
    for cell, value in found.items():
        buffer[cell] = value
    return np.array(before, buffer.dtype)


def scalar_step(name: str, old: Any, value: Any, other: Any = None) -> Any:
    """The same for one thread: what the cell holds afterwards."""
    if name == "exch":
        return value
    if name == "inc":
        return 0 if old >= value else old + 1
    if name == "dec":
        return value if old == 0 or old > value else old - 1
    if name == "cas":
        return other if old == value else old
    raise ValueError(name)
