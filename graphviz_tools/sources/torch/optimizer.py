"""When an optimizer takes its step, PyTorch's or one of the program's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from graphviz_tools.sources.torch.trace import Trace


@contextmanager
def optimizer_steps(trace: Trace) -> Iterator[None]:
    """While entered, `trace.optimizers` is the number of optimizers that are at their step in this thread."""
    thread = get_ident()

    def begins(*_: object) -> None:
        trace.optimizers += get_ident() == thread

    def ends(*_: object) -> None:
        trace.optimizers -= get_ident() == thread

    handles = register_optimizer_step_pre_hook(begins), register_optimizer_step_post_hook(ends)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
