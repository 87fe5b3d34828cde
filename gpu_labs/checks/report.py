"""What a check found, as plain data that prints well in a terminal and in a notebook."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from gpu_labs.executor.launch_record import Launch
from graphviz_tools.language import _

# Told from a notebook's background in its light theme and in its dark one.
_RIGHT, _WRONG = "#1d874c", "#d93a3a"


@dataclass(frozen=True, slots=True)
class Cell:
    """One element of an output near the first wrong one."""

    index: tuple[int, ...]
    got: Any
    expected: Any
    right: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case: passed, or the first thing that is wrong with it.

    `reason` is "" when it passed, else one word for a grader's table: "error", a finding's kind
    ("out-of-bounds", ...), "canary", "input-changed", "wrong-values", "order", "reads", "depth",
    "sectors", "passes", "gradient". `finding` is the executor's finding as a dictionary, where one is the reason.
    """

    case: str
    reason: str = ""
    sentence: str = ""
    hint: str = ""
    finding: dict[str, Any] | None = None
    cells: tuple[Cell, ...] = ()

    @property
    def passed(self) -> bool:
        """True when nothing was wrong."""
        return not self.reason


@dataclass(frozen=True)
class Report:
    """The verdicts of one task. `launch` is the launch record of the first failing case, for a picture;
    it is not part of the data, and None where the report was made from data alone."""

    task: str
    verdicts: tuple[Verdict, ...]
    launch: Launch | None = field(default=None, compare=False, repr=False)

    @property
    def passed(self) -> bool:
        """True when every case passed."""
        return all(verdict.passed for verdict in self.verdicts)

    @property
    def first_failure(self) -> Verdict | None:
        """The verdict that a learner should look at first."""
        return next((verdict for verdict in self.verdicts if not verdict.passed), None)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        return {"task": self.task, "passed": self.passed, "verdicts": [asdict(v) for v in self.verdicts]}

    def __str__(self) -> str:
        failure = self.first_failure
        if failure is None:
            return _("✓ {task}: all {count} cases pass", task=self.task, count=len(self.verdicts))
        passed = sum(verdict.passed for verdict in self.verdicts)
        lines = [
            _(
                "✗ {task}: {passed} of {count} cases pass",
                task=self.task,
                passed=passed,
                count=len(self.verdicts),
            ),
            f"  {failure.case}",
        ]
        lines += [f"  {line}" for line in _place(failure)]
        lines.append(f"  {failure.sentence}")
        if failure.hint:
            lines.append(_("  Try: {hint}", hint=failure.hint))
        for cell in failure.cells:
            mark = " " if cell.right else "✗"
            lines.append(
                _(
                    "  {mark} [{index}] got {got}, expected {expected}",
                    mark=mark,
                    index=_index(cell),
                    got=cell.got,
                    expected=cell.expected,
                )
            )
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        failure = self.first_failure
        dots = "".join(_dot(verdict) for verdict in self.verdicts)
        if failure is None:
            return _card(
                _RIGHT,
                f"✓ {escape(self.task)}",
                _("{dots} all {count} cases pass", dots=dots, count=len(self.verdicts)),
            )
        body = [dots, f"<div style='margin-top:.5em'>{escape(failure.case)}</div>"]
        body += [
            f"<pre style='margin:.4em 0;font-weight:600'>{escape(line)}</pre>" for line in _place(failure)
        ]
        body.append(f"<div>{escape(failure.sentence)}</div>")
        if failure.hint:
            body.append(f"<div style='margin-top:.4em'><b>{_('Try:')}</b> {escape(failure.hint)}</div>")
        if failure.cells:
            body.append(_table(failure.cells))
        return _card(_WRONG, f"✗ {escape(self.task)}", "".join(body))


def _place(verdict: Verdict) -> list[str]:
    if not verdict.finding:
        return []
    line, block, thread = (verdict.finding.get(name) for name in ("line", "block", "thread"))
    lines = [_("line {line}: {text}", line=line, text=verdict.finding["text"])] if line else []
    if block is not None and thread is not None:
        lines.append(_("block {block}, thread {thread}", block=tuple(block), thread=tuple(thread)))
    return lines


def _index(cell: Cell) -> str:
    return ", ".join(map(str, cell.index))


def _dot(verdict: Verdict) -> str:
    color, mark = (_RIGHT, "●") if verdict.passed else (_WRONG, "✗")
    return f"<span title='{escape(verdict.case, quote=True)}' style='color:{color}'>{mark}</span> "


def _table(cells: tuple[Cell, ...]) -> str:
    def row(name: str, values: list[str]) -> str:
        return f"<tr><th style='text-align:right'>{name}</th>{''.join(values)}</tr>"

    def value(cell: Cell, shown: Any) -> str:
        color = "" if cell.right else f"color:{_WRONG};font-weight:600;"
        return f"<td style='{color}text-align:right;font-family:monospace'>{escape(str(shown))}</td>"

    return (
        "<table style='margin-top:.5em'>"
        + row(_("index"), [f"<td style='text-align:right'>{_index(cell)}</td>" for cell in cells])
        + row(_("got"), [value(cell, cell.got) for cell in cells])
        + row(
            _("expected"),
            [f"<td style='text-align:right;font-family:monospace'>{c.expected}</td>" for c in cells],
        )
        + "</table>"
    )


def _card(color: str, title: str, body: str) -> str:
    return (
        f"<div style='border-left:4px solid {color};padding:.4em .8em;margin:.3em 0'>"
        f"<div style='color:{color};font-weight:600'>{title}</div><div>{body}</div></div>"
    )
