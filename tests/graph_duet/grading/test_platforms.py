"""Gradescope's autograder, feedback as PDF, answers that are alike."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graph_duet.cli import app
from graph_duet.grading import Bundle, exercise_notebook, fill, solved
from graph_duet.grading.classroom.deadlines import HandedIn
from graph_duet.grading.classroom.gradebook import Entry, Gradebook
from graph_duet.grading.classroom.similarity import similar
from graph_duet.grading.classroom.stored_notebook import packed
from graph_duet.grading.pages import pdf
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.hostile import dumps
from tests.graph_duet.grading.small_class import fill_book, report, with_written_task


@pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")
def test_what_runs_in_gradescopes_container_writes_its_results(bundle: Bundle, tmp_path: Path) -> None:
    """The zip's own script, with its fixed paths moved below a folder of the test's."""
    bundle.save(tmp_path / "exercise.bundle.json")
    made = tmp_path / "autograder.zip"
    done = CliRunner().invoke(app, ["autograder", "-a", str(tmp_path), "--to", str(made)])
    assert done.exit_code == 0, done.output
    source, root = tmp_path / "autograder" / "source", tmp_path / "autograder"
    with zipfile.ZipFile(made) as archive:
        archive.extractall(source)
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["run_autograder"] & stat.S_IXUSR
    assert modes["setup.sh"] & stat.S_IXUSR
    assert "pip install graph-duet==" in (source / "setup.sh").read_text()
    (root / "venv" / "bin").mkdir(parents=True)
    (root / "venv" / "bin" / "duet").symlink_to(Path(sys.executable).with_name("duet"))
    (root / "submission").mkdir()
    answer = fill(exercise_notebook(bundle), {"1": "return np.maximum(x, 0)"})
    (root / "submission" / "my exercise (2).ipynb").write_bytes(dumps(answer))
    script = (source / "run_autograder").read_text().replace("/autograder/", f"{root}/")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((root / "results" / "results.json").read_text())
    assert results["score"] == 5
    assert [test["score"] for test in results["tests"]] == [5, 0, 0]


def test_without_a_notebook_there_is_a_sentence_and_no_mark(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path / "exercise.bundle.json")
    (tmp_path / "submission").mkdir()
    results = tmp_path / "results.json"
    command = ["autograde", str(tmp_path / "submission"), "-a", str(tmp_path), "--to", str(results)]
    done = CliRunner().invoke(app, [*command, "--unsafe-no-sandbox"])
    assert "holds no notebook" in str(done.exception)
    assert not results.exists()


@pytest.mark.skipif(
    not any(map(shutil.which, pdf._BROWSERS)), reason="no browser of Chromium's kind is installed"
)
def test_feedback_is_printed_as_pdf(bundle: Bundle, tmp_path: Path) -> None:
    fill_book(tmp_path / "book.sqlite", with_written_task(bundle), ("Ada", "Zo\u00eb")).close()
    command = ["feedback", "T01", "-g", str(tmp_path / "book.sqlite"), "--to", str(tmp_path / "out"), "--pdf"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, (done.output, done.exception)
    printed = sorted((tmp_path / "out").glob("*.pdf"))
    assert len(printed) == 2
    assert all(path.read_bytes().startswith(b"%PDF-") for path in printed)


def test_without_a_browser_pdf_gives_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(UserError, match="PDF needs a browser of Chromium's kind"):
        pdf.print_pages([])


LONG = """negative = x < 0
    rectified = x.copy()
    rectified[negative] = 0.0
    positive_part = rectified + 0.0
    return positive_part"""
OTHER = """out = []
    for value in x.tolist():
        out.append(max(value, 0.0))
    return np.array(out, dtype=x.dtype)"""


def test_answers_that_are_alike_are_found_though_names_differ(bundle: Bundle, tmp_path: Path) -> None:
    renamed = LONG.replace("rectified", "y").replace("negative", "mask").replace("positive_part", "z")
    book = Gradebook(tmp_path / "book.sqlite")
    book.open_assignment(bundle)
    for student, answer in {"ann": LONG, "bob": renamed, "cyd": OTHER, "<b>": "return x"}.items():
        data = dumps(fill(exercise_notebook(bundle), {"1": answer}))
        entry = Entry(
            student,
            student,
            f"d-{student}",
            f"k-{student}",
            report(bundle, 0, student),
            notebook=packed(data),
        )
        book.enter(entry)
    pairs = similar(book, "T01", 0.8)
    assert [(pair.first, pair.second) for pair in pairs] == [("ann", "bob")]
    done = CliRunner().invoke(
        app, ["similar", "T01", "-g", str(tmp_path / "book.sqlite"), "--to", str(tmp_path / "s.html")]
    )
    assert "1 pair in" in done.output
    page = (tmp_path / "s.html").read_text()
    assert "rectified[negative]" in page
    assert "Read both before you ask anybody" in page


def test_what_the_exercise_gave_to_everyone_is_not_alike(bundle: Bundle, tmp_path: Path) -> None:
    book = Gradebook(tmp_path / "book.sqlite")
    book.open_assignment(bundle)
    for student, notebook in {"ann": exercise_notebook(bundle), "bob": solved(bundle)}.items():
        entry = Entry(
            student, student, student, student, report(bundle, 0, student), notebook=packed(dumps(notebook))
        )
        book.enter(entry)
    assert similar(book, "T01", 0.5) == []


def test_one_file_of_a_group_is_not_alike_and_the_same_file_of_two_strangers_is(
    bundle: Bundle, tmp_path: Path
) -> None:
    book = Gradebook(tmp_path / "book.sqlite")
    book.open_assignment(bundle)
    data = dumps(fill(exercise_notebook(bundle), {"1": LONG}))
    notes = {"ann": "handed in together with bob", "bob": "handed in together with ann", "cyd": "late"}
    for student, note in notes.items():
        entry = Entry(student, student, "d", student, report(bundle, 0, student), notebook=packed(data))
        book.enter(replace(entry, handed_in=HandedIn(note=note)))
    assert [(p.first, p.second) for p in similar(book, "T01", 0.8)] == [("ann", "cyd"), ("bob", "cyd")]
