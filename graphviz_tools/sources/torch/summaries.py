"""The numbers of a tensor, copied at the moment they are seen and looked at in bulk later.

Copying a small tensor costs less than one reduction over it, and reducing many copies at once costs
a few NumPy calls. The copy reads memory directly: no tensor operation runs, so no other mode, hook or
version counter can notice it.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import torch

from graphviz_tools.recording import Number, Summary
from graphviz_tools.sources.common.array_value import SMALL, mean_of
from graphviz_tools.sources.common.fast_init import quick

GRID = 8  # a larger value is kept as a sample of at most GRID x GRID
FULL = 16_384  # elements up to which every one is read; above, a strided sample of SAMPLE x SAMPLE
SAMPLE = 64
_PAGE_BYTES = 1 << 18
_WAITING_BYTES = 1 << 25  # of full pages that are looked at after the program; what is more, at once

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

_make_summary = quick(Summary)
_copy = ctypes.memmove

Facts = tuple[Summary, tuple[Number, ...], tuple[int, int] | None]
Rows = tuple[int, int]


class _Page:
    """A block of memory that collects copies of one dtype and one shape of (rows, columns); of tensors of which
    `sampled` elements were taken (None: all)."""

    __slots__ = ("address", "capacity", "copies", "memory", "sampled", "tickets")

    def __init__(self, dtype: np.dtype, rows: Rows, sampled: int | None) -> None:
        nbytes = max(1, rows[0] * rows[1]) * dtype.itemsize
        self.capacity = max(1, _PAGE_BYTES // nbytes)
        self.memory = np.empty((self.capacity, *rows), dtype)
        self.address = self.memory.ctypes.data
        self.copies = 0
        self.sampled = sampled
        self.tickets: list[int] = []


class Form:
    """What tensors of one shape (None: they have none), dtype and device have in common, each in PyTorch's own terms.

    `page` collects those that are copied as they lie."""

    __slots__ = ("device", "dtype", "page", "shape")

    def __init__(self, shape: torch.Size | None, dtype: torch.dtype, device: torch.device) -> None:
        self.shape, self.dtype, self.device = shape, dtype, device
        self.page: _Page | None = None


class Summaries:
    """`take` copies a tensor and gives a ticket; after `finish`, `facts[ticket]` is what was seen."""

    def __init__(self) -> None:
        self.facts: list[Facts | None] = []
        self._pages: dict[tuple[torch.dtype, Rows, int | None], _Page] = {}
        self._full: list[tuple[torch.dtype, _Page]] = []
        self._full_bytes = 0

    def take(
        self, tensor: torch.Tensor, form: Form, pointer: int, contiguous: bool, nbytes: int
    ) -> int | None:
        """A ticket for the numbers of a strided CPU tensor of any shape, whose first element is at `pointer`;
        None where they cannot be read."""
        page = form.page
        if (
            page is not None
            and page.copies < page.capacity
            and contiguous
            and pointer
            and not tensor.is_neg()
        ):
            _copy(page.address + page.copies * nbytes, pointer, nbytes)
            return self._enter(page)
        return self._take_otherwise(tensor, form, pointer, contiguous, nbytes)

    def _take_otherwise(
        self, tensor: torch.Tensor, form: Form, pointer: int, contiguous: bool, nbytes: int
    ) -> int | None:
        """`take` when it cannot copy to the form's page: there is none yet, it is full, or the tensor's elements do
        not lie in memory as they are read."""
        dtype = tensor.dtype
        kind = _MEMORY.get(dtype)
        if kind is None or not tensor.is_cpu:
            return None
        negated, conjugated = tensor.is_neg(), kind.kind == "c" and tensor.is_conj()
        count = nbytes // kind.itemsize
        if not pointer and (count or tensor.layout is not torch.strided):
            return None
        if contiguous and count <= FULL and not negated and not conjugated:
            columns = tensor.shape[-1] if tensor.shape else 1
            page = self._page(dtype, kind, (count // columns if columns else 0, columns), None)
            if kind.kind != "c":  # which may be conjugated when it is read
                form.page = page
            _copy(page.address + page.copies * nbytes, pointer, nbytes)
            return self._enter(page)
        array = _array(tensor, kind)
        if conjugated:
            array = array.conj()
        if negated:
            array = -array
        sampled = None
        if count > FULL:
            array = _thin(array)
            sampled = array.size
        columns = array.shape[-1] if array.ndim else 1
        page = self._page(dtype, kind, (array.size // columns if columns else 0, columns), sampled)
        page.memory[page.copies].reshape(array.shape)[...] = array
        return self._enter(page)

    def finish(self) -> list[Facts | None]:
        for dtype, page in [*self._full, *((dtype, page) for (dtype, _, _), page in self._pages.items())]:
            self._reduce(dtype, page)
        self._full.clear()
        self._pages.clear()
        return self.facts

    def _page(self, dtype: torch.dtype, kind: np.dtype, rows: Rows, sampled: int | None) -> _Page:
        page = self._pages.get((dtype, rows, sampled))
        if page is not None and page.copies == page.capacity:
            if self._full_bytes < _WAITING_BYTES:
                self._full.append((dtype, page))
                self._full_bytes += page.memory.nbytes
                page = None
            else:
                self._reduce(dtype, page)
        if page is None:
            page = self._pages[dtype, rows, sampled] = _Page(kind, rows, sampled)
        return page

    def _enter(self, page: _Page) -> int:
        ticket = len(self.facts)
        self.facts.append(None)
        page.tickets.append(ticket)
        page.copies += 1
        return ticket

    def _reduce(self, dtype: torch.dtype, page: _Page) -> None:
        """Statistics and numbers of every copy on the page, by a few operations over all of it."""
        copies = page.memory[: page.copies]
        if dtype is torch.bfloat16:
            copies = (copies.astype(np.uint32) << 16).view(np.float32)
        numbers, grid = _numbers(copies)
        statistics = _statistics(copies.reshape(page.copies, -1))
        facts, sampled = self.facts, page.sampled
        for ticket, shown, (low, high, mean, bad) in zip(page.tickets, numbers, statistics, strict=True):
            facts[ticket] = (_make_summary(low, high, mean, bad, sampled), tuple(shown), grid)
        page.tickets.clear()
        page.copies = 0


def _array(tensor: torch.Tensor, dtype: np.dtype) -> np.ndarray:
    """The tensor's own memory as an array, without a tensor operation."""
    shape, size = tuple(tensor.shape), dtype.itemsize
    strides = tuple(stride * size for stride in tensor.stride())
    span = sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True)) + size
    memory: Any = (ctypes.c_char * (span if tensor.numel() else 0)).from_address(tensor.data_ptr())
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


