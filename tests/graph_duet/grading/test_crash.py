"""Killed at any moment and run again, a class gets what an undisturbed run gives it."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from graph_duet.grading import Bundle, exercise_notebook, fill, solved
from graph_duet.grading.classroom.database import address
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from tests.graph_duet.grading.crashing import grade_folder
from tests.graph_duet.grading.hostile import dumps
from tests.graph_duet.grading.postgres import running_postgres

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.graph_duet.grading.crashing"])


def hand_in(bundle: Bundle, folder: Path, number: int) -> None:
    folder.mkdir()
    for i in range(number):
        notebook = solved(bundle) if i % 3 else fill(exercise_notebook(bundle), {"1": f"return x * {i}"})
        notebook.metadata.student = i
        (folder / f"s{i:03}.ipynb").write_bytes(dumps(notebook))
    (folder / "broken.ipynb").write_bytes(b"{")


def content(book: str) -> dict[str, list[tuple[object, ...]]]:
    """Every table, in a fixed order."""
    engine = sa.create_engine(address(book))
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = {t.name: connection.execute(sa.select(t)).all() for t in tables.sorted_tables}
    engine.dispose()
    return {name: sorted(map(tuple, found)) for name, found in rows.items()}


def empty(book: str) -> None:
    """Start afresh, so that later kills find something to disturb."""
    engine = sa.create_engine(address(book))
    tables = sa.MetaData()
    tables.reflect(engine)
    tables.drop_all(engine)
    engine.dispose()


def run(bundle: Path, folder: Path, book: str, quick: bool, kill_after: float | None = None) -> float:
    """Seconds that the run took, or until it was killed."""
    start = time.monotonic()
    process = CONTEXT.Process(target=grade_folder, args=(bundle, folder, book, quick))
    process.start()
    process.join(kill_after)
    process.kill()
    process.join()
    return time.monotonic() - start


@pytest.fixture
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The address of a gradebook of each name: a file, or a database of a PostgreSQL server."""
    if request.param == "sqlite":
        yield lambda name: str(tmp_path / name)
        return
    import psycopg

    with running_postgres() as url:

        def database(name: str) -> str:
            with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return f"{url}/{name}"

        yield database


@pytest.mark.parametrize(
    ("books", "quick", "students", "kills"),
    [
        pytest.param("sqlite", True, 40, 16, id="while marks are written thick and fast"),
        pytest.param(
            "postgresql", True, 40, 8, id="while PostgreSQL writes them", marks=pytest.mark.postgres
        ),
        pytest.param("sqlite", False, 3, 4, id="while kernels run"),
    ],
    indirect=["books"],
)
def test_killed_and_run_again_the_gradebook_is_as_if_undisturbed(
    bundle: Bundle, tmp_path: Path, books: Callable[[str], str], quick: bool, students: int, kills: int
) -> None:
    if not quick and why_no_sandbox():
        pytest.skip(why_no_sandbox())
    undisturbed, timed, killed = (books(name) for name in ("undisturbed", "timed", "killed"))
    file = bundle.save(tmp_path / "exercise.bundle.json")
    hand_in(bundle, tmp_path / "in", students)
    run(file, tmp_path / "in", undisturbed, quick)  # this one also starts the fork server
    whole = run(file, tmp_path / "in", timed, quick)
    moments = random.Random(50)
    unfinished = 0
    for _ in range(kills):
        run(file, tmp_path / "in", killed, quick, kill_after=moments.uniform(0, whole))
        if len(content(killed).get("submissions", [])) <= students:
            unfinished += 1
        else:
            empty(killed)
    run(file, tmp_path / "in", killed, quick)
    assert content(killed) == content(undisturbed)
    assert len(content(killed)["submissions"]) == students + 1
    assert unfinished >= kills // 4
