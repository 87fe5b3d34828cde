"""Grading, against plain `pytest --nbval` and nbgrader: submissions per hour, on the same notebooks in the same run.

    python -m benchmarks.grading                     the comparison
    python -m benchmarks.grading --class-of 1000     one class of that size, with the memory of the grader's processes

The notebooks import torch and tensorflow, as the lessons do. Each grader uses two processes: ours two workers,
plain nbval two pytest processes, nbgrader two autograders. nbgrader is measured if it is installed, else reported as
missing (`make bench` installs it; NBGRADER_PYTHON can name its own Python).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode

from benchmarks.measure import Row, Timing, compared, not_measured, publish
from graph_duet.grading import Bundle, Conditions, release, solved
from graph_duet.grading.classroom.grade import Graded, grade_class, workers
from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.submissions import collect

PROCESSES, ROUNDS = 2, 3
LIGHT_MODULES = ("numpy", "graph_duet.grading.exercise.values", "graph_duet.grading.judging.tamper_check")
ENVIRONMENT = {
    **os.environ,
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


def master() -> NotebookNode:
    """One task with one check, in PyTorch and TensorFlow."""
    imports = "import graphviz_tools\nimport torch\nimport tensorflow as tf\nimport numpy as np\n"
    imports += "from graph_duet import show"
    answer = "def relu(x):\n    # >>> your code, about 1 line\n    return x.clamp(min=0)\n    # <<<"
    check = (
        "x = torch.tensor(np.random.default_rng(seed).normal(size=9))\n"
        "show(relu(x))\nshow(tf.nn.relu(tf.constant(x.numpy())))"
    )
    cells = [
        nbformat.v4.new_code_cell(imports, id="imports"),
        nbformat.v4.new_code_cell("seed = 7", id="seed", metadata={"duet": {"kind": "seed"}}),
        nbformat.v4.new_code_cell(answer, id="relu", metadata={"duet": {"kind": "answer", "task": "1"}}),
        nbformat.v4.new_code_cell(
            check, id="check", metadata={"duet": {"kind": "check", "task": "1", "points": 1}}
        ),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata.duet = {"exercise": "BENCH", "title": "Benchmark", "minutes": 1}
    return notebook


def light_master() -> NotebookNode:
    """The same exercise in NumPy."""
    notebook = master()
    imports, _, answer, check = notebook.cells
    imports.source = "import numpy as np\nfrom graph_duet import show"
    answer.source = answer.source.replace("x.clamp(min=0)", "np.maximum(x, 0)")
    check.source = "show(relu(np.random.default_rng(seed).normal(size=9)))"
    return notebook


def hand_in(bundle: Bundle, folder: Path, number: int) -> Path:
    """Write `number` solved notebooks into `folder`, each with other content."""
    folder.mkdir()
    for i in range(number):
        notebook = solved(bundle)
        notebook.metadata.student = i
        (folder / f"s{i:04}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    return folder


def by_duet(
    bundle: Bundle,
    folder: Path,
    book: Path,
    on_done: Callable[[Graded], None] = lambda _: None,
    conditions: Conditions | None = None,
) -> float:
    """Seconds to grade the class, workers' start and the reference included."""
    start = time.perf_counter()
    conditions = (conditions or Conditions()).with_shared_zygote(bundle)
    with workers(number=PROCESSES) as client:
        summary = grade_class(collect(folder), bundle, Gradebook(book), conditions, client, on_done=on_done)
    assert not summary.faults, summary
    return time.perf_counter() - start


def by_nbval(folder: Path) -> float:
    """Seconds for plain `pytest --nbval`, one process per notebook, two at a time."""

    def one(path: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--nbval",
            "--nbval-current-env",
            "-p",
            "no:cacheprovider",
        ]
        subprocess.run(
            [*command, str(path)], check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL, cwd=folder
        )

    start = time.perf_counter()
    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(one, sorted(folder.glob("*.ipynb"))))
    return time.perf_counter() - start


