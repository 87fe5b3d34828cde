"""A class in a gradebook, made without running anybody's code: an exercise with a written task, marks of every kind."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

from graph_duet.grading import Bundle, CheckResult, Report, exercise_notebook, fill
from graph_duet.grading.classroom.deadlines import Deadline, HandedIn
from graph_duet.grading.classroom.gradebook import Entry, Gradebook
from graph_duet.grading.classroom.stored_notebook import packed
from graph_duet.grading.report import WrittenAnswer
from tests.graph_duet.grading.masters import prose

RUBRIC = [
    {"text": "names the order of the calls", "points": 2},
    {"text": "says what is freed", "points": 2},
    {"text": "contradicts itself", "points": -1},
]
DUE = 1_772_359_200.0  # 2026-03-01 10:00 UTC
NAMES = (
    "Ada Bianchi", "Bo Lindqvist", "Chidi Okafor", "Dana Levi", "Emil Novák", "Fatou Diop", "Goran Ilić", "Hana Sato",
    "Ines Castro", "Jonas Weber", "Kaya Demir", "Lin Chen", "Mira Patel", "Noor Haddad", "Olu Adeyemi",
)  # fmt: skip


def with_written_task(bundle: Bundle) -> Bundle:
    """The small exercise with a fourth task, which is written: 14 points."""
    notebook = copy.deepcopy(bundle.notebook)
    facts = {"kind": "written", "task": "4", "points": 4, "title": "Why a tape?", "rubric": RUBRIC}
    notebook.cells.append(prose("written-4", "*Write three sentences here.*", **facts))
    return Bundle(notebook, bundle.expected)


def fill_book(path: Path, bundle: Bundle, names: tuple[str, ...] = NAMES) -> Gradebook:
    """A gradebook of 15: one in three is wrong somewhere, one file is broken, one is not graded yet, three are late."""
    book = Gradebook(path)
    book.open_assignment(bundle)
    book.set_deadline("T01", Deadline(DUE, penalty=0.1, most=0.5))
    for number, name in enumerate(names):
        notebook = fill(
            exercise_notebook(bundle), {"1": f"return np.maximum(x, {number % 3})", "4": text(name)}
        )
        data = json.dumps(notebook).encode()
        handed = HandedIn(DUE + (number - 12) * 20_000.0)
        entry = Entry(name, f"{name}.ipynb", f"d{number}", f"k{number}", report(bundle, number, name))
        book.enter(replace(entry, notebook=packed(data), handed_in=handed))
    return book


def text(name: str) -> str:
    return (
        f"The tape keeps *every call* in order, {name.split()[0]} says, so that `backward` can walk it back."
    )


def report(bundle: Bundle, number: int, name: str) -> Report:
    faults = {3: "wrong", 6: "error", 7: "timeout", 9: "empty", 12: "wrong"}
    checks = tuple(
        CheckResult(c.task, c.cell, c.points, c.points, c.hidden, expects=c.expects, got="float64[7] [...]")
        if number not in faults or c.task != "1"
        else CheckResult(
            c.task, c.cell, 0, c.points, c.hidden, faults[number], "", c.expects, "float64[7] [0.0, ...]"
        )
        for c in bundle.exercise.checks
    )
    written = (
        WrittenAnswer("4", "written-4", "" if number == 9 else text(name), 4, "empty" if number == 9 else ""),
    )
    whole = {
        4: ("unreadable", "the file is not JSON, so not a notebook"),
        5: ("infrastructure", "the disk is full"),
    }
    fault, message = whole.get(number, ("", ""))
    if fault:
        checks = tuple(replace(c, points=0.0, fault=fault) for c in checks)
    return Report("T01", checks, fault, message, written=() if fault else written)
