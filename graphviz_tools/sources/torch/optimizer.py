"""When an optimizer takes its step or clears its gradients, PyTorch's or one of the program's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from graphviz_tools.sources.common.patches import Patch
from graphviz_tools.sources.torch.trace import Trace

# PyTorch has no hook for this one. The mark is PyTorch's own on it: its compiler does not look inside.
_ZERO_GRAD = Patch(torch.optim.Optimizer, "zero_grad", {"_torchdynamo_disable": True})


@contextmanager
def optimizer_calls(trace: Trace) -> Iterator[None]:
    """While entered, the tape has the calls of optimizers of this thread, and `trace.optimizers` is the number of
    those that are at their step."""
    thread = get_ident()

    def begins(optimizer: torch.optim.Optimizer, *_: object) -> None:
        if get_ident() == thread:
            trace.optimizers += 1
            trace.optimizer_called(optimizer, "step")

    def ends(*_: object) -> None:
        trace.optimizers -= get_ident() == thread

    def clears(original: Any, optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> Any:
        trace.optimizer_called(optimizer, "zero_grad")
        return original(optimizer, *args, **kwargs)

    handles = register_optimizer_step_pre_hook(begins), register_optimizer_step_post_hook(ends)
    try:
        with _ZERO_GRAD.handled_by(clears):
            yield
    finally:
        for handle in handles:
            handle.remove()