def nbgrader_python() -> str:
    """A Python with nbgrader. Raises FileNotFoundError when it is not installed."""
    named = os.environ.get("NBGRADER_PYTHON")
    if not named and importlib.util.find_spec("nbgrader") is None:
        raise FileNotFoundError("nbgrader is not installed here: `make bench` installs it")
    return named or sys.executable


def beside(python: str) -> dict[str, str]:
    """Environment variables with which nbgrader finds the programs that it needs, such as `alembic`."""
    return {**ENVIRONMENT, "PATH": os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", "")])}


def by_nbgrader(python: str, folder: Path, course: Path) -> float:
    """Seconds for `nbgrader autograde` over the same students, the class in two halves side by side.

    The notebooks have the same cells, the check as an autograder test that asserts.
    """
    students = [path.stem for path in sorted(folder.glob("*.ipynb"))]
    halves = [students[::2], students[1::2]]
    commands = []
    for number, half in enumerate(halves):
        home = course / f"half{number}"
        prepare_nbgrader(python, home, half)
        commands.append(([python, "-m", "nbgrader", "autograde", "bench", "--log-level=ERROR"], home))
    start = time.perf_counter()
    running = [
        subprocess.Popen(c, cwd=h, env=beside(python), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for c, h in commands
    ]
    assert [process.wait() for process in running] == [0, 0], "nbgrader failed"
    return time.perf_counter() - start


def prepare_nbgrader(python: str, home: Path, students: list[str]) -> None:
    """An nbgrader course with one assignment and its submissions."""
    notebook = nbgrader_notebook()
    places = [home / "source" / "bench", *(home / "submitted" / student / "bench" for student in students)]
    for place in places:
        place.mkdir(parents=True)
        nbformat.write(notebook, place / "p.ipynb")
    (home / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(home)!r}\nc.CourseDirectory.course_id = 'bench'\n"
    )
    generate = [python, "-m", "nbgrader", "generate_assignment", "bench", "--force", "--log-level=ERROR"]
    subprocess.run(
        generate,
        cwd=home,
        env=beside(python),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def nbgrader_notebook() -> NotebookNode:
    ours = master()
    ours.metadata.pop("duet")
    ours.cells = [cell for cell in ours.cells if cell.id != "relu"]
    for cell in ours.cells:
        cell.metadata.pop("duet", None)
        cell.source = cell.source.replace("from graph_duet import show", "show = print").replace(
            "import graphviz_tools\n", ""
        )
    roles = {"grade": False, "locked": False, "schema_version": 3, "solution": True, "task": False}
    answer = nbformat.v4.new_code_cell(
        "def relu(x):\n    ### BEGIN SOLUTION\n    return x.clamp(min=0)\n    ### END SOLUTION"
    )
    answer.metadata.nbgrader = {**roles, "grade_id": "relu"}
    check = ours.cells.pop()
    check.source += "\nassert torch.equal(relu(x), x.clamp(min=0))"
    check.metadata.nbgrader = {
        **roles,
        "grade": True,
        "locked": True,
        "solution": False,
        "points": 1,
        "grade_id": "check",
    }
    ours.cells += [answer, check]
    return ours


def compare(number: int, peers: int) -> list[Row]:
    """Seconds a submission, in turn: ours on `number` notebooks, the others on `peers` of them."""
    with tempfile.TemporaryDirectory(prefix="duet-bench-") as temporary:
        here = Path(temporary)
        bundle = prepared(here, master())
        folder = hand_in(bundle, here / "in", number)
        few = hand_in(bundle, here / "few", peers)
        ways: dict[str, Callable[[Path], float]] = {
            "pytest --nbval": lambda _: by_nbval(few),
            "nbgrader autograde": lambda course: by_nbgrader(nbgrader_python(), few, course),
        }
        turns: list[tuple[float, float]] = []
        taken: dict[str, list[float] | Exception] = {name: [] for name in ways}
        for turn in range(ROUNDS):
            turns.append(whole_and_running(bundle, folder, here / f"book{turn}.sqlite"))
            for name, way in ways.items():
                taken[name] = one_more(taken[name], way, here / f"course{turn}", peers)
    whole, running = (Timing(each) for each in zip(*turns, strict=True))
    return [
        Row(f"duet grade, a class of {number}, its start included", str(whole), "", ""),
        Row("duet grade, once running", str(running), "", ""),
        *(peer_row(name, each, whole, running) for name, each in taken.items()),
    ]


def whole_and_running(bundle: Bundle, folder: Path, book: Path) -> tuple[float, float]:
    """Seconds a submission of a class with its start, and from the moment when every worker has returned its first
    notebook."""
    finished: list[float] = []
    whole = by_duet(bundle, folder, book, lambda _: finished.append(time.perf_counter()))
    warm = finished[PROCESSES - 1 :]
    return whole / len(finished), (warm[-1] - warm[0]) / (len(warm) - 1)


def one_more(
    taken: list[float] | Exception, way: Callable[[Path], float], course: Path, number: int
) -> list[float] | Exception:
    """The peer's seconds a submission with one more round, or why it could not be measured."""
    if isinstance(taken, Exception):
        return taken
    try:
        return [*taken, way(course) / number]
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        return error


def peer_row(name: str, taken: list[float] | Exception, whole: Timing, running: Timing) -> Row:
    """A peer beside ours once running and, in the note, with the class's start."""
    if isinstance(taken, Exception):
        return not_measured(name, taken)
    peer = Timing(tuple(taken))
    note = f"with the class's start {compared(whole, peer)}"
    return Row(name, str(running), str(peer), compared(running, peer), note)


def class_of(number: int) -> list[tuple[int, float, float, float]]:
    """(submissions done, seconds, MB of this process, MB of its workers) along one class of `number`, whose
    notebooks need no framework: what is measured is the grader."""
    with tempfile.TemporaryDirectory(prefix="duet-bench-") as temporary:
        here = Path(temporary)
        bundle = prepared(here, light_master())
        folder = hand_in(bundle, here / "in", number)
        rows: list[tuple[int, float, float, float]] = []
        start, done = time.perf_counter(), 0

        def note(_: Graded) -> None:
            nonlocal done
            done += 1
            if done % max(1, number // 10) == 0:
                me = psutil.Process()
                mine, workers = megabytes(me), sum(megabytes(child) for child in me.children())
                rows.append((done, time.perf_counter() - start, mine, workers))
                print(f"| {done} | {rows[-1][1]:.0f} | {mine:.0f} | {workers:.0f} |", flush=True)

        by_duet(bundle, folder, here / "book.sqlite", note, Conditions(preload=LIGHT_MODULES))
        assert len(list(Gradebook(here / "book.sqlite").marks("BENCH"))) == number
        return rows


def summary(rows: list[tuple[int, float, float, float]]) -> str:
    """Throughput of the whole class, and what the memory was at the start (a tenth of it done), in the middle and
    at the end."""
    done, seconds, _, _ = rows[-1]
    places = [rows[0], rows[len(rows) // 2], rows[-1]]
    mine, workers = (" → ".join(f"{row[column]:.0f}" for row in places) for column in (2, 3))
    return (
        f"{done} submissions in {seconds:.0f} s, {3600 * done / seconds:.0f} an hour; at the start, in the middle and "
        f"at the end {mine} MB in the main process, {workers} MB in its workers"
    )


def megabytes(process: psutil.Process) -> float:
    """Resident memory."""
    return process.memory_info().rss / 1e6


def prepared(folder: Path, notebook: NotebookNode) -> Bundle:
    path = folder / "master.ipynb"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return release(path).bundle


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--notebooks", type=int, default=40, help="how many notebooks duet grades")
    options.add_argument("--peers", type=int, default=4, help="how many of them the others grade")
    options.add_argument("--class-of", type=int, help="grade one class of this size instead")
    chosen = options.parse_args()
    if chosen.class_of:
        print(
            "| submissions | seconds | memory of the main process, MB | of its workers, MB |\n|---:|---:|---:|---:|"
        )
        print(f"\n{summary(class_of(chosen.class_of))}")
        return
    publish("Grading, seconds a submission with two processes", compare(chosen.notebooks, chosen.peers))


if __name__ == "__main__":
    main()
