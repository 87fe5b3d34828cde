"""Whether a function that a learner made runs on kernels alone: its launches leave its process as a graph and are
run again elsewhere, on other inputs, with the kernels' own source.

`launches_of` runs where the answer is; `relaunch` where it never was. An empty kernel launched beside torch's own
arithmetic, or a patched counter, gives nothing: what is run again is the graph alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from gpu_labs.checks.evidence import weighted_sum
from gpu_labs.checks.function_task import FunctionTask
from gpu_labs.launching import kernel_names

# What makes memory or looks at it in another way, and computes nothing.
_PLUMBING = {
    "_to_copy", "alias", "as_strided", "clone", "contiguous", "copy", "detach", "empty", "empty_like", "empty_strided",
    "expand", "getitem", "launch", "lift_fresh", "lift_fresh_copy", "new_empty", "new_empty_strided", "new_zeros",
    "ones_like", "permute", "reshape", "select", "slice", "squeeze", "t", "to_copy", "transpose", "unsafe_view",
    "unsqueeze", "view", "zeros", "zeros_like",
}  # fmt: skip


def launches_of(task: FunctionTask, function: Callable[..., torch.Tensor], seed: int) -> dict[str, Any]:
    """What a check submits: for each case of the task the graph of value and gradients, the names of the kernels
    that these launch, by number, and the seed of the cases."""
    from torch.fx.experimental.proxy_tensor import make_fx

    programs: list[Any] = []
    for _, arguments in task.cases(np.random.default_rng(seed)):
        tensors = [a for a in arguments if isinstance(a, torch.Tensor)]
        direction = torch.ones_like(task.oracle(*arguments))
        programs.append(make_fx(_both(function, arguments))(*tensors, direction))
    return {"seed": seed, "programs": programs, "kernels": kernel_names()}


def relaunch(task: FunctionTask, sent: Mapping[str, Any], kernels: Sequence[Any], seed: int) -> Iterator[str]:
    """One line for each case: right, or why not, and weighted sums of the value and the gradients.

    `sent` is what `launches_of` returned, loaded from data; `kernels` are those that it may launch. The tensors
    are drawn again with `seed`; the numbers are the case's.
    """
    by_name = {kernel.__name__: kernel for kernel in kernels}
    allowed = {n: by_name[name] for n, name in sent["kernels"].items() if name in by_name}
    cases = task.cases(np.random.default_rng(sent["seed"]))
    for (title, arguments), program in zip(cases, sent["programs"], strict=True):
        rng = np.random.default_rng(seed)
        fresh = [
            torch.from_numpy(rng.standard_normal(tuple(a.shape))) if isinstance(a, torch.Tensor) else a
            for a in arguments
        ]
        tensors = [a for a in fresh if isinstance(a, torch.Tensor)]
        wanted = task.oracle(*fresh)
        direction = torch.from_numpy(rng.standard_normal(tuple(wanted.shape)))
        counts = program.counts()
        by_torch = sorted(set(counts) - _PLUMBING)
        number = counts.get("launch", 0)
        fewest = task.fewest_launches(tensors[0].numel()) + 1
        if by_torch:
            yield f"{title}: torch computes beside the kernels"
        elif number < fewest:
            yield f"{title}: too few launches"
        else:
            got = program(*(t.numpy() for t in (*tensors, direction)), kernels=allowed)
            right = [r.detach().numpy() for r in _both(task.oracle, fresh)(*tensors, direction)]
            same = all(
                np.allclose(a, b, task.tolerance, task.tolerance) for a, b in zip(got, right, strict=True)
            )
            sums = " ".join(f"{weighted_sum(value):.4f}" for value in got)
            yield f"{title}: {'right' if same else 'wrong-values'} {sums}"


def _both(function: Callable[..., torch.Tensor], arguments: Sequence[Any]) -> Callable[..., Any]:
    """A function of the tensors among `arguments` and a direction: the value, and each tensor's gradient."""

    def value_and_gradients(*tensors: torch.Tensor) -> list[torch.Tensor]:
        leaves = iter(tensors[:-1])
        given = [
            next(leaves).detach().requires_grad_() if isinstance(a, torch.Tensor) else a for a in arguments
        ]
        with torch.enable_grad():
            value = function(*given)
            wanted = [a for a in given if isinstance(a, torch.Tensor)]
            return [value, *torch.autograd.grad(value, wanted, tensors[-1])]

    return value_and_gradients
