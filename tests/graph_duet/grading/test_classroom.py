"""A class is graded by worker processes; one that dies costs nobody a mark."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from graph_duet.grading import Bundle, exercise_notebook, fill, solved
from graph_duet.grading.classroom.grade import Graded, grade_class, workers
from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.submissions import Submission, collect
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.conftest import LIGHT
from tests.graph_duet.grading.hostile import dumps

pytestmark = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")


def test_when_one_of_two_workers_is_killed_no_mark_is_lost(bundle: Bundle, tmp_path: Path) -> None:
    for i in range(8):
        notebook = (
            solved(bundle) if i % 2 else fill(exercise_notebook(bundle), {"1": "return np.maximum(x, 0)"})
        )
        notebook.metadata.student = i
        (tmp_path / f"s{i}.ipynb").write_bytes(dumps(notebook))
    book = Gradebook(tmp_path / "book.sqlite")
    done: list[str] = []
    cluster: Any = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="", silence_logs=50)
    with cluster, workers(cluster.scheduler_address) as client:
        pids: Any = client.run(os.getpid)

        def kill_one(graded: Graded) -> None:
            if not done:
                os.kill(next(iter(pids.values())), signal.SIGKILL)
            done.append(graded.student)

        summary = grade_class(collect(tmp_path), bundle, book, LIGHT, client, on_done=kill_one)
        assert (summary.graded, summary.faults) == (8, {})
        files = [*collect(tmp_path), Submission("zoe", "zoe.ipynb", refuse)]
        again = grade_class(files, bundle, book, LIGHT, client)
        assert (again.known, again.faults) == (8, {"infrastructure": ["zoe"]})
    assert sorted(done) == [f"s{i}" for i in range(8)]
    assert [mark.points for mark in book.marks("T01") if mark.student != "zoe"] == [5, 10] * 4


def refuse() -> bytes:
    raise PermissionError(13, "Permission denied", "zoe.ipynb")


def test_a_scheduler_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(UserError, match="no Dask scheduler answers"), workers("tcp://127.0.0.1:9"):
        pass
