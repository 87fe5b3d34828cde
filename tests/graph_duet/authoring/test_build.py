"""`duet build` runs what changed, says which outputs are not what they were, and writes nothing with --check."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from typer.testing import CliRunner

from graph_duet.authoring import bundles
from graph_duet.authoring.build import build_folder
from graph_duet.authoring.course_build import build_all
from graph_duet.authoring.execute import execute, forked_kernels
from graph_duet.cli import app
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.cell_error import CellError
from graph_duet.notebook_kernels.sandbox import PROJECT
from graphviz_tools.errors import UserError
from tests.graph_duet.authoring.small_course import EXERCISE, LESSON, write_folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that was built once, with a cache of its own."""
    root = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch, forked_kernels():
        patch.setenv("DUET_CACHE", str(root / "cache"))
        folder = write_folder(root)
        assert [each.state for each in build_folder(folder)] == ["built", "built"]
        yield folder


def test_learners_get_outputs_and_no_solution(built: Path) -> None:
    lesson = nbformat.read(built / "lesson.ipynb", as_version=4)
    assert next(cell for cell in lesson.cells if cell.id == "predict-code").outputs[0].text == "2\n"
    text = (built / "exercise.ipynb").read_text()
    assert "2 * x\\n" not in text.partition("hint-1a")[0] and "hidden-1" not in text
    exercise = nbformat.read(built / "exercise.ipynb", as_version=4)
    assert next(cell for cell in exercise.cells if cell.id == "check-1").outputs[0].text == "14\n"


def test_what_is_up_to_date_is_not_run(built: Path) -> None:
    assert [each.state for each in build_folder(built)] == ["up to date", "up to date"]


def test_a_check_of_what_was_just_built_finds_no_difference(built: Path) -> None:
    assert [each.state for each in build_folder(built, force=True, check=True)] == ["built", "built"]


def test_a_changed_output_is_shown_with_its_line(built: Path) -> None:
    source = built / "lesson.md"
    source.write_text(LESSON.replace("1 + 1", "1 + 2"))
    try:
        checked = build_folder(built, check=True)[0]
        assert checked.state == "differs"
        assert f"{source}:18: the output of cell predict-code changed\n-2\n+3" in checked.changes[0]
        assert "2\\n" in (built / "lesson.ipynb").read_text()
    finally:
        source.write_text(LESSON)
    assert build_folder(built)[0].state == "up to date"


def test_another_deadline_is_a_difference(built: Path) -> None:
    source = built / "exercise.md"
    source.write_text(EXERCISE.replace("minutes: 5", "minutes: 5\ndeadline: 77"))
    try:
        assert [each.state for each in build_folder(built, check=True)][1] == "differs"
    finally:
        source.write_text(EXERCISE)


def test_a_sentence_that_changes_is_one_changed_line(built: Path) -> None:
    before = (built / "lesson.ipynb").read_text().splitlines()
    (built / "lesson.md").write_text(LESSON.replace("Another cell.", "One more cell."))
    build_folder(built)
    after = (built / "lesson.ipynb").read_text().splitlines()
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
    (built / "lesson.md").write_text(LESSON)
    build_folder(built)


def test_a_cell_that_raises_is_named_and_nothing_is_overwritten(built: Path) -> None:
    saved = (built / "lesson.ipynb").read_bytes()
    (built / "lesson.md").write_text(LESSON.replace("print(1 + 1)", "x = 1\nprint(x + none)"))
    try:
        outcome = dict(build_all([built], jobs=1))[built]
        said = f"{built}/lesson.md:19: this raised NameError: name 'none' is not defined"
        assert isinstance(outcome, UserError) and str(outcome) == said
        assert (built / "lesson.ipynb").read_bytes() == saved
    finally:
        (built / "lesson.md").write_text(LESSON)


def test_a_notebook_runs_where_an_event_loop_runs(built: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])

    async def in_a_loop() -> None:
        execute(notebook, built)

    with ThreadPoolExecutor(1) as thread:  # a browser test before this one leaves a loop running in this one
        thread.submit(asyncio.run, in_a_loop()).result()
    assert notebook.cells[0].outputs[0].text == "42\n"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import time; time.sleep(60)", "this cell ran longer than 1 seconds"),
        ("import os; os._exit(1)", "the notebook kernel ended in this cell; did the memory run out?"),
    ],
)
def test_a_cell_that_hangs_or_ends_the_kernel_is_named(built: Path, code: str, sentence: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="it")])
    with pytest.raises(CellError) as caught:
        execute(notebook, built, cell_seconds=1)
    assert (caught.value.cell, str(caught.value)) == ("it", sentence)


WAITS = "__import__('pathlib').Path('begun').touch(), __import__('time').sleep(60)"


def test_ctrl_c_ends_a_running_cell(built: Path) -> None:
    saved = (built / "lesson.ipynb").read_bytes()
    (built / "lesson.md").write_text(LESSON.replace("1 + 1", WAITS))

    def press_when_begun() -> None:
        wait_for((built / "begun").exists)
        os.kill(os.getpid(), signal.SIGINT)

    try:
        threading.Thread(target=press_when_begun).start()
        with pytest.raises(KeyboardInterrupt):
            build_folder(built)
        assert (built / "lesson.ipynb").read_bytes() == saved
    finally:
        (built / "lesson.md").write_text(LESSON)
        (built / "begun").unlink()


def test_ctrl_c_ends_every_process_of_a_build_and_overwrites_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("L90_a", "L91_b", "L92_c")]
    for folder in folders:
        folder.mkdir()
        (folder / "lesson.md").write_text(LESSON.replace("1 + 1", WAITS))
        (folder / "lesson.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    before = [(folder / "lesson.ipynb").read_bytes() for folder in folders]
    duet = subprocess.Popen(
        [sys.executable, "-m", "graph_duet", "build", "--jobs", "2", *map(str, folders)],
        cwd=PROJECT,
        env={
            **os.environ,
            "DUET_CACHE": str(tmp_path),
            "DUET_NO_ZYGOTE": "1",
        },  # kernels that import no framework
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: any((folder / "begun").exists() for folder in folders) or duet.poll() is not None)
    processes = psutil.Process(duet.pid).children(recursive=True)
    os.killpg(duet.pid, signal.SIGINT)  # as a terminal does
    output, errors = duet.communicate()
    said = "stopped: L90, L91 and L92 were not built; what was there before is kept\n"
    assert (duet.returncode, output) == (130, "") and errors.endswith(said) and "Traceback" not in errors
    assert len(processes) >= 2 and not psutil.wait_procs(processes, timeout=10)[1]
    assert [(folder / "lesson.ipynb").read_bytes() for folder in folders] == before
    assert not list(tmp_path.rglob(".lesson*"))


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def test_a_solution_that_changes_from_run_to_run_is_refused(built: Path) -> None:
    text = EXERCISE.replace("return 2 * x", "import time; return time.time_ns()")
    folder = write_folder(built.parent / "unstable", exercise=text)
    with pytest.raises(UserError, match=r"exercise\.md:38: check cell check-1 prints something that changes"):
        bundles.bundle_of(folder)


def test_the_bundle_is_made_once_and_written_where_it_is_wanted(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "make_bundle", lambda *_: pytest.fail("made again"))
    done = CliRunner().invoke(app, ["build", str(built), "--to", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert (
        Bundle.load(tmp_path / built.name / "exercise.bundle.json").checksum
        == bundles.bundle_of(built).checksum
    )
    assert not list(built.glob("*.json"))
