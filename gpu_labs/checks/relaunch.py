"""Whether a function that a learner made runs on kernels alone: its launches leave its process as a graph and are
run again elsewhere, on other inputs, with the kernels' own source.

`launches_of` runs where the answer is; `relaunch` where it never was. An empty kernel launched beside torch's own
arithmetic, or a patched counter, gives nothing: what is run again is the graph alone, and each result has to be
what a launch wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from gpu_labs.checks.evidence import weighted_sum
from gpu_labs.checks.function_task import FunctionTask
from gpu_labs.checks.rerun import AnswerError, both, graph_of
from gpu_labs.launching import kernel_names
from graphviz_tools.errors import UserError

# Of the plumbing below: what looks at the memory of its first argument, and what copies that.
_VIEWS = {
    "alias", "as_strided", "detach", "expand", "fill", "getitem", "permute", "reshape", "select", "slice", "squeeze",
    "t", "transpose", "unsafe_view", "unsqueeze", "view",
}  # fmt: skip
_JOINS = {"cat", "flip", "stack"}
_COPIES = {"_to_copy", "clone", "contiguous", "lift_fresh", "lift_fresh_copy", "to_copy"}

# What makes memory or looks at it in another way, and computes nothing.
_PLUMBING = {
    "_to_copy", "alias", "as_strided", "clone", "contiguous", "copy", "detach", "empty", "empty_like",
    "empty_strided", "expand", "fill", "full", "full_like", "getitem", "launch", "lift_fresh", "lift_fresh_copy",
    "new_empty", "new_empty_strided", "new_zeros", "ones_like", "permute", "reshape", "select", "slice",
    "squeeze", "t", "to_copy", "transpose", "unsafe_view", "unsqueeze", "view", "zeros", "zeros_like",
}  # fmt: skip


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
        right = [r.detach().numpy() for r in both(task.oracle, fresh)(*tensors, direction)]
        try:
            got = program(*(t.numpy() for t in (*tensors, direction)), kernels=allowed)
        except UserError:
            yield f"{title}: error"
            continue
        fewest = task.fewest_launches(tensors[0].numel()) + 1
        sums = " ".join(f"{weighted_sum(value):.4f}" for value in got)
        yield f"{title}: {_reason(got, right, task.tolerance) or _not_launched(program, fewest) or 'right'} {sums}"


def _drawn_again(tensor: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    if tensor.is_floating_point():
        return torch.from_numpy(rng.standard_normal(tuple(tensor.shape)))
    return torch.from_numpy(rng.permutation(tensor.numpy()))  # places in another tensor, so they stay valid


def _reason(got: Sequence[np.ndarray], right: Sequence[np.ndarray], tolerance: float) -> str:
    """The word for the first result that is wrong: the value, or a gradient; "" when all are right."""
    for place, (result, wanted) in enumerate(zip(got, right, strict=True)):
        same = result.shape == wanted.shape and np.allclose(result, wanted, tolerance, tolerance)
        if not same:
            return "gradient" if place else "wrong-values"
    return ""


def _not_launched(program: Any, fewest: int) -> str:
    """A word when torch computes something, kernels are launched too seldom, or a result is not what a launch wrote;
    "" when none of these is true."""
    counts = program.counts()
    by_torch = set(counts) - _PLUMBING - _JOINS or counts.get("launch", 0) < fewest
    return "not-launched" if by_torch or not _are_written_by_launches(program) else ""


def _are_written_by_launches(program: Any) -> bool:
    """Whether each output is memory that a launch wrote, or a view or copy of it, and no launch read only blank memory.

    Memory is followed by the node that first made it: a view belongs to the node that it looks at.
    """
    memory = {name: name for name in program.inputs}
    origin = dict.fromkeys(program.inputs, "given")
    for call in program.calls():
        sources = [memory[name] for name in call.inputs if name in memory]
        if call.type == "launch":
            written = [memory[name] for name in call.writes]
            is_fed = any(origin[source] != "blank" for source in sources if source not in written)
            origin.update(dict.fromkeys(written, "launched" if is_fed else "blank"))
        elif call.type == "copy":
            origin[sources[0]] = origin[sources[-1]]
            memory[call.name] = sources[0]
        elif call.type in _VIEWS and sources:
            memory[call.name] = sources[0]
        elif call.type in _JOINS:
            memory[call.name] = call.name
            joined = {origin[source] for source in sources}
            origin[call.name] = joined.pop() if len(joined) == 1 else "given"
        else:
            memory[call.name] = call.name
            origin[call.name] = origin[sources[0]] if call.type in _COPIES and sources else "blank"
    return all(name and origin[memory[name]] == "launched" for name in program.outputs)
