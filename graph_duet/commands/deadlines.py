"""`duet deadline`: when an exercise is due, and what a late submission loses."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from graph_duet.commands.gradebooks import DEFAULT_BOOK, BookUrl, ExerciseId, filled_book
from graphviz_tools.language import _

console = Console()
_MINUTE = 60.0


def deadline(
    exercise: ExerciseId,
    due: Annotated[str, typer.Argument(help="A moment, such as 2026-03-01T23:59+01:00.")],
    penalty: Annotated[str, typer.Option(help="The share of the points lost for each day begun.")] = "0%",
    most: Annotated[str, typer.Option(help="The largest share of the points that can be lost.")] = "100%",
    grace: Annotated[float, typer.Option(min=0, help="Minutes after the deadline that cost nothing.")] = 0,
    student: Annotated[str, typer.Option(help="Only for this student: a deadline of their own.")] = "",
    gradebook: BookUrl = DEFAULT_BOOK,
) -> None:
    """Set an exercise's deadline. Marks change at once; nothing is graded again."""
    from graph_duet.grading.classroom.deadlines import Deadline, in_words, moment, share
    from graph_duet.grading.classroom.names import student_name

    book, at = filled_book(gradebook), moment(due)
    if student:
        student = student_name(student)
        book.extend(exercise, student, at)
        said = _(
            "{exercise} is due for {student} on {in_words}",
            exercise=exercise,
            student=student,
            in_words=in_words(at),
        )
    else:
        book.set_deadline(exercise, Deadline(at, grace * _MINUTE, share(penalty), share(most)))
        late = sum(mark.lateness.days > 0 for mark in book.marks(exercise))
        said = _(
            "{exercise} is due on {in_words}; {late} handed in late",
            exercise=exercise,
            in_words=in_words(at),
            late=late,
        )
    console.print(said, markup=False, highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    app.command()(deadline)
