"""Submissions whose file was edited around the answers, or cannot be read as a notebook."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from graph_duet.grading import Bundle, solved
from tests.graph_duet.grading.hostile_case import PUBLIC, Case, dumps, edit, whole_file
from tests.graph_duet.grading.masters import code


def edited_files() -> Iterator[Case]:
    yield edit("an edited check cell", _edited_check, 1, "wrong")
    yield edit("an edited output", _edited_output, 1, "wrong")
    yield edit("a deleted check", _deleted_check, 1, "wrong")
    yield edit("an answer's id twice", _doubled_answer, 1, "ambiguous")
    yield edit("a check's id twice", _doubled_check, 1, "wrong")
    yield edit("# NBVAL_SKIP", _skip_comment, 1, "wrong")
    yield edit("nbval's tags", _tags, 1, "wrong")
    yield edit("a deleted answer", _deleted_answer, 1, "missing")
    yield edit("half a surrogate pair in the source", _half_a_character, 1, "wrong")
    yield edit("points made up", _more_points, 1, "wrong")


def _find(notebook: NotebookNode, id: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == id)


def _edited_check(n: NotebookNode) -> None:
    _find(n, "relu-seen").source = f"print({PUBLIC!r})"


def _edited_output(n: NotebookNode) -> None:
    _find(n, "relu-seen").outputs = [nbformat.v4.new_output("stream", name="stdout", text="anything\n")]


def _deleted_check(n: NotebookNode) -> None:
    n.cells = [cell for cell in n.cells if cell.id != "relu-seen"]


def _doubled_answer(n: NotebookNode) -> None:
    n.cells.append(code("relu", "def relu(x): return np.maximum(x, 0)"))


def _doubled_check(n: NotebookNode) -> None:
    n.cells.append(copy.deepcopy(_find(n, "relu-seen")))


def _skip_comment(n: NotebookNode) -> None:
    for cell in n.cells:
        cell.source = f"# NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT\n{cell.source}"


def _tags(n: NotebookNode) -> None:
    for cell in n.cells:
        cell.metadata.tags = ["nbval-skip", "nbval-ignore-output", "raises-exception"]


def _deleted_answer(n: NotebookNode) -> None:
    n.cells = [cell for cell in n.cells if cell.id != "relu"]


def _half_a_character(n: NotebookNode) -> None:
    _find(n, "relu").source += "  # \ud800"


def _more_points(n: NotebookNode) -> None:
    _find(n, "predict-check").metadata.duet.points = 1000


def broken_files() -> Iterator[Case]:
    def foreign(bundle: Bundle) -> bytes:
        notebook = solved(bundle)
        notebook.metadata.duet.exercise = "L99"
        return dumps(notebook)

    def cut(bundle: Bundle) -> bytes:
        return dumps(solved(bundle))[:700]

    def old(bundle: Bundle) -> bytes:
        return json.dumps({**solved(bundle), "nbformat": 3}).encode()

    yield Case("another assignment's notebook", foreign, 0, ("foreign",))
    yield Case("a notebook cut off", cut, 0, ("unreadable",))
    yield Case("format 3", old, 0, ("unreadable",))
    yield whole_file("an empty file", b"")
    yield whole_file("no JSON", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    yield whole_file("a list", b"[]")
    yield whole_file("cells that are none", b'{"nbformat": 4, "cells": [1, "two", null]}')
    yield whole_file("deep JSON", b"[" * 200_000 + b"]" * 200_000)
    yield whole_file(
        "deep JSON in a notebook",
        b'{"nbformat": 4, "cells": [' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}",
    )
    yield whole_file("100 MB", b'{"nbformat": 4, "cells": [], "x": "' + b"x" * 100_000_000 + b'"}')
