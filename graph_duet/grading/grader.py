"""Grading one submission: graft, plan, judge, verdict."""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nbformat import NotebookNode

from graph_duet.grading.exercise import notebooks
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.format import Exercise
from graph_duet.grading.exercise.notebooks import Unreadable
from graph_duet.grading.judging.answers import Foreign, graft
from graph_duet.grading.judging.judge import InfrastructureFault
from graph_duet.grading.judging.kernel_start import (
    StartKernel,
    in_sandbox,
    modules_for,
    ordinary,
    start_zygote,
)
from graph_duet.grading.judging.trial import Seeds, Trial
from graph_duet.grading.judging.verdict import verdict
from graph_duet.grading.report import Report
from graph_duet.notebook_kernels.sandbox import Limits, require_gpu
from graphviz_tools.language import _

ATTEMPTS = 3
_SEEDS_KEPT = 8  # submissions with the same answers, such as the unsolved exercise, follow one another
_DIVISORS = range(3, 11)  # what exercises divide a seed by to make a constant
_PATIENCE = 10.0  # times the limits for the reference solution, which also warms what is cold


@dataclass(frozen=True, slots=True)
class Conditions:
    """How submissions are run: in a sandbox or not, with a device or not, under which limits, which modules
    their kernels have imported already (None: what the exercise needs), and the socket of a zygote on this
    machine that all workers share (empty: each starts its own)."""

    sandbox: bool = True
    gpu: bool = False
    limits: Limits = field(default_factory=Limits)
    preload: tuple[str, ...] | None = None
    zygote: str = ""

    def kernels(self, bundle: Bundle) -> StartKernel:
        """Raises NoSandbox or NoGpu when the conditions ask for what this machine lacks."""
        if self.gpu:
            require_gpu()
        if not self.sandbox:
            return ordinary(Path("/tmp"))
        return in_sandbox(self.limits, self.gpu, self._modules(bundle), self.zygote)

    def with_shared_zygote(self, bundle: Bundle) -> Conditions:
        """These conditions with a zygote that this process starts now and all workers on this machine share.

        Call it in the main thread, before the workers start: it imports meanwhile. Raises
        NoSandbox and NoGpu.
        """
        if self.gpu:
            require_gpu()
        return replace(self, zygote=start_zygote(self._modules(bundle), self.gpu)) if self.sandbox else self

    def _modules(self, bundle: Bundle) -> tuple[str, ...]:
        return modules_for(bundle.notebook) if self.preload is None else self.preload


class Grader:
    """Grades submissions to one exercise. Use it as a context manager.

    Each submission is run with seeds of its own, drawn from `seed` (drawn when None) and its answers: values that its
    feedback shows are worth nothing to the next one, and the same answers are graded the same. What the checks
    should print with these seeds the reference solution computes, in kernels that no submission has touched.
    """

    def __init__(self, bundle: Bundle, seed: int | None = None, conditions: Conditions | None = None):
        self.bundle = bundle
        self.seed = secrets.randbelow(2**62) if seed is None else seed
        self._start = (conditions or Conditions()).kernels(bundle)
        self._expected: dict[Seeds, dict[str, list[Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close: kernels end with each submission; the zygote serves the next grader."""

    def expected(self, seeds: Seeds) -> dict[str, list[Any]]:
        """Outputs of the check and measure cells under the reference solution, by cell id.

        Raises InfrastructureFault when the reference itself fails.
        """
        if seeds not in self._expected:
            if len(self._expected) >= _SEEDS_KEPT:
                self._expected.pop(next(iter(self._expected)))
            self._expected[seeds] = reference(self.bundle, seeds, self._start)
        return self._expected[seeds]

    def seeds(self, answers: Mapping[str, str]) -> Seeds:
        """The seeds of a submission with these answers, by cell id."""
        return seeds_for(self.seed, answers, self.bundle.seed)

    def grade(self, submission: NotebookNode | bytes) -> Report:
        """The report; whatever the submission is, this returns one.

        An infrastructure fault is tried again, ATTEMPTS times in all, and then reported as what it is.
        """
        exercise = self.bundle.exercise
        try:
            notebook = notebooks.parse(submission) if isinstance(submission, bytes) else submission
            grafted = graft(self.bundle, notebook)
        except Unreadable as error:
            return failed_as_a_whole(exercise, "unreadable", str(error))
        except Foreign as error:
            return failed_as_a_whole(exercise, "foreign", str(error))
        not_run = grafted.not_run(exercise)
        trial = Trial(exercise, self.bundle.notebook, self._start, exercise.cell_seconds, exercise.deadline)
        seeds = self.seeds(grafted.answers)
        last = ""
        for _attempt in range(ATTEMPTS):
            try:
                if len(not_run) == len(exercise.checks):
                    return verdict(exercise, [], not_run, grafted.notes, grafted.written)
                outcomes = trial.run(grafted.answers, seeds, self.expected(seeds), not_run)
                return verdict(exercise, outcomes, not_run, grafted.notes, grafted.written)
            except (InfrastructureFault, OSError) as error:
                last = f"{type(error).__name__}: {error}"
        return failed_as_a_whole(exercise, "infrastructure", last)


def seeds_for(seed: int, answers: Mapping[str, str], saved: int = 7) -> Seeds:
    """The seeds of one submission. `seed` is the assignment's secret: without it, neither tells the other.

    Neither agrees with `saved`, the seed in the learner's notebook, in a remainder by a small number: a constant that a
    check makes with `seed % 3` is another one, so an answer that wrote down what it saw is not right by chance.
    """

    def drawn(purpose: str) -> int:
        texts = (json.dumps([seed, purpose, n, sorted(answers.items())]) for n in itertools.count())
        values = (int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1 for text in texts)
        return next(v for v in values if all(v % divisor != saved % divisor for divisor in _DIVISORS))

    return Seeds(drawn("answers"), drawn("measuring"))


def reference(bundle: Bundle, seeds: Seeds, start: StartKernel) -> dict[str, list[Any]]:
    """What each check and measure cell outputs under the reference solution.

    Raises InfrastructureFault that names the first cell that fails.
    """
    exercise = bundle.exercise
    trial = Trial(
        exercise, bundle.notebook, start, exercise.cell_seconds * _PATIENCE, exercise.deadline * _PATIENCE
    )
    outcomes = trial.run(bundle.solutions, seeds)
    for outcome in outcomes:
        if outcome.fault:
            where = outcome.cell or _("a given cell of run {run}", run=outcome.run)
            raise InfrastructureFault(f"the reference solution fails in {where}: {outcome.message}")
    return {o.cell: o.outputs for o in outcomes if o.role in ("check", "measure")}


def failed_as_a_whole(exercise: Exercise, fault: str, message: str) -> Report:
    """A report in which every check has 0 points for one reason that concerns the whole file."""
    empty = verdict(exercise, [], {check.cell: "missing" for check in exercise.checks})
    checks = tuple(replace(check, fault=fault, message="") for check in empty.checks)
    return Report(exercise.id, checks, fault, message)
