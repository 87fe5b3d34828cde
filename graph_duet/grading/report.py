"""What grading one notebook found: plain data, the same in the gradebook, in feedback and in a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from graphviz_tools.language import _

# Fault classes, from the mildest. "" is a right answer.
CHECK_FAULTS = {
    "empty": _("not answered yet"),
    "wrong": _("another value was expected"),
    "error": _("the code raised an error"),
    "missing": _("the answer cell is not in the notebook"),
    "ambiguous": _("two cells have the answer's id"),
    "timeout": _("it ran too long"),
    "died": _("the kernel died"),
    "memory": _("it used too much memory"),
    "output": _("it printed too much"),
    "tampered": _("it may not be measured"),
}
FILE_FAULTS = {
    "unreadable": _("the file is not a notebook that can be graded"),
    "foreign": _("the notebook belongs to another assignment"),
    "infrastructure": _("the grader failed, not the submission"),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. `got` is what it printed (empty for a hidden check); `picture` a PNG in base64, or empty."""

    task: str
    cell: str
    points: float
    possible: float
    hidden: bool = False
    fault: str = ""
    message: str = ""
    expects: str = ""
    got: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """A written answer as it was handed in, for an instructor to mark. `fault` is "empty" or "missing", else ""."""

    task: str
    cell: str
    text: str
    possible: float
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one notebook. When `fault` is set the whole file could not be graded, and `message`
    says why.

    `notes` are remarks that cost no points (an edited check cell, an unknown cell id); `written` are the answers
    that no check can mark."""

    exercise: str
    checks: tuple[CheckResult, ...] = ()
    fault: str = ""
    message: str = ""
    notes: tuple[str, ...] = ()
    written: tuple[WrittenAnswer, ...] = ()

    @property
    def points(self) -> float:
        return sum(check.points for check in self.checks)

    @property
    def possible(self) -> float:
        return sum(check.possible for check in self.checks)

    def task(self, task: str) -> tuple[CheckResult, ...]:
        return tuple(check for check in self.checks if check.task == task)

    def task_points(self) -> dict[str, float]:
        """Points earned by task, in the notebook's order."""
        earned: dict[str, float] = {}
        for check in self.checks:
            earned[check.task] = earned.get(check.task, 0.0) + check.points
        return earned

    def with_task(self, task: str, other: Report) -> Report:
        """This report with `other`'s results for `task`, in `other`'s order."""
        kept = {check.cell: check for check in self.checks if check.task != task}
        checks = [check if check.task == task else kept.get(check.cell) for check in other.checks]
        return replace(
            self,
            checks=tuple(check for check in checks if check is not None),
            fault="",
            message="",
            written=other.written,
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        checks = tuple(CheckResult(**check) for check in data["checks"])
        written = tuple(WrittenAnswer(**answer) for answer in data.get("written", ()))
        fields: dict[str, Any] = {**data, "checks": checks, "notes": tuple(data["notes"]), "written": written}
        return cls(**fields)
