"""What a hostile submission is, and the ways to make one from a solved exercise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from graph_duet.grading import Bundle, fill, solved

PUBLIC = "float64[7] [0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014]"  # what the check prints with the public seed


@dataclass(frozen=True)
class Case:
    """A file of its own. `faults` are the acceptable fault classes of task 1's visible check, `points` the whole mark:
    task 1 has 5 points, task 2, which is solved, has 1."""

    name: str
    data: Callable[[Bundle], bytes]
    points: float
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Attack:
    """An answer that may harm its own task and no other: many are handed in as one submission. `faults` are the
    acceptable fault classes, "" for full marks; `fresh` when it is on a task that counts in a process of its own."""

    name: str
    source: str
    faults: tuple[str, ...]
    fresh: bool = False


def dumps(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()  # as it is: nbformat would repair it


def attack(name: str, source: str, *faults: str) -> Attack:
    return Attack(name, source, faults)


def body(name: str, text: str, *faults: str) -> Attack:
    """An attack that misbehaves when the check calls its function."""
    lines = "\n".join(f"    {line}" for line in text.split("\n"))
    return Attack(name, f"import os, sys, time\ndef relu(x):\n{lines}", faults)


def alone(attack: Attack, points: float = 1) -> Case:
    """The attack as a submission of its own: what it does stays in the process, or should have no effect outside it."""

    def data(bundle: Bundle) -> bytes:
        notebook = solved(bundle)
        next(cell for cell in notebook.cells if cell.id == "relu").source = attack.source
        return dumps(notebook)

    return Case(attack.name, data, points, attack.faults)


def answer(name: str, source: str, *faults: str, points: float = 1) -> Case:
    """A case whose whole attack lies in an answer cell."""
    return alone(Attack(name, source, faults), points)


def edit(name: str, change: Callable[[NotebookNode], None], points: float, *faults: str) -> Case:
    """A case that changes the file around a wrong answer to task 1."""

    def data(bundle: Bundle) -> bytes:
        notebook = fill(solved(bundle), {"1": "return x * 0"})
        change(notebook)
        return dumps(notebook)

    return Case(name, data, points, faults)


def whole_file(name: str, data: bytes, fault: str = "unreadable") -> Case:
    return Case(name, lambda bundle: data, 0, (fault,))


SHELL = "shell = get_ipython()\n"
WRONG = "\ndef relu(x):\n    return x * 0\n"
