"""Honest work in an odd file keeps its marks, and what cannot be used is said in words. No answer runs here."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from nbformat import NotebookNode

from graph_duet.grading import Bundle, solved
from graph_duet.grading.exercise.notebooks import Unreadable, parse
from graph_duet.grading.judging.answers import graft
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.hostile_case import dumps
from tests.graph_duet.grading.masters import code


def relu_of(notebook: NotebookNode) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == "relu")


def split(notebook: NotebookNode, first: str, second: str, *ids: str) -> None:
    """What "Split Cell" makes of the answer: both pieces keep its metadata."""
    cell = relu_of(notebook)
    other = copy.deepcopy(cell)
    cell.source, other.source = first, second
    cell.id, other.id = ids
    notebook.cells.insert(notebook.cells.index(cell) + 1, other)


WHOLE = "def relu(x):\n    return np.where(x > 0, x, zero)"


@pytest.mark.parametrize(
    ("first", "second"),
    [("zero = 0.0", WHOLE), ("def relu(x):", "    return np.where(x > 0, x, 0.0)"), (WHOLE, "zero = 0.0")],
)
@pytest.mark.parametrize("ids", [("relu", "new"), ("new", "relu"), ("new", "newer")])
def test_an_answer_that_was_split_is_joined(
    bundle: Bundle, first: str, second: str, ids: tuple[str, str]
) -> None:
    notebook = solved(bundle)
    split(notebook, first, second, *ids)
    grafted = graft(bundle, notebook)
    assert grafted.answers["relu"] == f"{first}\n{second}" and not grafted.faults
    assert any("joining the pieces" in note for note in grafted.notes)


@pytest.mark.parametrize("copy", ["def relu(x):\n    return x", "def relu(x): return x"])
def test_of_an_answer_and_its_copy_the_one_with_the_id_counts(bundle: Bundle, copy: str) -> None:
    for first, second, ids in ((copy, WHOLE, ("copy", "relu")), (WHOLE, copy, ("relu", "copy"))):
        notebook = solved(bundle)
        split(notebook, first, second, *ids)
        assert graft(bundle, notebook).answers["relu"] == WHOLE
    split(notebook, WHOLE, "zero = 0.0", "relu", "relu")
    assert graft(bundle, notebook).faults == {"relu": "ambiguous"}


def test_a_name_from_a_cell_of_ones_own_is_named(bundle: Bundle) -> None:
    notebook = solved(bundle)
    notebook.cells.insert(
        3, code("mine", "import math\ndef helper(x):\n    return np.maximum(x, 0)\nplot = 1")
    )
    relu_of(notebook).source = "def relu(x):\n    return helper(x)"
    assert graft(bundle, notebook).notes == (
        "the answer to task 1 uses helper, from a cell that is not run: put that into the answer",
    )
    relu_of(notebook).source = "def helper(x):\n    return x * (x > 0)\ndef relu(x):\n    return helper(x)"
    assert not graft(bundle, notebook).notes


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_that_is_no_longer_code_is_named(bundle: Bundle, kind: str) -> None:
    notebook = solved(bundle)
    relu_of(notebook).cell_type = kind
    grafted = graft(bundle, notebook)
    assert grafted.faults == {"relu": "missing"}
    assert "the answer to task 1 is not a code cell: make it one again" in grafted.notes


def in_bytes(change: Callable[[bytes], bytes]) -> Callable[[NotebookNode], bytes]:
    return lambda notebook: change(dumps(notebook))


def without_outputs(notebook: NotebookNode) -> bytes:
    for cell in notebook.cells:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
        cell.source = cell.source.splitlines(True)
    return dumps(notebook)


def with_windows_lines(notebook: NotebookNode) -> bytes:
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    return dumps(notebook)


@pytest.mark.parametrize(
    "written",
    [
        in_bytes(lambda data: b"\xef\xbb\xbf" + data),
        in_bytes(lambda data: data.decode().encode("utf-16")),
        in_bytes(lambda data: json.dumps(json.loads(data), indent=1).replace("\n", "\r\n").encode()),
        with_windows_lines,
        without_outputs,
    ],
)
def test_a_file_written_by_another_editor_holds_the_same_answers(
    bundle: Bundle, written: Callable[[NotebookNode], bytes]
) -> None:
    grafted = graft(bundle, parse(written(solved(bundle))))
    assert {id: text.splitlines() for id, text in grafted.answers.items()} == {
        id: text.splitlines() for id, text in bundle.solutions.items()
    }
    assert not grafted.faults


def test_a_notebook_of_format_3_is_told_from_no_notebook() -> None:
    with pytest.raises(Unreadable, match="has format '3'; save it again in JupyterLab as format 4"):
        parse(b'{"nbformat": 3, "worksheets": [{"cells": []}]}')
    with pytest.raises(Unreadable, match="it has no list of cells"):
        parse(b'{"nbformat": 4}')
    with pytest.raises(Unreadable, match="it has no list of cells"):
        parse(b'{"a": 1}')


@pytest.mark.parametrize("field", ["id", "cell_type", "metadata", "source"])
@pytest.mark.parametrize("value", [["relu"], {"a": 1}, 5, None])
def test_a_field_of_another_type_is_a_users_mistake_and_no_crash(
    bundle: Bundle, field: str, value: object
) -> None:
    notebook = json.loads(dumps(solved(bundle)))
    for cell in notebook["cells"]:
        cell[field] = value
    with suppress(UserError):
        graft(bundle, parse(json.dumps(notebook).encode()))
