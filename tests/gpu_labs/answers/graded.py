"""Grade an answer as a grader does: observe, send as JSON, judge elsewhere."""

from __future__ import annotations

import json
from typing import Any

from gpu_labs.checks import FunctionTask, KernelTask, Report


def graded(task: KernelTask | FunctionTask, answer: Any, seed: int = 3) -> Report:
    """The report on an answer after its observations crossed the line between two processes."""
    return task.judge(json.loads(json.dumps(task.observe(answer, seed))), seed)


def reason(task: KernelTask | FunctionTask, answer: Any) -> str:
    """Why the answer fails; "" when it passes."""
    failure = graded(task, answer).first_failure
    return failure.reason if failure else ""
