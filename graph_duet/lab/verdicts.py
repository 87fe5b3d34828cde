"""What a check found, in the words and the shape that the front end shows at each task."""

from __future__ import annotations

import re
from typing import Any

from graph_duet.grading.exercise.format import Task
from graph_duet.grading.report import CHECK_FAULTS, CheckResult
from graph_duet.grading.self_check import TO_BE_READ, OwnRun
from graphviz_tools.language import _

_SHOWN = 400  # characters of what an answer gave
_CELL_FILE = re.compile(r"(?<=\()\d+\.py, ")  # the name that a notebook kernel gives a cell's file
_UNTRIED = ("empty", "missing")


def verdicts(run: OwnRun) -> dict[str, Any]:
    """JSON-able: the exercise, its points, and for each task its state, sentences, cells and hints.

    Hints are there for a task that was tried and is not right yet.
    """
    return {
        "exercise": run.exercise.id,
        "title": run.exercise.title,
        "points": run.report.points,
        "possible": run.report.possible,
        "hidden": sum(run.hidden.values()),
        "notes": list(run.report.notes),
        "tasks": [_task(run, task.id) for task in run.exercise.tasks],
    }


def _task(run: OwnRun, name: str) -> dict[str, Any]:
    task, checks = run.exercise.task(name), run.report.task(name)
    faults = [check for check in checks if check.fault]
    tried = any(check.fault not in _UNTRIED for check in checks)
    if task.written is not None:
        return _to_be_read(run, task, task.written.cell)
    predicted = bool(checks) and all(check.possible == 0 for check in checks)
    state = faults[0].fault if faults else "written" if predicted else "right"
    said = [sentence(check, run) for check in faults] or [check.message for check in checks if predicted]
    return {
        "id": name,
        "title": task.title,
        "state": state,
        "tried": tried,
        "points": sum(check.points for check in checks),
        "possible": sum(check.possible for check in checks),
        "cells": list(task.answers),
        "said": list(dict.fromkeys(said)),
        "hints": list(run.hints.get(name, ())) if tried else [],
    }


def _to_be_read(run: OwnRun, task: Task, cell: str) -> dict[str, Any]:
    """A written answer: nothing is right or wrong here."""
    is_there = any(answer.task == task.id and not answer.fault for answer in run.report.written)
    return {
        "id": task.id,
        "title": task.title,
        "state": "written" if is_there else "empty",
        "tried": is_there,
        "points": 0.0,
        "possible": 0.0,
        "cells": [cell],
        "said": [f"{TO_BE_READ[0].upper()}{TO_BE_READ[1:]}." if is_there else _("Not answered yet.")],
        "hints": [],
    }


def sentence(check: CheckResult, run: OwnRun) -> str:
    """What a failed check says to the learner, in one or two short sentences."""
    if check.fault == "empty":
        return _("Not answered yet.") if check.message == CHECK_FAULTS["empty"] else check.message
    if check.fault == "timeout":
        seconds = run.exercise.cell_seconds
        return _(
            "Still running after {seconds:g} s, the limit for a cell: is there a loop that never ends?",
            seconds=seconds,
        )
    if check.cell in run.watched and check.fault == "wrong":
        return f"{check.message[0].upper()}{check.message[1:]}."
    if check.fault == "wrong":
        gave = " ".join(check.got.split())
        gave = gave if len(gave) <= _SHOWN else f"{gave[:_SHOWN]} …"
        parts = [_("It gave {gave}.", gave=gave) if gave else _("It gave nothing.")]
        if check.message and check.message != CHECK_FAULTS["wrong"]:
            parts.append(f"{check.message[0].upper()}{check.message[1:]}.")
        if check.expects:
            parts.append(_("Wanted: {expects}.", expects=check.expects))
        return " ".join(parts)
    if check.fault == "error":
        line = _own_line(check, run)
        said = _CELL_FILE.sub("", check.message.strip()) or CHECK_FAULTS["error"]
        return f"{said}\n{line}" if line else said
    return f"{CHECK_FAULTS[check.fault][0].upper()}{CHECK_FAULTS[check.fault][1:]}."


def _own_line(check: CheckResult, run: OwnRun) -> str:
    """The line of the learner's answer that the error came through; "" where only the check's own is known."""
    cells = run.exercise.task(check.task).answers
    return next((run.lines[cell] for cell in (*cells, check.cell) if cell in run.lines), "")
