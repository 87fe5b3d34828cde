"""Where a recorder could leave something of its own behind."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from typing import Any

import torch

OPTIMIZERS: Any = sys.modules["torch.optim.optimizer"]  # torch.optim deletes the name


def traces() -> tuple[object, ...]:
    """PyTorch's global state that a recorder changes while it records."""
    module = torch.nn.modules.module
    return (
        torch._C._len_torch_function_stack(),
        len(module._global_forward_hooks),
        len(module._global_forward_pre_hooks),
        len(module._global_forward_hooks_always_called),
        len(module._global_forward_hooks_with_kwargs),
        len(OPTIMIZERS._global_optimizer_pre_hooks),
        len(OPTIMIZERS._global_optimizer_post_hooks),
        torch.autograd._engine_run_backward,
        torch.utils.data.dataloader._BaseDataLoaderIter.__next__,
        torch.is_grad_enabled(),
        gc.isenabled(),
        gc.get_threshold(),
    )


def nodes_with_something_of_ours(tensors: Iterable[torch.Tensor]) -> list[str]:
    """The autograd nodes behind `tensors` in which something was put: metadata, of which PyTorch sets none."""
    seen, found = set(), []
    waiting = [tensor.grad_fn for tensor in tensors]
    while waiting:
        function = waiting.pop()
        if function is not None and function not in seen:
            seen.add(function)
            found += [function.name()] if function.metadata else []
            waiting += [following for following, _ in function.next_functions]
    return found
