"""Written answers: asked for in an exercise's text, handed in, read by an instructor, and never a 0 before that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph_duet.authoring.notebooks_from_text import notebook_of
from graph_duet.authoring.source import SourceError, parse_source
from graph_duet.grading import Bundle, differences, exercise_notebook, fill
from graph_duet.grading.classroom.export import FORMS, export
from graph_duet.grading.classroom.gradebook import Entry, Gradebook
from graph_duet.grading.exercise.format import read_exercise
from graph_duet.grading.judging.answers import graft
from graph_duet.grading.pages.feedback import feedback
from graphviz_tools.errors import UserError
from tests.graph_duet.authoring.small_course import EXERCISE
from tests.graph_duet.grading.masters import prose
from tests.graph_duet.grading.small_class import fill_book, report, text, with_written_task

BOX = """
## Task 2 · Why a tape? (4 points)

:::{written}
:points: 4
:title: Why a tape?
:rubric: 2 names the order of the calls
:rubric: -0.5 contradicts itself

*Write three sentences here.*
:::
"""


@pytest.fixture(scope="module")
def asked(bundle: Bundle) -> Bundle:
    return with_written_task(bundle)


def test_a_written_box_of_the_text_becomes_a_task(tmp_path: Path) -> None:
    exercise = read_exercise(notebook_of(parse_source(EXERCISE + BOX, tmp_path / "exercise.md")))
    task = exercise.task("2")
    assert (task.title, task.points, task.answers, task.checks) == ("Why a tape?", 4, (), ())
    assert task.written is not None
    assert task.written.cell == "written-2"
    assert task.written.rubric == (("names the order of the calls", 2), ("contradicts itself", -0.5))
    assert exercise.points == 6


@pytest.mark.parametrize(
    ("was", "wrong", "said"),
    [
        (":points: 4", ":points: four", "above 0"),
        (":rubric: 2 names", ":rubric: names", "points and a text"),
        (":rubric: 2", ":colour: 2", "has no `colour`"),
        ("sentences here.*\n:::", "sentences here.*", "this written is not closed"),
    ],
)
def test_a_mistake_in_a_written_box_names_its_line(tmp_path: Path, was: str, wrong: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as raised:
        notebook_of(parse_source(EXERCISE + BOX.replace(was, wrong), tmp_path / "exercise.md"))
    assert raised.value.line > EXERCISE.count("\n")


def test_learners_do_not_get_the_rubric(asked: Bundle) -> None:
    mine = exercise_notebook(asked)
    assert "rubric" not in json.dumps(mine)
    assert differences(asked.notebook, mine) == []


def test_an_untouched_placeholder_is_empty_and_a_deleted_cell_is_missing(asked: Bundle) -> None:
    mine = exercise_notebook(asked)
    (answer,) = graft(asked, mine).written
    assert (answer.text, answer.fault) == ("", "empty")
    mine.cells = [cell for cell in mine.cells if cell.id != "written-4"]
    (answer,) = graft(asked, mine).written
    assert answer.fault == "missing"


def test_what_is_written_in_a_cell_of_its_own_below_belongs_to_the_answer(asked: Bundle) -> None:
    mine = exercise_notebook(asked)
    mine.cells += [prose("mine", "It keeps *the order*."), prose("mine2", "And more.")]
    (answer,) = graft(asked, mine).written
    assert (answer.text, answer.fault) == ("It keeps *the order*.\n\nAnd more.", "")


def test_an_answer_is_found_when_an_editor_made_new_ids(asked: Bundle) -> None:
    mine = fill(exercise_notebook(asked), {"4": "By its metadata."})
    for number, cell in enumerate(mine.cells):
        cell.id = f"new-{number}"
    (answer,) = graft(asked, mine).written
    assert answer.text == "By its metadata."


@pytest.fixture
def book(asked: Bundle, tmp_path: Path) -> Gradebook:
    return fill_book(tmp_path / "book.sqlite", asked, ("Ada", "Bo"))


def test_nobody_gets_a_0_for_what_is_not_read_yet(book: Gradebook, asked: Bundle, tmp_path: Path) -> None:
    for form in FORMS:
        assert export(book, "T01", form, tmp_path / form) == 0
    mark = book.mark("T01", "Ada")
    assert (mark.waiting, mark.is_final, mark.before_lateness) == (("4",), False, 10)
    assert "so far: something that you wrote is not read yet" in feedback(asked.exercise, mark)


def test_a_mark_for_what_was_written_counts_and_says_why(book: Gradebook, asked: Bundle) -> None:
    task = asked.exercise.task("4")
    book.by_hand.grade_written(book.mark("T01", "Ada"), "T01", task, 2, (0,))
    book.by_hand.comment("T01", "Ada", "4", "Freed when?")
    mark = book.mark("T01", "Ada")
    assert (mark.is_final, mark.task_points()["4"], mark.before_lateness) == (True, 2, 12)
    page = feedback(asked.exercise, mark)
    assert "+2: names the order of the calls" in page
    assert "Your instructor says: Freed when?" in page
    with pytest.raises(UserError, match="0 to 4 points, not 9"):
        book.by_hand.grade_written(mark, "T01", task, 9)


def test_another_text_waits_again_and_the_same_text_keeps_its_mark(book: Gradebook, asked: Bundle) -> None:
    task = asked.exercise.task("4")
    book.by_hand.grade_written(book.mark("T01", "Ada"), "T01", task, 2)
    book.enter(Entry("Ada", "Ada.ipynb", "other", "other", report(asked, 0, "Ada")))
    assert book.mark("T01", "Ada").task_points()["4"] == 2
    book.enter(Entry("Ada", "Ada.ipynb", "more", "more", report(asked, 0, "Someone else")))
    assert book.mark("T01", "Ada").waiting == ("4",)
    assert text("Ada") != text("Someone else")
