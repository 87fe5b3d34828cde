"""What a graded check prints: for each launch a verdict, beside values that only a right answer computes.

A verdict alone could be forged by the code that is judged; a weighted sum of outputs, for inputs drawn from
the grader's own seed, could not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gpu_labs.checks.function_task import FunctionTask
from gpu_labs.checks.kernel_task import KernelTask


def evidence(task: KernelTask | FunctionTask, answer: Callable[..., Any], seed: int) -> Iterator[str]:
    """One line for each launch: its title, "right" or the reason why not, and a weighted sum of each output.

    `answer` is a kernel or a function of tensors, as the task asks. The reason is a word of `Verdict.reason`;
    an answer that is still the hole's `raise` is named as one. Where a thread raised there are no sums: they would
    be those of memory that nobody wrote.
    """
    observations = task.observe(answer, seed)
    for seen, verdict in zip(observations, task.judge(observations, seed).verdicts, strict=True):
        if "NotImplementedError" in verdict.sentence:
            yield f"{verdict.case}: nothing is written in the hole yet"
            continue
        values = [] if verdict.reason == "exception" else _values(seen)
        sums = " ".join(f"{weighted_sum(each):.4f}" for each in values)
        yield f"{verdict.case}: {verdict.reason or 'right'} {sums}".rstrip()


def evidence_line(task: KernelTask, kernel: Callable[..., Any], seed: int) -> str:
    """The evidence on all launches in one line: the verdict, their number, and one sum over all outputs.

    Where a launch fails, the line ends with its title; `task.check(kernel)` shows that launch.
    """
    observations = task.observe(kernel, seed)
    last = task.judge(observations, seed).verdicts[-1]
    if "NotImplementedError" in last.sentence:
        return f"{task.name}: nothing is written in the hole yet"
    if last.reason:
        return f"{task.name}: {last.reason} in launch {len(observations)}, {last.case}"
    total = sum(weighted_sum(each) for seen in observations for each in _values(seen))
    return f"{task.name}: right {len(observations)} launches, weighted sum of all outputs {total:.4f}"


def _values(seen: dict[str, Any]) -> list[Any]:
    """The outputs of a kernel, or the value and the gradients of a function; nothing where it raised."""
    if seen["error"]:
        return []
    return seen["outputs"] if "outputs" in seen else [seen["value"], *seen["gradients"]]


def weighted_sum(values: Any) -> float:
    """A sum that also changes when two elements change places."""
    flat = np.ravel(np.asarray(values, np.float64))
    return float(flat @ np.cos(np.arange(flat.size)))
