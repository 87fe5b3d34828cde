"""Grading a class: submissions go out to worker processes, reports come back, one process writes the
gradebook.

The workers are Dask's: two on this machine by default, or those of a cluster. Each runs the judge;
students' code runs in neither, but in kernels that the judge starts in the sandbox. Only a few submissions
are in flight, so memory does not grow with the class.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import dask.config
from distributed import Client, Future, LocalCluster, as_completed

from graph_duet.grading.classroom.deadlines import HandedIn
from graph_duet.grading.classroom.environment import environment
from graph_duet.grading.classroom.gradebook import Entry, Gradebook, result_key
from graph_duet.grading.classroom.stored_notebook import packed
from graph_duet.grading.classroom.submissions import Submission
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.notebooks import MAX_BYTES, Unreadable
from graph_duet.grading.grader import Conditions, Grader, failed_as_a_whole
from graph_duet.grading.report import Report
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

# A notebook near the limit is not the instructor's mistake, as Dask would tell them in five lines.
_NO_WARNING = {"distributed.admin.large-graph-warning-threshold": f"{4 * MAX_BYTES}B"}
_RAN_TWICE = _("it reached a time limit and was run once more, alone")
_IN_FLIGHT = 2  # submissions for each worker: one being graded, one on its way


@dataclass(frozen=True, slots=True)
class Graded:
    """One submission done: `fresh` is False when its result was in the gradebook already."""

    student: str
    report: Report
    fresh: bool


@dataclass(slots=True)
class Summary:
    """What a run did: how many were graded now, how many were known, how many were run once more because of a time
    limit, and whose whole files have which fault."""

    graded: int = 0
    known: int = 0
    twice: int = 0
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


@dataclass(frozen=True, slots=True)
class _File:
    """A submission that was read: its bytes, their SHA-256, the key of its result, and what the gradebook keeps."""

    submission: Submission
    data: bytes
    digest: str
    key: str
    kept: bytes


def grade_class(
    submissions: Iterable[Submission],
    bundle: Bundle,
    book: Gradebook,
    conditions: Conditions,
    client: Client,
    *,
    seed: int | None = None,
    task: str = "",
    on_done: Callable[[Graded], None] = lambda done: None,
    best: bool = False,
) -> Summary:
    """Grade what the gradebook does not have yet, and write each result as it comes. What reached a time limit is run
    once more when all else is done, alone on its machine.

    With `task`, a regrade: of a student who has marks, those of that task alone are replaced. With `best`, a
    student's mark is replaced only by a better one.

    `client` is connected to the workers (see `workers`). Raises what the gradebook raises; a submission,
    whatever it holds, raises nothing.
    """
    if task:
        bundle.exercise.task(task)  # raises for an unknown one
    job = Job(bundle.dumps(), book.open_assignment(bundle, seed), conditions)
    desk = _Desk(bundle, book, task, best, on_done)
    surroundings = environment(job.seed, conditions)
    pending: dict[Future, _File] = {}
    finished = as_completed()
    slow: list[_File] = []

    def collect_one() -> None:
        future = next(finished)
        file = pending.pop(future)
        report = _outcome(future, bundle)
        if any(check.fault == "timeout" for check in report.checks):
            slow.append(replace(file, data=zlib.compress(file.data)))
        else:
            desk.take(file, report)

    for submission in submissions:
        file, report = _read(submission, bundle, surroundings, task)
        if report is not None:
            desk.take(file, report)
            continue
        report = book.result(file.key)
        if report is not None:
            desk.take(file, report, fresh=False)
            continue
        while len(pending) >= _IN_FLIGHT * max(1, len(client.scheduler_info()["workers"])):
            collect_one()
        future = _submit(client, job, file.data)
        pending[future] = file
        finished.add(future)
    while pending:
        collect_one()
    for file, report in _once_more(client, job, bundle, slow):
        desk.summary.twice += 1
        desk.take(file, report)
    return desk.summary


def _read(
    submission: Submission, bundle: Bundle, surroundings: str, task: str
) -> tuple[_File, Report | None]:
    """A submission as it is graded; with a report where it cannot be read."""
    data, report = b"", None
    try:
        data = submission.read()
        digest = hashlib.sha256(data).hexdigest()
    except (Unreadable, OSError) as error:
        digest = hashlib.sha256(f"{submission.student}\n{error}".encode()).hexdigest()
        # A disk that fails or a file without permission is not the student's fault.
        fault = "unreadable" if isinstance(error, Unreadable) else "infrastructure"
        report = failed_as_a_whole(bundle.exercise, fault, str(error))
    key = result_key(digest, bundle, surroundings, task)
    return _File(submission, data, digest, key, b"" if report else packed(data)), report


def _once_more(client: Client, job: Job, bundle: Bundle, slow: list[_File]) -> Iterator[tuple[_File, Report]]:
    """Reports of what reached a time limit, run again with nothing beside it: one at a time on each machine."""
    while slow:
        info = client.scheduler_info(n_workers=-1)["workers"]
        one_each = list({worker["host"]: address for address, worker in info.items()}.values()) or [None]
        batch, slow = slow[: len(one_each)], slow[len(one_each) :]
        futures = [
            _submit(client, job, zlib.decompress(file.data), worker)
            for file, worker in zip(batch, one_each, strict=False)
        ]
        for file, future in zip(batch, futures, strict=True):
            report = _outcome(future, bundle)
            yield file, replace(report, notes=(*report.notes, _RAN_TWICE))


def _submit(client: Client, job: Job, data: bytes, worker: str | None = None) -> Future:
    there = {} if worker is None else {"workers": [worker], "allow_other_workers": True}
    with dask.config.set(_NO_WARNING):
        return client.submit(grade_one, job, data, pure=False, **there)


class _Desk:
    """Where reports come in and marks are written."""

    def __init__(
        self, bundle: Bundle, book: Gradebook, task: str, best: bool, on_done: Callable[[Graded], None]
    ):
        self.exercise = bundle.exercise.id
        self.book = book
        self.task = task
        self.best = best
        self.on_done = on_done
        self.summary = Summary()
        self.deadline = book.deadline(self.exercise)

    def take(self, file: _File, report: Report, fresh: bool = True) -> None:
        submission = file.submission
        before = self.book.report(self.exercise, submission.student) if self.task else None
        if before is not None and fresh and not report.fault:
            report = before.with_task(self.task, report)
        entry = Entry(
            student=submission.student,
            name=submission.name,
            digest=file.digest,
            key=file.key,
            report=report,
            why=_("regrade of task {task}", task=self.task) if self.task else _("handed in again"),
            notebook=file.kept,
            handed_in=HandedIn(submission.handed_in, submission.late, submission.note),
        )
        if self.best and self._has_better(entry):
            self.book.keep(entry)
        else:
            self.book.enter(entry)
        graded = Graded(submission.student, report, fresh)
        self.summary.count(graded)
        self.on_done(graded)

    def _has_better(self, entry: Entry) -> bool:
        """Whether the student's mark, for another file, is at least as good, what being late costs taken off."""
        mark = next(self.book.marks(self.exercise, entry.student), None)
        if mark is None or mark.digest == entry.digest or mark.report.fault == "infrastructure":
            return False
        new = self.deadline.lateness(entry.handed_in).reduced(entry.report.points)
        return mark.lateness.reduced(mark.report.points) >= new


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
            raise UserError(
                _("no Dask scheduler answers at {scheduler}: {error}", scheduler=scheduler, error=error)
            ) from None
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
