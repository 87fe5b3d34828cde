"""Whether a function that a learner made differentiable runs on kernels, and not on torch's own operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Launches(TorchDispatchMode):
    """Counts the kernel launches among the operations that torch carries out inside."""

    number = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.number += func is torch.ops.graph_duet.launch.default
        return func(*args, **(kwargs or {}))


def by_kernels(function: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> bool:
    """Whether `function(x)` launches a kernel and so does its backward. `x` requires a gradient."""
    with Launches() as forward:
        value = function(x)
    with Launches() as backward:
        torch.autograd.grad(value.sum(), x, allow_unused=True)
    return forward.number > 0 and backward.number > 0
