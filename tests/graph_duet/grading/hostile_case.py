"""What a hostile submission is, and the ways to make one from the solved exercise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from graph_duet.grading import Bundle, fill, solved

PUBLIC = "float64[7] [0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014]"  # what the check prints with the public seed


@dataclass(frozen=True)
class Case:
    """`faults` are the acceptable fault classes of task 1's visible check (or of `cell`), `points` the whole mark."""

    name: str
    data: Callable[[Bundle], bytes]
    points: float
    faults: tuple[str, ...]
    cell: str = "relu-seen"


def dumps(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()  # as it is: nbformat would mend it


def answer(
    name: str, source: str, *faults: str, points: float = 5, task: str = "1", cell: str = "relu-seen"
) -> Case:
    """A case whose whole attack lies in an answer cell."""

    def data(bundle: Bundle) -> bytes:
        notebook = solved(bundle)
        id = {"1": "relu", "3": "serve"}[task]
        next(c for c in notebook.cells if c.id == id).source = source
        return dumps(notebook)

    return Case(name, data, points, faults, cell)


def body(name: str, text: str, *faults: str, points: float = 5) -> Case:
    """A case that misbehaves when the check calls its function."""
    return answer(
        name,
        "import os, sys, time\ndef relu(x):\n" + "\n".join(f"    {t}" for t in text.split("\n")),
        *faults,
        points=points,
    )


def edit(
    name: str, change: Callable[[NotebookNode], None], points: float, *faults: str, cell: str = "relu-seen"
) -> Case:
    """A case that changes the file around a wrong answer to task 1."""

    def data(bundle: Bundle) -> bytes:
        notebook = fill(solved(bundle), {"1": "return x * 0"})
        change(notebook)
        return dumps(notebook)

    return Case(name, data, points, faults, cell)


def whole_file(name: str, data: bytes, fault: str = "unreadable") -> Case:
    return Case(name, lambda bundle: data, 0, (fault,))


SHELL = "shell = get_ipython()\n"
WRONG = "\ndef relu(x):\n    return x * 0\n"
