"""`duet autograder`, `autograde` and `similar`: a zip for Gradescope, and answers that are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graph_duet.commands.gradebooks import DEFAULT_BOOK, BookUrl, ExerciseId, filled_book
from graph_duet.commands.grading import Assignment, Unsafe, assigned, require_sandbox
from graphviz_tools.language import _, _n

console = Console()


def autograder(
    assignment: Assignment,
    to: Annotated[Path, typer.Option(help="The .zip to write.")] = Path("autograder.zip"),
    wheel: Annotated[
        Path | None, typer.Option(help="Install this wheel of graph-duet there, not the released package.")
    ] = None,
    unsafe_no_sandbox: Unsafe = False,
) -> None:
    """Write the autograder of one exercise, as Gradescope takes it."""
    from graph_duet.grading.classroom.autograder import write_autograder

    write_autograder(assigned(assignment), to, wheel, unsafe_no_sandbox)
    console.print(_("{to}: for you and Gradescope alone, it holds the solutions", to=to), highlight=False)


def autograde(
    folder: Annotated[Path, typer.Argument(help="The folder with one submission.")],
    assignment: Assignment,
    to: Annotated[Path, typer.Option(help="Gradescope's results.json.")],
    unsafe_no_sandbox: Unsafe = False,
) -> None:
    """Grade one submission in Gradescope's container."""
    from graph_duet import grading
    from graph_duet.grading.classroom import autograder as container

    require_sandbox(unsafe_no_sandbox)
    conditions = grading.Conditions(sandbox=not unsafe_no_sandbox)
    mark = container.autograde(folder, assigned(assignment), conditions, to)
    console.print(_("{points:g} points", points=mark.points), highlight=False)


def similar(
    exercise: ExerciseId,
    least: Annotated[str, typer.Option(help="Show pairs that have at least this share in common.")] = "80%",
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path | None, typer.Option(help="The page to write.")] = None,
) -> None:
    """Write a page of answers that are alike."""
    from graph_duet.grading.classroom.deadlines import share
    from graph_duet.grading.classroom.similarity import similar as find
    from graph_duet.grading.pages.similarity import write_similarity

    target = to or Path(f"{exercise}-similar.html")
    pairs = find(filled_book(gradebook), exercise, share(least))
    write_similarity(exercise, pairs, target)
    console.print(
        _n("{number} pair in {target}", "{number} pairs in {target}", len(pairs), target=target),
        highlight=False,
    )


def register(app: typer.Typer) -> None:
    app.command()(autograder)
    app.command(hidden=True)(autograde)
    app.command()(similar)
