"""`np.sin(x, y)` and functions like it on whole arrays in a kernel: every thread that comes does all elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.runtime import arith
from gpu_labs.executor.runtime.lanes import Mask


class Each(NamedTuple):
    """What the operation "each" does: the function `word` of NumPy, which fills so many `outputs`."""

    word: str
    outputs: int


class Elements(Protocol):
    """What both engines give of their arrays."""

    def view(self, site: Site, array: Any, mask: Mask, *index: Any) -> Any: ...

    def load(self, site: Site, array: Any, mask: Mask, *index: Any) -> Any: ...

    def store(self, site: Site, array: Any, mask: Mask, value: Any, *index: Any) -> None: ...


def apply(elements: Elements, site: Site, what: Each, mask: Mask, operands: Sequence[Any]) -> None:
    """Fill the first operands, element by element, with a function of the others, broadcast as NumPy does."""
    _fill(elements, site, _function(what.word), mask, operands[: what.outputs], operands[what.outputs :])


def _fill(
    elements: Elements,
    site: Site,
    function: Callable[..., Any],
    mask: Mask,
    outputs: Sequence[Any],
    inputs: Sequence[Any],
) -> None:
    rank = len(outputs[0].shape)
    if rank == 0:
        values = [elements.load(site, each, mask) if _is_array(each) else each for each in inputs]
        made = function(*values)
        for output, value in zip(outputs, made if isinstance(made, tuple) else (made,), strict=True):
            elements.store(site, output, mask, value)
        return
    size = outputs[0].shape[0]
    for place in range(int(np.max(size))):
        inside = np.asarray(place < size)
        taking = mask if inside.ndim == 0 else inside if mask is None else mask & inside

        def row(array: Any, place: int = place, taking: Mask = taking) -> Any:
            if not _is_array(array) or len(array.shape) < rank:
                return array
            one = np.ndim(array.shape[0]) == 0 and array.shape[0] == 1
            return elements.view(site, array, taking, np.int64(0 if one else place))

        _fill(elements, site, function, taking, list(map(row, outputs)), list(map(row, inputs)))


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and not isinstance(value, (np.ndarray, np.generic))


def _function(word: str) -> Callable[..., Any]:
    """NumPy's function, without float16 as the result of small integers, which Numba does not choose."""
    plain = arith.FUNCTIONS.get(word) or getattr(np, word)

    def wide(*values: Any) -> Any:
        small = all(v.dtype.kind in "iub" and v.dtype.itemsize < 4 for v in values)
        made = plain(*values)
        first = made[0] if isinstance(made, tuple) else made
        if small and first.dtype == np.float16:
            return plain(*(v.astype(np.float64) for v in values))
        return made

    return wide
