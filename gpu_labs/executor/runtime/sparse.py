"""One value for each cell of an array, where a launch touches few of very many cells."""

from __future__ import annotations

from typing import Any

import numpy as np

DENSE = 1 << 20  # cells up to which a plain array is quicker, and small enough
PAGE_BITS = 12


class Paged:
    """An array of `size` equal values that takes memory only where something was written: page by page."""

    def __init__(self, size: int, fill: Any, dtype: Any) -> None:
        self._fill = np.dtype(dtype).type(fill)
        self._slots = np.zeros(
            (size >> PAGE_BITS) + 1, np.int32
        )  # the place of each page; 0 is the untouched one
        self._pages = np.full((1, 1 << PAGE_BITS), fill, dtype)
        self._used = 1

    def take(self, cells: np.ndarray) -> np.ndarray:
        """The values of some cells."""
        return self._pages[self._slots[cells >> PAGE_BITS], cells & ((1 << PAGE_BITS) - 1)]

    def __setitem__(self, cells: np.ndarray, values: Any) -> None:
        pages = cells >> PAGE_BITS
        new = np.unique(pages[self._slots[pages] == 0])
        if new.size:
            self._make_room(len(new))
            self._slots[new] = np.arange(self._used, self._used + len(new), dtype=np.int32)
            self._used += len(new)
        self._pages[self._slots[pages], cells & ((1 << PAGE_BITS) - 1)] = values

    def _make_room(self, pages: int) -> None:
        have = len(self._pages)
        if self._used + pages > have:
            grown = np.full((max(self._used + pages, 2 * have) - have, 1 << PAGE_BITS), self._fill)
            self._pages = np.concatenate((self._pages, grown))


def cell_values(size: int, fill: Any, dtype: Any) -> Any:
    """`size` values with `take(cells)` and `[cells] = values`: an array, or pages where it would be large."""
    return np.full(size, fill, dtype) if size <= DENSE else Paged(size, fill, dtype)
