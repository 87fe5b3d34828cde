"""A grading run in a process of its own, to be killed. Imported by a fork server, so that each run starts at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from distributed import Client

from graph_duet.grading import Bundle
from graph_duet.grading.classroom import grade
from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.submissions import collect
from graph_duet.grading.judging.verdict import verdict
from tests.graph_duet.grading.conftest import LIGHT

SEED = 4


def grade_folder(bundle: Path, folder: Path, book: str, quick: bool) -> None:
    """Grade `folder` into `book`, the workers being threads of this process. `quick` runs no kernel, so that a kill
    is likely to hit the gradebook."""
    if quick:
        grade.grade_one = quick_report  # type: ignore[assignment]
    with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address="") as client:
        grade.grade_class(collect(folder), Bundle.load(bundle), Gradebook(book), LIGHT, client, seed=SEED)


def quick_report(job: grade.Job, data: bytes) -> dict[str, Any]:
    """A report that depends on the submission alone."""
    exercise = Bundle.loads(job.bundle).exercise
    chosen = hashlib.sha256(data).digest()
    not_run = {check.cell: "empty" if chosen[i] % 2 else "missing" for i, check in enumerate(exercise.checks)}
    return verdict(exercise, [], not_run).to_json()