Statistics = list[tuple[float | None, float | None, float | None, int]]


def _statistics(copies: np.ndarray) -> Statistics:
    """(min, max, mean, nonfinite) of each row; of complex numbers, the magnitudes."""
    count = copies.shape[1]
    if not count:
        return [(None, None, None, 0)] * len(copies)
    real = np.abs(copies) if copies.dtype.kind == "c" else copies
    if real.dtype.kind == "b":
        real = real.view(np.uint8)
    low, high = np.minimum.reduce(real, axis=1), np.maximum.reduce(real, axis=1)
    if real.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            total = real.sum(axis=1, dtype=None if real.dtype.itemsize > 2 else np.float32)
        odd = ~np.isfinite(total)  # a NaN, an infinity, or a sum too large for the dtype
    else:
        total, odd = real.sum(axis=1, dtype=np.float64), np.zeros(len(real), np.bool_)
    means = total.astype(np.float64) / count
    found: Statistics = list(zip(low.tolist(), high.tolist(), means.tolist(), [0] * len(real), strict=True))
    for row in np.flatnonzero(odd).tolist():
        found[row] = _with_nonfinite(real[row])
    return found


def _with_nonfinite(row: np.ndarray) -> tuple[float | None, float | None, float | None, int]:
    finite = row[np.isfinite(row)]
    bad = row.size - finite.size
    if not finite.size:
        return None, None, None, bad
    return float(finite.min()), float(finite.max()), mean_of(finite), bad


def _numbers(copies: np.ndarray) -> tuple[list[list[Number]], tuple[int, int] | None]:
    """For each copy, all its elements when they are few, else those on a grid of at most GRID x GRID."""
    count, height, width = copies.shape
    if height * width <= SMALL:
        return copies.reshape(count, -1).tolist(), None
    sample = copies[:, :: -(-height // GRID), :: -(-width // GRID)]
    return sample.reshape(count, -1).tolist(), (sample.shape[1], sample.shape[2])
