"""`vectorize(target="cuda")` and `guvectorize(target="cuda")`, which compile for a GPU at once: refused in words."""

from __future__ import annotations

from typing import Any

from gpu_labs.executor.frontend.private_names import NAMES
from graphviz_tools.errors import UserError
from graphviz_tools.language import _


class _NeedsGpu:
    """Stands where Numba has what compiles a vectorized function for a GPU.

    Raises:
        UserError: always.
    """

    def __init__(self, function: Any, *args: Any, **options: Any) -> None:
        raise UserError(
            _(
                'vectorize and guvectorize with target="cuda" need a GPU. Here write {name} as a kernel: @cuda.jit, '
                "and an element for each thread; or leave the target out, and it runs on the processor.",
                name=getattr(function, "__name__", "it"),
            )
        )


def refuse_vectorizers() -> None:
    """Make both say what to do without a GPU, instead of naming a missing driver."""
    for key in ("Vectorize", "GUVectorize"):
        decorator = NAMES[key].find()
        if decorator is not None:
            targets = decorator.target_registry.ondemand
            targets.pop("cuda", None)  # it takes a key once
            targets["cuda"] = lambda: _NeedsGpu
