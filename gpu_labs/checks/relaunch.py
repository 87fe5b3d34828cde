"""Whether a function that a learner made runs on kernels alone: its launches leave its process as a graph and are
run again elsewhere, on other inputs, with the kernels' own source.

`launches_of` runs where the answer is; `relaunch` where it never was. An empty kernel launched beside torch's own
arithmetic, or a patched counter, gives nothing: what is run again is the graph alone, and each result has to be
what a launch wrote, by the same rules as in the check at once (`launches.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from gpu_labs.checks.evidence import weighted_sum
from gpu_labs.checks.function_task import FunctionTask
from gpu_labs.checks.launches import Launches
from gpu_labs.checks.rerun import AnswerError, both, graph_of
from gpu_labs.launching import kernel_names
from graphviz_tools.errors import UserError


def launches_of(task: FunctionTask, function: Callable[..., torch.Tensor], seed: int) -> dict[str, Any]:
    """What a check submits: for each case of the task the graph of value and gradients, the names of the kernels
    that these launch, by number, and the seed of the cases."""
    programs: list[Any] = []
    for _, arguments in task.cases(np.random.default_rng(seed)):
        tensors = [a for a in arguments if isinstance(a, torch.Tensor)]
        direction = torch.ones_like(task.oracle(*arguments))
        try:
            programs.append(graph_of(function, arguments, *tensors, direction))
        except AnswerError as error:
            programs.append(str(error))
    return {"seed": seed, "programs": programs, "kernels": kernel_names()}


def relaunch(task: FunctionTask, sent: Mapping[str, Any], kernels: Sequence[Any], seed: int) -> Iterator[str]:
    """One line for each case: right, or why not, and weighted sums of the value and the gradients.

    `sent` is what `launches_of` returned, loaded from data; `kernels` are those that it may launch. The tensors
    are drawn again with `seed`, those of whole numbers shuffled; the numbers are the case's.
    """
    by_name = {kernel.__name__: kernel for kernel in kernels}
    allowed = {n: by_name[name] for n, name in sent["kernels"].items() if name in by_name}
    cases = task.cases(np.random.default_rng(sent["seed"]))
    for (title, arguments), program in zip(cases, sent["programs"], strict=True):
        rng = np.random.default_rng(seed)
        fresh = [_drawn_again(a, rng) if isinstance(a, torch.Tensor) else a for a in arguments]
        tensors = [a for a in fresh if isinstance(a, torch.Tensor)]
        wanted = task.oracle(*fresh)
        direction = torch.from_numpy(rng.standard_normal(tuple(wanted.shape)))
        if isinstance(program, str):
            yield f"{title}: error"
            continue
        right = both(task.oracle, fresh)(*tensors, direction)
        launches = Launches()
        given = [t.clone(memory_format=torch.preserve_format) for t in (*tensors, direction)]
        launches.give(*given)
        try:
            with launches:
                got = program.tensors(*given, kernels=allowed)
        except UserError:
            yield f"{title}: error"
            continue
        if len(got) != len(right) or not all(_is_array(value) for value in got):
            yield f"{title}: error"
            continue
        fewest = task.fewest_launches(tensors[0].numel()) + 1
        by_kernels = launches.number >= fewest and not launches.reason(got)
        got = [value.resolve_conj().resolve_neg().double() for value in got]
        reason = _reason(got, right, task.tolerance) or ("right" if by_kernels else "not-launched")
        sums = " ".join(f"{weighted_sum(value):.4f}" for value in got)
        yield f"{title}: {reason} {sums}"


def _is_array(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.layout == torch.strided


def _drawn_again(tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    if tensor.is_floating_point():
        return torch.from_numpy(rng.standard_normal(tuple(tensor.shape)))
    return torch.from_numpy(rng.permutation(tensor.numpy()))  # places in another tensor, so they stay valid


def _reason(got: Sequence[torch.Tensor], right: Sequence[torch.Tensor], tolerance: float) -> str:
    """The word for the first result that is wrong: the value, or a gradient; "" when all are right."""
    for place, (result, wanted) in enumerate(zip(got, right, strict=True)):
        same = result.shape == wanted.shape and np.allclose(result, wanted.detach(), tolerance, tolerance)
        if not same:
            return "gradient" if place else "wrong-values"
    return ""
