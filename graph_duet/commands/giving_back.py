"""`duet feedback`, `export`, `override` and `report`: from a gradebook to students, platforms and teachers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graph_duet.commands.gradebooks import DEFAULT_BOOK, BookUrl, ExerciseId, filled_book, some
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

console = Console()


def feedback(
    exercise: ExerciseId,
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path, typer.Option(help="The folder for the pages.")] = Path("feedback"),
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each page as PDF too.")] = False,
) -> None:
    """Write a page for every student."""
    from graph_duet.grading.pages.feedback import write_feedback

    number = write_feedback(filled_book(gradebook), exercise, to)
    console.print(_("{number} pages in {to}", number=number, to=to), highlight=False)
    if pdf:
        from graph_duet.grading.pages.pdf import print_pages

        console.print(
            _("{print_pages} of them as PDF", print_pages=print_pages(sorted(to.glob("*.html")))),
            highlight=False,
        )


def export(
    exercise: ExerciseId,
    form: Annotated[str, typer.Option("--format", help="canvas, moodle, gradescope or csv.")] = "csv",
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path | None, typer.Option(help="The file (gradescope: the folder) to write.")] = None,
    roster: Annotated[
        Path | None,
        typer.Option(help="The .csv that Canvas or Moodle exported: the marks are put into its rows."),
    ] = None,
) -> None:
    """Write the marks as a learning platform reads them."""
    from graph_duet.grading.classroom.export import WITH_ROSTER, export_into
    from graph_duet.grading.classroom.export import export as write

    if roster is not None and form not in WITH_ROSTER:
        raise UserError(
            _("--roster is what Canvas or Moodle exported: it goes with --format canvas or moodle")
        )
    target = to or Path(f"{exercise}-{form}" + ("" if form == "gradescope" else ".csv"))
    if roster is not None:
        number, missing = export_into(filled_book(gradebook), exercise, form, roster, target)
        console.print(_("{number} marks in {target}", number=number, target=target), highlight=False)
        if missing:
            console.print(
                _("Not in {roster}: {missing}", roster=roster, missing=", ".join(missing)),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        return
    number = write(filled_book(gradebook), exercise, form, target)
    console.print(_("{number} marks in {target}", number=number, target=target), highlight=False)
    left_out = [mark.student for mark in filled_book(gradebook).marks(exercise) if not mark.is_final]
    if left_out:
        said = _(
            "{count} left out, not graded yet or waiting to be read: {some}",
            count=len(left_out),
            some=some(left_out),
        )
        console.print(said, markup=False, highlight=False, soft_wrap=True)


def override(
    exercise: ExerciseId,
    student: Annotated[str, typer.Argument(help="As the gradebook names them.")],
    task: Annotated[str, typer.Argument(help="The task.")],
    points: Annotated[float, typer.Argument(help="The points to give.")],
    reason: Annotated[str, typer.Option(help="Why; the student reads it.")],
    gradebook: BookUrl = DEFAULT_BOOK,
) -> None:
    """Set a student's points for a task by hand."""
    from graph_duet.grading.classroom.names import as_utf8, student_name

    student, reason = student_name(student), as_utf8(reason)
    filled_book(gradebook).override(exercise, student, task, points, reason)
    console.print(
        _(
            "{student}, {exercise}, task {task}: {points:g} points",
            student=student,
            exercise=exercise,
            task=task,
            points=points,
        ),
        markup=False,
        highlight=False,
    )


def report(
    exercise: ExerciseId,
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path | None, typer.Option(help="The page to write.")] = None,
) -> None:
    """Write the class view: which tasks fail, and how."""
    from graph_duet.grading.pages.class_report import write_class_report

    target = to or Path(f"{exercise}-class.html")
    number = write_class_report(filled_book(gradebook), exercise, target)
    console.print(_("{number} submissions in {target}", number=number, target=target), highlight=False)


def register(app: typer.Typer) -> None:
    for command in (feedback, export, report):
        app.command()(command)
    # Points below 0 are refused as points, not as an unknown option.
    app.command(context_settings={"ignore_unknown_options": True})(override)
