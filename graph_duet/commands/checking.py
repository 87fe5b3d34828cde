"""`duet check` and `progress`: a learner's own work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphviz_tools.language import _

if TYPE_CHECKING:
    from graph_duet.grading.report import CheckResult
    from graph_duet.grading.self_check import OwnRun

console = Console()
_ERROR = re.compile(r"\w*(Error|Exception)\b.*: ")
_TEMPORARY = re.compile(r"\(\d+\.py, line ")  # a cell's file, which IPython makes up
_BRIEF = 240  # characters of an error's first line


def check(notebook: Annotated[Path, typer.Argument(help="Your copy of an exercise.")]) -> None:
    """Run your own notebook and see what is right, and a hint for what is not yet."""
    from graph_duet import grading
    from graph_duet.grading import progress

    with console.status(_("Running your answers …")):
        run = grading.check(notebook)
    progress.record(run.report, run.exercise.title)
    console.print(_own_table(run))
    for task, hints in run.hints.items():
        tries = progress.failed_tries(run.exercise.id, task)
        number = min(tries, len(hints))
        console.print(
            _(
                "[bold]Hint {number} for task {task}:[/] {hints}",
                number=number,
                task=escape(task),
                hints=escape(hints[number - 1]),
            )
        )
    for note in run.report.notes:
        console.print(_("[dim]Note: {note}.[/]", note=escape(note)))
    if run.hidden:
        more = sum(run.hidden.values())
        points = (
            _("{more:g} more point comes", more=more)
            if more == 1
            else _("{more:g} more points come", more=more)
        )
        read = any(task.written is not None for task in run.exercise.tasks)
        whence = (
            _("predictions, hidden checks and written answers")
            if read
            else _("predictions and hidden checks")
        )
        console.print(_("[dim]{points} from {whence} when this is graded.[/]", points=points, whence=whence))


def progress() -> None:
    """Show the course, and your progress in it."""
    from graph_duet.grading.progress import standings, store
    from graph_duet.lab.course import parts

    tried = {row.exercise: row for row in standings()}
    columns = (_("Title"), _("Minutes"), _("Points"), _("Tries"), _("Last"))
    table = Table("", *columns, title=_("The course, and your progress"))
    for part in parts():
        row = tried.pop(part.id, None)
        points = (
            _("{points:g} of {possible:g}", points=row.points, possible=part.possible)
            if row
            else _("0 of {possible:g}", possible=part.possible)
        )
        name = f"{'[green]✓[/]' if row and row.done else ' '} {part.id}"
        last = (str(row.tries), row.last) if row else ("", "")
        table.add_row(name, escape(part.title), str(part.minutes), points if part.possible else "", *last)
    for row in tried.values():  # an exercise of somebody else's
        done = "[green]✓[/]" if row.done else " "
        points = _("{points:g} of {possible:g}", points=row.points, possible=row.possible)
        table.add_row(
            f"{done} {escape(row.exercise)}", escape(row.title), "", points, str(row.tries), row.last
        )
    console.print(table)
    console.print(_("[dim]Kept in {store}.[/]", store=escape(str(store()))), soft_wrap=True)


def _own_table(run: OwnRun) -> Table:
    """One row a task: its points, and what each of its failed checks says, a line each."""
    from graph_duet.grading.self_check import TO_BE_READ

    report = run.report
    table = Table(
        _("Task"),
        _("Points"),
        "",
        title=_(
            "{title}: {points:g} of {possible:g}",
            title=run.exercise.title,
            points=report.points,
            possible=report.possible,
        ),
    )
    for task in run.exercise.tasks:
        checks = report.task(task.id)
        if task.written is not None:
            is_there = any(answer.task == task.id and not answer.fault for answer in report.written)
            mark, said = ("[green]✓[/]", TO_BE_READ) if is_there else ("[red]✗[/]", _("not answered yet"))
            table.add_row(f"{mark} {escape(task.id)} {escape(task.title)}", "", said)
            continue
        failed = list(dict.fromkeys(_what_failed(check) for check in checks if check.fault))
        earned, possible = (
            sum(values) for values in zip(*((c.points, c.possible) for c in checks), strict=True)
        )
        mark = "[red]✗[/]" if failed else "[green]✓[/]"
        said = "\n".join(failed) or next((c.message for c in checks if c.message), _("right"))
        table.add_row(
            f"{mark} {escape(task.id)} {escape(task.title)}",
            _("{earned:g} of {possible:g}", earned=earned, possible=possible),
            escape(said),
        )
    return table


def _what_failed(check: CheckResult) -> str:
    from graph_duet.grading.report import CHECK_FAULTS

    said = CHECK_FAULTS[check.fault]
    if check.fault in ("error", "tampered"):
        return f"{said}: {in_brief(check.message)}"
    if check.fault == "wrong" and check.message not in ("", said):
        said = f"{said} ({check.message})"
    return f"{said}: {check.expects}" if check.fault == "wrong" and check.expects else said


def in_brief(message: str) -> str:
    """What a table has room for: an error's first line, and the line that says what to do where there is one.

    TensorFlow puts the user's code first and the error last.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()] or [""]
    if lines[0].endswith(("in user code:", "Graph execution error:")) and len(lines) > 1:
        lines[0] = next((line for line in reversed(lines) if _ERROR.match(line)), lines[1])
    todo = next((line for line in lines[1:] if line.startswith("Try:")), "")
    first = _TEMPORARY.sub("(line ", lines[0])
    return "\n".join(filter(None, [first if len(first) <= _BRIEF else f"{first[:_BRIEF]} …", todo]))


def register(app: typer.Typer) -> None:
    for command in (check, progress):
        app.command()(command)
