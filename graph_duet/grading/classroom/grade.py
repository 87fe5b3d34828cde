"""Grading a class: submissions go out to worker processes, reports come back, one process writes the
gradebook.

The workers are Dask's: two on this machine by default, or those of a cluster. Each runs the judge;
strangers' code runs in neither, but in kernels that the judge starts in the sandbox. Only a few submissions
are in flight, so memory does not grow with the class.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import dask.config
from distributed import Client, Future, LocalCluster, as_completed

from graph_duet.grading.classroom.environment import environment
from graph_duet.grading.classroom.gradebook import Gradebook, result_key
from graph_duet.grading.classroom.submissions import Submission
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.notebooks import MAX_BYTES, Unreadable
from graph_duet.grading.grader import Conditions, Grader, failed_as_a_whole
from graph_duet.grading.report import Report
from graphviz_tools.errors import UserError

# A notebook near the limit is no mistake of the instructor's, as Dask would tell them in five lines.
_NO_WARNING = {"distributed.admin.large-graph-warning-threshold": f"{4 * MAX_BYTES}B"}
_IN_FLIGHT = 2  # submissions for each worker: one being graded, one on its way


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission done: `fresh` is False when its result was in the gradebook already."""

    student: str
    report: Report
    fresh: bool


@dataclass(slots=True)
class Summary:
    """What a run did: how many were graded now, how many were known, and whose whole files have which fault."""

    graded: int = 0
    known: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)

    def count(self, done: Graded) -> None:
        self.graded += done.fresh
        self.known += not done.fresh
        if done.report.fault:
            self.faults.setdefault(done.report.fault, []).append(done.student)


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker needs beside the submission; plain text, so that a cluster needs no shared disk."""

    bundle: str
    seed: int
    conditions: Conditions


def grade_class(
    submissions: Iterable[Submission],
    bundle: Bundle,
    book: Gradebook,
    conditions: Conditions,
    client: Client,
    seed: int | None = None,
    task: str = "",
    on_done: Callable[[Graded], None] = lambda done: None,
) -> Summary:
    """Grade what the gradebook does not have yet, and write each result as it comes.

    With `task`, a regrade: of a student who has marks, those of that task alone are replaced.

    `client` is connected to the workers (see `workers`). Raises what the gradebook raises; a submission,
    whatever it holds, raises nothing.
    """
    if task:
        bundle.exercise.task(task)  # raises for an unknown one
    job = Job(bundle.dumps(), book.open_assignment(bundle, seed), conditions)
    surroundings = environment(job.seed, conditions)
    summary = Summary()
    pending: dict[Future, tuple[Submission, str, str]] = {}
    finished = as_completed()

    def done(submission: Submission, digest: str, key: str, report: Report, fresh: bool) -> None:
        why = f"regrade of task {task}" if task else "handed in again"
        before = book.report(bundle.exercise.id, submission.student) if task else None
        if before is not None and fresh and not report.fault:
            report = before.with_task(task, report)
        book.enter(submission.student, submission.name, digest, key, report, why)
        graded = Graded(submission.student, report, fresh)
        summary.count(graded)
        on_done(graded)

    def collect_one() -> None:
        future = next(finished)
        submission, digest, key = pending.pop(future)
        done(submission, digest, key, _outcome(future, bundle), fresh=True)

    for submission in submissions:
        try:
            data = submission.read()
        except (Unreadable, OSError) as error:
            digest = hashlib.sha256(f"{submission.student}\n{error}".encode()).hexdigest()
            # A disk that fails or a file without permission is not the student's fault.
            fault = "unreadable" if isinstance(error, Unreadable) else "infrastructure"
            report = failed_as_a_whole(bundle.exercise, fault, str(error))
            done(submission, digest, result_key(digest, bundle, surroundings, task), report, fresh=True)
            continue
        digest = hashlib.sha256(data).hexdigest()
        key = result_key(digest, bundle, surroundings, task)
        report = book.result(key)
        if report is not None:
            done(submission, digest, key, report, fresh=False)
            continue
        while len(pending) >= _IN_FLIGHT * max(1, len(client.scheduler_info()["workers"])):
            collect_one()
        with dask.config.set(_NO_WARNING):
            future = client.submit(grade_one, job, data, pure=False)
        pending[future] = (submission, digest, key)
        finished.add(future)
    while pending:
        collect_one()
    return summary


@contextmanager
def workers(scheduler: str | None = None, number: int | None = None) -> Iterator[Client]:
    """A Dask client: of the cluster at `scheduler` (`tcp://host:8786`), else of `number` processes on this
    machine.

    Raises UserError when the scheduler does not answer.
    """
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=10)
        except (OSError, TimeoutError, ValueError) as error:
            raise UserError(f"no Dask scheduler answers at {scheduler}: {error}") from None
        with client:
            yield client
        return
    number = number or max(1, (os.cpu_count() or 2))
    # Worker processes, not threads: each has its own judge.
    # Dask would keep an hour of samples of what each worker did: hundreds of megabytes along a large class.
    with dask.config.set({"distributed.worker.profile.enabled": False}):
        cluster = LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs=50,
        )
    with cluster, Client(cluster) as client:
        yield client


def grade_one(job: Job, data: bytes) -> dict[str, Any]:
    """What a worker does: the report on one submission, as JSON data."""
    return _grader(job).grade(data).to_json()


@lru_cache(maxsize=4)
def _grader(job: Job) -> Grader:
    """One grader a worker and job: the reference runs once."""
    return Grader(Bundle.loads(job.bundle), job.seed, job.conditions)


def _outcome(future: Future, bundle: Bundle) -> Report:
    """The worker's report, or an infrastructure fault when the workers died under it, again and again."""
    error = future.exception()
    if error is not None:
        return failed_as_a_whole(bundle.exercise, "infrastructure", f"{type(error).__name__}: {error}"[:500])
    result: dict[str, Any] = future.result()
    return Report.from_json(result)
