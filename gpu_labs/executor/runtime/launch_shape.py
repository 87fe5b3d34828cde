"""Grid and block sizes: what a GPU takes, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gpu_labs.executor.findings import Dim3, Finding
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# CUDA C++ Programming Guide, "Compute Capabilities", technical specifications for 5.0 and later.
MAX_THREADS = 1024
MAX_BLOCK = (1024, 1024, 64)
MAX_GRID = (2**31 - 1, 65535, 65535)
MAX_SHARED = 48 * 1024  # bytes for one block without opting in to more
MAX_LOCAL = 512 * 1024  # bytes of local memory for one thread


def dims(value: Any, name: str) -> Dim3:
    """One to three sizes as (x, y, z).

    Raises:
        ValueError: it is not one to three whole numbers.
    """
    sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in sizes)
    if not 1 <= len(sizes) <= 3 or not whole:
        raise UserError(
            _("{name} must be one to three whole numbers, x first, not {value!r}.", name=name, value=value)
        )
    x, y, z = (*map(int, sizes), 1, 1)[:3]
    return x, y, z


def dimensions(value: Any) -> int:
    """How many sizes a grid or block is written with."""
    return len(value) if isinstance(value, (tuple, list)) else 1


def problems(grid: Dim3, block: Dim3, shared_bytes: int, static_shared: int) -> list[Finding]:
    """What a GPU would refuse about a launch; empty when it takes the launch."""
    return [*_no_size(grid, block), *_too_large(grid, block), *_too_much_shared(static_shared + shared_bytes)]


def _no_size(grid: Dim3, block: Dim3) -> Iterator[Finding]:
    if 0 in grid or 0 in block:
        what = "grid" if 0 in grid else "block"
        yield Finding(
            "empty-grid",
            _(
                "The {what} {grid} has a size of 0, so no thread runs.",
                what=what,
                grid=grid if what == "grid" else block,
            ),
            _(
                "compute the number of blocks as (n + threads - 1) // threads, and skip the launch when n is 0."
            ),
        )
    if min(*grid, *block) < 0:
        yield Finding(
            "launch-shape", _("Grid and block sizes cannot be negative."), _("check how they are computed.")
        )


def _too_large(grid: Dim3, block: Dim3) -> Iterator[Finding]:
    """The number of threads in a block, or else the sizes that are past their limits."""
    total = block[0] * block[1] * block[2]
    if total > MAX_THREADS:
        yield Finding(
            "launch-shape",
            _(
                "A block of {block} has {total:,} threads; a GPU takes at most {max_threads:,}.",
                block=" x ".join(map(str, block)),
                total=total,
                max_threads=MAX_THREADS,
            ),
            _("use smaller blocks (128 or 256 threads are a good start) and more of them."),
        )
    else:
        yield from _past_a_limit("block", block, MAX_BLOCK)
    yield from _past_a_limit("grid", grid, MAX_GRID)


def _past_a_limit(what: str, sizes: Dim3, limits: Dim3) -> Iterator[Finding]:
    for axis, size, limit in zip("xyz", sizes, limits, strict=True):
        if size > limit:
            yield Finding(
                "launch-shape",
                _(
                    "The {what} has {size:,} in {axis}; a GPU takes at most {limit:,} there.",
                    what=what,
                    size=size,
                    axis=axis,
                    limit=limit,
                ),
                _("put the long direction in x.")
                if axis != "x"
                else _("use fewer and larger pieces of work."),
            )


def _too_much_shared(nbytes: int) -> Iterator[Finding]:
    if nbytes > MAX_SHARED:
        yield Finding(
            "shared-memory",
            _(
                "One block asks for {static_shared:,} bytes of shared memory; a GPU gives a block "
                "{max_shared:,}.",
                static_shared=nbytes,
                max_shared=MAX_SHARED,
            ),
            _("use a smaller tile, a smaller dtype, or reuse one shared array for two purposes."),
        )
