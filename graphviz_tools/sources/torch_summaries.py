"""The numbers of a tensor, copied at the moment they are seen and looked at in bulk later.

Copying a small tensor costs less than one reduction over it, and reducing thousands of copies at once costs
a few large NumPy calls. The copy reads memory directly: no tensor operation runs, so no other mode, hook or
version counter can notice it.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import torch

from graphviz_tools.array_value import SMALL
from graphviz_tools.recording import Number, Summary

GRID = 8  # a larger value is kept as a sample of at most GRID x GRID
FULL = 16_384  # elements up to which every one is read; above, a strided sample of SAMPLE x SAMPLE
SAMPLE = 64
_PAGE_BYTES = 1 << 22

# How raw memory is read; what is not here (float8, quantized) has no numbers.
_MEMORY = {
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: np.dtype(np.uint16),
    torch.int64: np.dtype(np.int64),
    torch.int32: np.dtype(np.int32),
    torch.int16: np.dtype(np.int16),
    torch.int8: np.dtype(np.int8),
    torch.uint8: np.dtype(np.uint8),
    torch.uint16: np.dtype(np.uint16),
    torch.uint32: np.dtype(np.uint32),
    torch.uint64: np.dtype(np.uint64),
    torch.bool: np.dtype(np.bool_),
    torch.complex64: np.dtype(np.complex64),
    torch.complex128: np.dtype(np.complex128),
}

Facts = tuple[Summary | None, tuple[Number, ...], tuple[int, int] | None]


class _Page:
    """A block of bytes that collects the elements of one dtype."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.memory = np.empty(_PAGE_BYTES, np.uint8)
        self.address = self.memory.ctypes.data
        self.used = 0
        self.entries: list[tuple[int, int, tuple[int, int], int | None]] = []


class Summaries:
    """`take` copies a tensor and gives a ticket; after `finish`, `facts[ticket]` is what was seen."""

    def __init__(self) -> None:
        self.facts: list[Facts | None] = []
        self._pages: dict[torch.dtype, _Page] = {}

    def take(self, tensor: torch.Tensor) -> int | None:
        """A ticket for the numbers of a strided CPU tensor of any shape; None where they cannot be read."""
        dtype = tensor.dtype
        if dtype not in _MEMORY or not tensor.is_cpu or tensor.layout is not torch.strided:
            return None
        if tensor.is_conj() or tensor.is_neg():
            return None
        count = tensor.numel()
        if count <= FULL and tensor.is_contiguous():
            return self._take_block(tensor, dtype, count)
        return self._take_strided(tensor, dtype, count)

    def finish(self) -> list[Facts | None]:
        for page in self._pages.values():
            self._reduce(page)
        self._pages.clear()
        return self.facts

    def _take_block(self, tensor: torch.Tensor, dtype: torch.dtype, count: int) -> int:
        nbytes = count * tensor.itemsize
        page = self._page(dtype, nbytes)
        ctypes.memmove(page.address + page.used, tensor.data_ptr(), nbytes)
        return self._enter(page, nbytes, count, _rows(tensor.shape, count), None)

    def _take_strided(self, tensor: torch.Tensor, dtype: torch.dtype, count: int) -> int:
        array = _array(tensor, _MEMORY[dtype])
        sampled = None
        if count > FULL:
            array = _thin(array)
            sampled = array.size
        page = self._page(dtype, array.nbytes)
        target = page.memory[page.used : page.used + array.nbytes].view(array.dtype)
        target.reshape(array.shape)[...] = array
        return self._enter(page, array.nbytes, array.size, _rows(array.shape, array.size), sampled)

    def _page(self, dtype: torch.dtype, nbytes: int) -> _Page:
        page = self._pages.get(dtype)
        if page is None:
            page = self._pages[dtype] = _Page(dtype)
        elif page.used + nbytes > _PAGE_BYTES:
            self._reduce(page)
        return page

    def _enter(self, page: _Page, nbytes: int, count: int, rows: tuple[int, int], sampled: int | None) -> int:
        ticket = len(self.facts)
        self.facts.append(None)
        page.entries.append((ticket, count, rows, sampled))
        page.used += nbytes
        return ticket

    def _reduce(self, page: _Page) -> None:
        """Statistics of every copy on the page, by a few reductions over all of it."""
        elements = page.memory[: page.used].view(_MEMORY[page.dtype])
        if page.dtype is torch.bfloat16:
            elements = (elements.astype(np.uint32) << 16).view(np.float32)
        entries = [entry for entry in page.entries if entry[1]]
        starts = np.cumsum([0, *(entry[1] for entry in entries)])
        columns = _statistics(elements, starts[:-1]) if entries else []
        for (ticket, count, rows, sampled), start, (low, high, mean, bad) in zip(
            entries, starts.tolist(), columns, strict=False
        ):
            summary = Summary(low, high, mean, bad, sampled)
            self.facts[ticket] = (summary, *_numbers(elements[start : start + count], rows))
        for ticket, count, _, _ in page.entries:
            if not count:
                self.facts[ticket] = (Summary(None, None, None, 0), (), None)
        page.entries.clear()
        page.used = 0


