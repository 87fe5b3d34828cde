"""From the judge's outcomes to a report: points, faults, and what a learner may see."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graph_duet.grading.exercise.format import Check, Exercise
from graph_duet.grading.judging.judge import InfrastructureFault, Outcome, printed
from graph_duet.grading.report import CHECK_FAULTS, CheckResult, Report, WrittenAnswer
from graphviz_tools.language import _

MAX_GOT = 2000
MAX_PICTURE = 1_000_000
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def verdict(
    exercise: Exercise,
    outcomes: list[Outcome],
    not_run: Mapping[str, str],
    notes: tuple[str, ...] = (),
    written: tuple[WrittenAnswer, ...] = (),
) -> Report:
    """The report. `not_run` maps check cells that did not run to the fault that kept them from it; `written` is what
    an instructor marks.

    Raises InfrastructureFault when a check has neither an outcome nor a reason.
    """
    by_cell = {outcome.cell: outcome for outcome in outcomes if outcome.role in ("check", "measure")}
    # The inspection after the check counts as much as the one before it.
    tampered = {o.cell: o for o in outcomes if o.role == "inspection" and o.fault == "tampered"}
    results: list[CheckResult] = []
    for check in exercise.checks:
        if check.cell in not_run:
            results.append(_result(check, not_run[check.cell], ""))
        elif check.cell in tampered:
            results.append(_result(check, "tampered", tampered[check.cell].message))
        elif check.cell in by_cell:
            outcome = _measured(check, by_cell)
            results.append(_result(check, outcome.fault, outcome.message, outcome.outputs))
        else:
            raise InfrastructureFault(f"check {check.cell} was not run")
    return Report(exercise.id, tuple(results), notes=notes, written=written)


def _measured(check: Check, by_cell: Mapping[str, Outcome]) -> Outcome:
    """The check's outcome, and, where it is right so far, that of the measure cell that goes with it.

    Raises InfrastructureFault when that cell should have run and did not.
    """
    outcome = by_cell[check.cell]
    measured = by_cell.get(check.measure)
    if measured is None:
        if check.measure and not outcome.fault:
            raise InfrastructureFault(f"measure cell {check.measure} was not run")
        return outcome
    worse = outcome if outcome.fault else measured
    return replace(worse, outputs=[*outcome.outputs, *measured.outputs])


def clean(text: str) -> str:
    """Text that is safe to store and show: no ANSI sequences, no control characters, not too long."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _ANSI.sub("", text))
    return text if len(text) <= MAX_GOT else text[:MAX_GOT] + " …"


def _result(check: Check, fault: str, message: str, outputs: list[Any] | None = None) -> CheckResult:
    shown = outputs if outputs is not None and not check.hidden else []
    stated = (
        _("a hidden check of task {task}: {check_faults}", task=check.task, check_faults=CHECK_FAULTS[fault])
        if check.hidden and fault
        else message
    )
    return CheckResult(
        task=check.task,
        cell=check.cell,
        points=0.0 if fault else check.points,
        possible=check.points,
        hidden=check.hidden,
        fault=fault,
        message=clean(stated or CHECK_FAULTS.get(fault, "")),
        expects="" if check.hidden else check.expects,
        got=clean(printed(shown)),
        picture=_picture(shown),
    )


def _picture(outputs: list[Any]) -> str:
    """The first PNG, if it is one; an SVG could carry a script."""
    for output in outputs:
        data = output.get("data", {}).get("image/png", "")
        if isinstance(data, str) and 0 < len(data) <= MAX_PICTURE:
            try:
                decoded = base64.b64decode(data, validate=False)
            except (binascii.Error, ValueError):
                continue
            if decoded.startswith(b"\x89PNG\r\n\x1a\n"):
                return base64.b64encode(decoded).decode()
    return ""
