"""`duet build` runs what changed, says which outputs are not what they were, and writes nothing with --check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from graph_duet.authoring import bundles
from graph_duet.authoring.build import build_folder
from graph_duet.authoring.course_build import build_all
from graph_duet.authoring.execute import forked_kernels
from graph_duet.cli import app
from graph_duet.grading.exercise.bundle import Bundle
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
    (built / "lesson.md").write_text(LESSON.replace("1 + 1", "1 + none"))
    try:
        outcome = dict(build_all([built], jobs=1))[built]
        assert isinstance(outcome, UserError) and "NameError" in str(outcome)
        assert (built / "lesson.ipynb").read_bytes() == saved
    finally:
        (built / "lesson.md").write_text(LESSON)


def test_a_solution_that_changes_from_run_to_run_is_refused(built: Path) -> None:
    text = EXERCISE.replace("return 2 * x", "import time; return time.time_ns()")
    folder = write_folder(built.parent / "unstable", exercise=text)
    with pytest.raises(UserError, match=r"exercise\.md: check cell check-1 prints something that changes"):
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
