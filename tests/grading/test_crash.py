"""Killed at any moment and run again, a class gets what an undisturbed run gives it."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from pathlib import Path

import pytest

from grading import Bundle, exercise, fill, solved
from kernels.sandbox import why_no_sandbox
from tests.grading.crashing import grade_folder
from tests.grading.hostile import dumps

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.grading.crashing"])


def hand_in(bundle: Bundle, folder: Path, number: int) -> None:
    folder.mkdir()
    for i in range(number):
        notebook = solved(bundle) if i % 3 else fill(exercise(bundle), {"1": f"return x * {i}"})
        notebook.metadata.student = i
        (folder / f"s{i:03}.ipynb").write_bytes(dumps(notebook))
    (folder / "broken.ipynb").write_bytes(b"{")


def content(book: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table, in a fixed order."""
    with sqlite3.connect(book) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"')) for name in sorted(names)}


def run(bundle: Path, folder: Path, book: Path, quick: bool, kill_after: float | None = None) -> float:
    """Seconds that the run took, or until it was killed."""
    start = time.monotonic()
    process = CONTEXT.Process(target=grade_folder, args=(bundle, folder, book, quick))
    process.start()
    process.join(kill_after)
    process.kill()
    process.join()
    return time.monotonic() - start


@pytest.mark.parametrize(
    ("quick", "students", "kills"),
    [
        pytest.param(True, 40, 46, id="while marks are written thick and fast"),
        pytest.param(False, 3, 4, id="while kernels run"),
    ],
)
def test_killed_and_run_again_the_gradebook_is_as_if_undisturbed(
    bundle: Bundle, tmp_path: Path, quick: bool, students: int, kills: int
) -> None:
    if not quick and why_no_sandbox():
        pytest.skip(why_no_sandbox())
    file = bundle.save(tmp_path / "exercise.bundle.json")
    hand_in(bundle, tmp_path / "in", students)
    run(file, tmp_path / "in", tmp_path / "undisturbed", quick)  # this one also starts the fork server
    whole = run(file, tmp_path / "in", tmp_path / "timed", quick)
    moments = random.Random(50)
    unfinished = 0
    for _ in range(kills):
        run(file, tmp_path / "in", tmp_path / "killed", quick, kill_after=moments.uniform(0, whole))
        if len(content(tmp_path / "killed").get("submissions", [])) <= students:
            unfinished += 1
        else:  # start afresh, so that the later kills find something to disturb
            for left in tmp_path.glob("killed*"):
                left.unlink()
    run(file, tmp_path / "in", tmp_path / "killed", quick)
    assert content(tmp_path / "killed") == content(tmp_path / "undisturbed")
    assert len(content(tmp_path / "killed")["submissions"]) == students + 1
    assert unfinished >= kills // 4
