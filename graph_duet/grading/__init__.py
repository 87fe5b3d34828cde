"""Grading: release an exercise, check one's own notebook, grade a class.

Values leave the sandbox, verdicts never do. Names are loaded when they are first used, so that a check cell
that needs only `show` imports nothing else.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_duet.grading.exercise.bundle import Bundle
    from graph_duet.grading.exercise.values import show
    from graph_duet.grading.grader import Conditions, Grader
    from graph_duet.grading.releasing import Release, differences, exercise_notebook, fill, release, solved
    from graph_duet.grading.report import CheckResult, Report
    from graph_duet.grading.self_check import check

# nbformat imports jsonschema, which would compile a grammar for the format "iri" for seconds: no notebook uses it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

_HOME = {
    "Bundle": "exercise.bundle",
    "CheckResult": "report",
    "Conditions": "grader",
    "Grader": "grader",
    "Release": "releasing",
    "Report": "report",
    "check": "self_check",
    "differences": "releasing",
    "exercise_notebook": "releasing",
    "fill": "releasing",
    "release": "releasing",
    "show": "exercise.values",
    "solved": "releasing",
}

__all__ = [
    "Bundle",
    "CheckResult",
    "Conditions",
    "Grader",
    "Release",
    "Report",
    "check",
    "differences",
    "exercise_notebook",
    "fill",
    "release",
    "show",
    "solved",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'graph_duet.grading' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"graph_duet.grading.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
