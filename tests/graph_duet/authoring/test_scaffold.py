"""`duet new` makes a folder without a problem, under its own name, and a row on the map."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_duet.authoring import folders, scaffold
from graph_duet.authoring.answers import answers_of
from graph_duet.authoring.lint import lint
from graph_duet.authoring.notebooks_from_text import points_of, solved_notebook
from graph_duet.authoring.source import read_source
from graph_duet.workspace import package_folder
from graphviz_tools.errors import UserError


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the rooms with the map and the lab that new ones are made from."""
    for room, name in (("lessons", "README.md"), ("gpu_labs", "G01_guards")):
        (tmp_path / room).mkdir()
        source = package_folder(room) / name
        for path in [source] if source.is_file() else source.iterdir():
            if path.is_file():
                target = tmp_path / room / path.relative_to(package_folder(room))
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(path.read_bytes())
    for module in (scaffold, folders):
        monkeypatch.setattr(module, "package_folder", lambda room: tmp_path / room)
    return tmp_path


def test_a_new_lesson_needs_only_to_be_built(course: Path) -> None:
    folder = scaffold.new_lesson("L97", "A sample: two words")
    assert folder == course / "lessons" / "L97_a_sample_two_words"
    assert [problem for problem in lint(folder) if "not built yet" not in problem.sentence] == []
    assert set(answers_of(folder).right) == {"1", "2", "3"}
    text = (course / "lessons" / "README.md").read_text()
    assert "| L97 | say what | – | [A sample: two words](L97_a_sample_two_words/lesson.ipynb)" in text
    assert "exercise.ipynb) | 4 |" in text
    assert "| L97's second misconception | L97 |" in text


def test_a_new_lab_has_its_own_name_everywhere(course: Path) -> None:
    folder = scaffold.new_lab("G97", "A sample")
    elsewhere = ("not built yet", "leads nowhere")  # of lessons that this copy has not
    assert [each for each in lint(folder) if not any(part in each.sentence for part in elsewhere)] == []
    assert solved_notebook(folder).cells[0].source.startswith("# G97 · A sample\n")
    points = f"{points_of(read_source(folder / 'exercise.md')):g}"
    assert (
        f"(../gpu_labs/{folder.name}/exercise.ipynb) | {points} |"
        in (course / "lessons/README.md").read_text()
    )
    for path in folder.iterdir():
        assert "G01_guards" not in path.read_text() and "G01 " not in path.read_text()


@pytest.mark.parametrize(("id", "sentence"), [("G98", "is not an id"), ("L7", "is not an id")])
def test_an_id_of_another_form_is_refused(course: Path, id: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        scaffold.new_lesson(id, "A sample")


def test_an_id_that_is_taken_is_refused(course: Path) -> None:
    scaffold.new_lesson("L97", "A sample")
    with pytest.raises(UserError, match="taken by L97_a_sample"):
        scaffold.new_lesson("L97", "Another")
