"""A `Value` from a NumPy array: what every source whose tensors turn into arrays says about one tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphviz_tools.recording import Number, Summary, Value

SMALL = 64  # up to this many elements are kept exactly
GRID = 16  # a larger array is kept as a sample of at most GRID x GRID, for a heat map
SUMMARISED = 1_000_000  # statistics read at most this many elements, evenly strided


def array_value(array: Any, *, name: str = "", dtype: str = "", device: str = "", text: str = "") -> Value:
    """What a learner needs of `array` (anything `np.asarray` takes, any shape).

    `dtype` overrides NumPy's word for it. Numbers are exact for at most `SMALL` elements; bfloat16 and float8
    are widened. An array of strings or objects has `text` only.
    """
    array = np.asarray(array)
    known = {
        "shape": array.shape,
        "dtype": dtype or array.dtype.name,
        "name": name,
        "device": device,
        "nbytes": array.nbytes,
    }
    plain = _plain(array)
    if plain is None:
        return Value(**known, text=text or np.array2string(array, threshold=8))
    numbers, grid = _numbers(plain)
    return Value(**known, text=text, summary=summarise(plain), numbers=numbers, grid=grid)


def _plain(array: np.ndarray) -> np.ndarray | None:
    """The array in a dtype whose elements are Python numbers, or None."""
    if array.dtype.kind in "biufc":
        return array
    try:  # ml_dtypes: bfloat16, float8, int4
        return array.astype(np.float32) if array.dtype.kind == "V" else None
    except (TypeError, ValueError):
        return None


def _numbers(array: np.ndarray) -> tuple[tuple[Number, ...], tuple[int, int] | None]:
    if array.size <= SMALL:
        return tuple(array.ravel().tolist()), None
    rows = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    sample = rows[:: -(-rows.shape[0] // GRID), :: -(-rows.shape[1] // GRID)]
    return tuple(sample.ravel().tolist()), (sample.shape[0], sample.shape[1])


def summarise(array: np.ndarray) -> Summary:
    """Statistics over the finite elements (of a complex array: over its magnitudes)."""
    stride = -(-array.size // SUMMARISED)
    read = array.ravel()[::stride] if stride > 1 else array.ravel()
    sampled = read.size if stride > 1 else None
    real = np.abs(read) if read.dtype.kind == "c" else read
    finite = real[np.isfinite(real)]
    nonfinite = int(real.size - finite.size)
    if not finite.size:
        return Summary(None, None, None, nonfinite, sampled)
    return Summary(float(finite.min()), float(finite.max()), mean_of(finite), nonfinite, sampled)


def mean_of(finite: np.ndarray) -> float:
    """The mean of finite numbers. Memory that nobody has written yet may hold some whose sum is too large."""
    with np.errstate(over="ignore"):
        mean = float(finite.mean(dtype=np.float64))
    return mean if np.isfinite(mean) else float((finite.astype(np.float64) / finite.size).sum())
