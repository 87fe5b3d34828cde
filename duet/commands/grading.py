"""`duet release`, `check`, `grade` and what follows from a gradebook: thin functions over `grading`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from grading.own_run import OwnRun

console = Console()


def release(
    master: Annotated[Path, typer.Argument(help="A master notebook, or the folder that holds one.")],
    to: Annotated[Path | None, typer.Option(help="Where to write; default: beside the master.")] = None,
) -> None:
    """Make the learner's notebook and the grader's bundle from a master."""
    import grading

    made = grading.release(master, to)
    exercise = made.bundle.exercise
    console.print(
        f"{exercise.id}: {len(exercise.tasks)} tasks, {exercise.points:g} points. The solution reaches them all."
    )
    console.print(f"For learners: {made.exercise}", highlight=False, soft_wrap=True)
    console.print(f"For you alone: {made.bundle_path}", highlight=False, soft_wrap=True)


def check(notebook: Annotated[Path, typer.Argument(help="Your copy of an exercise.")]) -> None:
    """Run your own notebook and see what is right, and a hint for what is not yet."""
    import grading
    from grading import progress

    with console.status("Running your answers …"):
        run = grading.check(notebook)
    progress.record(run.report, run.exercise.title)
    console.print(_own_table(run))
    for task, hints in run.hints.items():
        tries = progress.failed_tries(run.exercise.id, task)
        number = min(tries, len(hints))
        console.print(f"[bold]Hint {number} for task {escape(task)}:[/] {escape(hints[number - 1])}")
    for note in run.report.notes:
        console.print(f"[dim]Note: {escape(note)}.[/]")
    if run.hidden:
        console.print(
            f"[dim]{sum(run.hidden.values()):g} more points come from hidden checks when this is graded.[/]"
        )


def progress() -> None:
    """What you have done so far."""
    from grading.progress import standings, store

    rows = standings()
    if not rows:
        console.print("Nothing yet: solve an exercise and run `duet check exercise.ipynb`.")
        return
    table = Table("Exercise", "Title", "Points", "Tries", "Last", title="Your progress")
    for row in rows:
        points = f"{'[green]✓[/] ' if row.done else ''}{row.points:g} of {row.possible:g}"
        table.add_row(escape(row.exercise), escape(row.title), points, str(row.tries), row.last)
    console.print(table)
    console.print(f"[dim]Kept in {escape(str(store()))}.[/]", soft_wrap=True)


def _own_table(run: OwnRun) -> Table:
    from grading.report import CHECK_FAULTS

    report = run.report
    table = Table(
        "Task", "Points", "", title=f"{run.exercise.title}: {report.points:g} of {report.possible:g}"
    )
    for task in run.exercise.tasks:
        for result in report.task(task.id):
            said = "right" if not result.fault else CHECK_FAULTS[result.fault]
            if result.fault in ("error", "tampered"):
                said = f"{said}: {result.message}"
            if result.fault == "wrong" and result.expects:
                said = f"{said}: {result.expects}"
            mark = "[green]✓[/]" if not result.fault else "[red]✗[/]"
            points = f"{result.points:g} of {result.possible:g}"
            table.add_row(f"{mark} {escape(task.id)} {escape(task.title)}", points, escape(said))
    return table


def register(app: typer.Typer) -> None:
    for command in (release, check, progress):
        app.command()(command)
