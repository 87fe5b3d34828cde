"""The one path that answers take, in a check and in grading: plan, judge, measure.

`duet release` runs the solution through it, `duet check` a learner's own notebook, `duet grade` a submission.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from graph_duet.grading.artifacts.transfer import MIME
from graph_duet.grading.exercise.format import Exercise
from graph_duet.grading.judging.judge import Outcome, StartKernel, judge
from graph_duet.grading.judging.kernel_client import Budget
from graph_duet.grading.judging.schedule import measuring, plan, refusals


@dataclass(frozen=True, slots=True)
class Trial:
    """How answers to one exercise are run: its own notebook, where kernels come from, and the seconds that one
    cell and the whole may take."""

    exercise: Exercise
    notebook: NotebookNode
    start: StartKernel
    cell_seconds: float
    seconds: float

    def run(
        self,
        answers: Mapping[str, str],
        seeds: Seeds,
        expected: Mapping[str, list[Any]] | None = None,
        skip: Iterable[str] = (),
    ) -> list[Outcome]:
        """What happened to every judged cell; checks are compared with `expected`, outputs by cell id.

        Raises InfrastructureFault when the judge itself fails.
        """
        budget = Budget.of_seconds(self.seconds)
        refused = refusals(self.exercise, self.notebook, answers)
        skipped = set(skip)
        outcomes = [
            Outcome(-1, "inspection", check.cell, check.task, "tampered", refused[check.cell])
            for check in self.exercise.checks
            if check.cell in refused and check.cell not in skipped
        ]
        not_run = skipped | set(refused)
        runs = plan(self.exercise, self.notebook, answers, seeds.answers, expected, not_run)
        outcomes += self._judged(runs, budget)
        # Measure also where a value is wrong: the learner reads what came of it.
        ran = [o for o in outcomes if o.role == "check" and o.fault in ("", "wrong")]
        submitted = {o.cell: _submitted(o.outputs) for o in ran}
        runs = measuring(self.exercise, self.notebook, answers, seeds.measuring, submitted, expected)
        return outcomes + self._judged(runs, budget)

    def _judged(self, runs: list[NotebookNode], budget: Budget) -> list[Outcome]:
        for run in runs:
            run.metadata.judge["cell_seconds"] = self.cell_seconds
        return judge(runs, self.start, budget) if runs else []


@dataclass(frozen=True, slots=True)
class Seeds:
    """What is put into the seed cell: where answers run, and where what they submitted is measured. Answers can see
    the first, so nothing that they know tells the second."""

    answers: int
    measuring: int


def _submitted(outputs: Iterable[Any]) -> str:
    """JSON text for `deliver`: what a check submitted, by name. Text of another form is as if nothing came."""
    found: dict[str, Any] = {}
    for output in outputs:
        text = output.get("data", {}).get(MIME)
        try:
            content = json.loads(text) if isinstance(text, str) else {}
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict) and isinstance(content.get("name"), str):
            found[content["name"]] = content.get("artifact")
    return json.dumps(found)
