"""Answers are found where an editor gave cells new ids or dropped their metadata, and what was done is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from graph_duet.grading import Bundle, solved
from graph_duet.grading.judging.answers import Foreign, graft


def new_ids(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.id = f"colab{number}"


def no_metadata(notebook: NotebookNode) -> None:
    new_ids(notebook)
    for cell in notebook.cells:
        cell.metadata = NotebookNode()


def no_metadata_at_all(notebook: NotebookNode) -> None:
    no_metadata(notebook)
    notebook.metadata = NotebookNode()


def one_new_id(notebook: NotebookNode) -> None:
    next(cell for cell in notebook.cells if cell.id == "relu").id = "pasted"


@pytest.mark.parametrize("change", [new_ids, no_metadata, no_metadata_at_all, one_new_id])
def test_an_answer_is_found_without_its_id(bundle: Bundle, change: Callable[[NotebookNode], None]) -> None:
    notebook = solved(bundle)
    change(notebook)
    grafted = graft(bundle, notebook)
    assert grafted.answers == bundle.solutions
    assert not grafted.faults
    assert any("the answer to task 1 was found by" in note for note in grafted.notes)
    assert not any("deleted" in note for note in grafted.notes)


def test_no_guess_is_made_between_two_that_fit(bundle: Bundle) -> None:
    notebook = solved(bundle)
    no_metadata(notebook)
    notebook.cells.append(NotebookNode(next(c for c in notebook.cells if "def relu" in c.source), id="again"))
    assert graft(bundle, notebook).faults == {"relu": "missing"}


def test_another_exercises_notebook_is_still_foreign(bundle: Bundle) -> None:
    notebook = solved(bundle)
    new_ids(notebook)
    notebook.metadata.duet.exercise = "L99"
    with pytest.raises(Foreign, match="'L99', not T01"):
        graft(bundle, notebook)
    notebook.cells = []
    del notebook.metadata["duet"]
    with pytest.raises(Foreign, match="no exercise of this course"):
        graft(bundle, notebook)