def _rows(shape: Any, count: int) -> tuple[int, int]:
    columns = shape[-1] if len(shape) else 1
    return (count // columns if columns else 0), columns


def _array(tensor: torch.Tensor, dtype: np.dtype) -> np.ndarray:
    """The tensor's own memory as an array, without a tensor operation."""
    shape, size = tuple(tensor.shape), dtype.itemsize
    strides = tuple(stride * size for stride in tensor.stride())
    span = sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True)) + size
    memory = (ctypes.c_char * (span if tensor.numel() else 0)).from_address(tensor.data_ptr())
    return np.ndarray(shape, dtype, memory, 0, strides)


def _thin(array: np.ndarray) -> np.ndarray:
    """Evenly strided elements, about SAMPLE in the last dimension and SAMPLE over all the others."""
    if array.ndim == 1:
        return array[:: -(-array.size // (SAMPLE * SAMPLE))]
    keep = [slice(None, None, -(-array.shape[-1] // SAMPLE))]
    budget = SAMPLE
    for length in reversed(array.shape[:-1]):
        taken = min(length, budget)
        keep.append(slice(None, None, -(-length // taken)))
        budget = max(1, budget // taken)
    return array[tuple(reversed(keep))]


def _statistics(
    elements: np.ndarray, starts: np.ndarray
) -> list[tuple[float | None, float | None, float | None, int]]:
    """(min, max, mean, nonfinite) of each run that begins at `starts`; of complex numbers, the magnitudes."""
    real = np.abs(elements) if elements.dtype.kind == "c" else elements
    if real.dtype.kind == "b":
        real = real.view(np.uint8)
    counts = np.diff(np.append(starts, real.size))
    low, high, total, bad = real, real, real, np.zeros(len(starts), np.int64)
    if real.dtype.kind == "f":
        if real.dtype == np.float16:
            low = high = total = real = real.astype(np.float32)
        finite = np.isfinite(real)
        if not finite.all():
            low, high = np.where(finite, real, np.inf), np.where(finite, real, -np.inf)
            total = np.where(finite, real, 0)
            bad = np.add.reduceat(~finite, starts, dtype=np.int64)
    read = counts - bad
    sums = np.add.reduceat(total, starts, dtype=np.float64)
    means = sums / np.maximum(read, 1)
    rows = zip(
        np.minimum.reduceat(low, starts).tolist(),
        np.maximum.reduceat(high, starts).tolist(),
        means.tolist(),
        bad.tolist(),
        read.tolist(),
        strict=True,
    )
    return [(a, b, c, d) if some else (None, None, None, d) for a, b, c, d, some in rows]


def _numbers(
    elements: np.ndarray, rows: tuple[int, int]
) -> tuple[tuple[Number, ...], tuple[int, int] | None]:
    if elements.size <= SMALL:
        return tuple(elements.tolist()), None
    height, width = rows
    sample = elements.reshape(rows)[:: -(-height // GRID), :: -(-width // GRID)]
    return tuple(sample.ravel().tolist()), (sample.shape[0], sample.shape[1])
