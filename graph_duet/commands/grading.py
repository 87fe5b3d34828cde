"""`duet release`, `check`, `grade` and what follows from a gradebook: thin functions over `grading`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from graphviz_tools.errors import UserError

if TYPE_CHECKING:
    from graph_duet.grading.classroom.grade import Summary
    from graph_duet.grading.classroom.gradebook import Gradebook
    from graph_duet.grading.classroom.submissions import Intake
    from graph_duet.grading.exercise.bundle import Bundle
    from graph_duet.grading.report import CheckResult
    from graph_duet.grading.self_check import OwnRun

console = Console()

Submissions = Annotated[Path, typer.Argument(help="A folder or .zip of STUDENT.ipynb or STUDENT/NAME.ipynb.")]
Assignment = Annotated[
    Path, typer.Option("--assignment", "-a", help="The bundle that `duet release` made, or its folder.")
]
BookUrl = Annotated[
    str, typer.Option("--gradebook", "-g", help="An SQLite file, or a URL such as postgresql://host/name.")
]
ExerciseId = Annotated[str, typer.Argument(help="The exercise's id, such as L02.")]
Scheduler = Annotated[str | None, typer.Option(help="A Dask scheduler, such as tcp://host:8786.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes on this machine; default: one a core.")]
Gpu = Annotated[bool, typer.Option("--gpu", help="Let kernels use the GPU.")]
Unsafe = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run other people's code without a sandbox.")
]
DEFAULT_BOOK = "gradebook.sqlite"
_ERROR = re.compile(r"\w*(Error|Exception)\b.*: ")
_TEMPORARY = re.compile(r"\(\d+\.py, line ")  # a cell's file, which IPython makes up
_BRIEF = 240  # characters of an error's first line
_NAMED = 12  # students whose names stand behind a fault in a summary


def release(
    folder: Annotated[Path, typer.Argument(help="The folder of an exercise.md.")],
    to: Annotated[Path | None, typer.Option(help="Where to write; default: that folder.")] = None,
) -> None:
    """Make the learner's notebook and the grader's bundle of one exercise."""
    from graph_duet import grading
    from graph_duet.authoring.bundles import bundle_of
    from graph_duet.grading.exercise import notebooks
    from graph_duet.grading.releasing import write_release

    if (folder / "exercise.md").is_file():
        built = folder / "exercise.ipynb"
        made = write_release(
            bundle_of(folder), to or folder, notebooks.read(built) if built.exists() else None
        )
    else:
        made = grading.release(folder, to)
    exercise = made.bundle.exercise
    console.print(f"{exercise.id}: {len(exercise.tasks)} tasks, {exercise.points:g} points.")
    console.print(f"For learners: {made.exercise}", highlight=False, soft_wrap=True)
    console.print(f"For you alone: {made.bundle_path}", highlight=False, soft_wrap=True)


def check(notebook: Annotated[Path, typer.Argument(help="Your copy of an exercise.")]) -> None:
    """Run your own notebook and see what is right, and a hint for what is not yet."""
    from graph_duet import grading
    from graph_duet.grading import progress

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
        more = sum(run.hidden.values())
        points = f"{more:g} more point comes" if more == 1 else f"{more:g} more points come"
        console.print(f"[dim]{points} from predictions and hidden checks when this is graded.[/]")


def progress() -> None:
    """Show the course, and what you have done of it."""
    from graph_duet.grading.progress import standings, store
    from graph_duet.lab.course import parts

    tried = {row.exercise: row for row in standings()}
    table = Table("", "Title", "Minutes", "Points", "Tries", "Last", title="The course, and your progress")
    for part in parts():
        row = tried.pop(part.id, None)
        points = f"{row.points:g} of {part.possible:g}" if row else f"0 of {part.possible:g}"
        name = f"{'[green]✓[/]' if row and row.done else ' '} {part.id}"
        last = (str(row.tries), row.last) if row else ("", "")
        table.add_row(name, escape(part.title), str(part.minutes), points if part.possible else "", *last)
    for row in tried.values():  # an exercise of somebody else's
        done = "[green]✓[/]" if row.done else " "
        points = f"{row.points:g} of {row.possible:g}"
        table.add_row(
            f"{done} {escape(row.exercise)}", escape(row.title), "", points, str(row.tries), row.last
        )
    console.print(table)
    console.print(f"[dim]Kept in {escape(str(store()))}.[/]", soft_wrap=True)


def grade(
    submissions: Submissions,
    assignment: Assignment,
    gradebook: BookUrl = DEFAULT_BOOK,
    scheduler: Scheduler = None,
    workers: Workers = None,
    seed: Annotated[
        int | None, typer.Option(help="Draw inputs with this seed; default: drawn once, kept.")
    ] = None,
    gpu: Gpu = False,
    unsafe_no_sandbox: Unsafe = False,
    again: Annotated[str, typer.Option(help="Run this student's submission again, and no other.")] = "",
) -> None:
    """Grade a class. Submissions already in the gradebook are not run again."""
    _grade(
        submissions, assignment, gradebook, scheduler, workers, seed, gpu, unsafe_no_sandbox, student=again
    )


def regrade(
    submissions: Submissions,
    assignment: Assignment,
    task: Annotated[str, typer.Option(help="The task to mark again.")],
    gradebook: BookUrl = DEFAULT_BOOK,
    scheduler: Scheduler = None,
    workers: Workers = None,
    gpu: Gpu = False,
    unsafe_no_sandbox: Unsafe = False,
) -> None:
    """Grade one task again, after you fixed its checks; old marks stay in the history."""
    _grade(submissions, assignment, gradebook, scheduler, workers, None, gpu, unsafe_no_sandbox, task)


def feedback(
    exercise: ExerciseId,
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path, typer.Option(help="The folder for the pages.")] = Path("feedback"),
) -> None:
    """Write a page for every student."""
    from graph_duet.grading.pages.feedback import write_feedback

    number = write_feedback(_filled_book(gradebook), exercise, to)
    console.print(f"{number} pages in {to}", highlight=False)


def export(
    exercise: ExerciseId,
    form: Annotated[str, typer.Option("--format", help="canvas, moodle, gradescope or csv.")] = "csv",
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path | None, typer.Option(help="The file (gradescope: the folder) to write.")] = None,
    roster: Annotated[
        Path | None, typer.Option(help="The .csv that Canvas exported: the marks are put into its rows.")
    ] = None,
) -> None:
    """Write the marks as a learning platform reads them."""
    from graph_duet.grading.classroom.export import export as write
    from graph_duet.grading.classroom.export import export_into

    if roster is not None and form != "canvas":
        raise UserError("--roster is Canvas's own export: it goes with --format canvas")
    target = to or Path(f"{exercise}-{form}" + ("" if form == "gradescope" else ".csv"))
    if roster is not None:
        number, missing = export_into(_filled_book(gradebook), exercise, roster, target)
        console.print(f"{number} marks in {target}", highlight=False)
        if missing:
            console.print(
                f"Not in {roster}: {', '.join(missing)}", markup=False, highlight=False, soft_wrap=True
            )
        return
    number = write(_filled_book(gradebook), exercise, form, target)
    console.print(f"{number} marks in {target}", highlight=False)


def override(
    exercise: ExerciseId,
    student: Annotated[str, typer.Argument(help="As the gradebook names them.")],
    task: Annotated[str, typer.Argument(help="The task.")],
    points: Annotated[float, typer.Argument(help="The points it shall have.")],
    reason: Annotated[str, typer.Option(help="Why; the student reads it.")],
    gradebook: BookUrl = DEFAULT_BOOK,
) -> None:
    """Set a student's points for a task by hand."""
    _filled_book(gradebook).override(exercise, student, task, points, reason)
    console.print(f"{student}, {exercise}, task {task}: {points:g} points", markup=False, highlight=False)


def report(
    exercise: ExerciseId,
    gradebook: BookUrl = DEFAULT_BOOK,
    to: Annotated[Path | None, typer.Option(help="The page to write.")] = None,
) -> None:
    """Write the class view: which tasks fail, and how."""
    from graph_duet.grading.pages.class_report import write_class_report

    target = to or Path(f"{exercise}-class.html")
    number = write_class_report(_filled_book(gradebook), exercise, target)
    console.print(f"{number} submissions in {target}", highlight=False)


def _grade(
    submissions: Path,
    assignment: Path,
    gradebook: str,
    scheduler: str | None,
    workers: int | None,
    seed: int | None,
    gpu: bool,
    unsafe: bool,
    task: str = "",
    student: str = "",
) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from graph_duet import grading
    from graph_duet.grading.classroom import grade
    from graph_duet.grading.classroom.submissions import intake

    if scheduler is None:  # a cluster's workers say themselves where they have no sandbox
        require_sandbox(unsafe)
    bundle = _assigned(assignment)
    taken = intake(submissions, bundle.exercise.id)
    found = [s for s in taken.submissions if student in ("", s.student)]
    if not found:
        raise UserError(
            f"{submissions} has nothing of {student}: it has {_some(s.student for s in taken.submissions)}"
        )
    conditions = grading.Conditions(sandbox=not unsafe, gpu=gpu)
    if scheduler is None:
        conditions = conditions.with_shared_zygote(bundle)
    book = _book(gradebook)
    if student:
        book.forget(bundle.exercise.id, student)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with bar, grade.workers(scheduler, workers) as client:
        line = bar.add_task(bundle.exercise.id, total=len(found))
        try:
            summary = grade.grade_class(
                found, bundle, book, conditions, client, seed, task, on_done=lambda _: bar.advance(line)
            )
        except SQLAlchemyError as error:  # locked, full, gone
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise UserError(
                f"the gradebook {gradebook} cannot be written: {reason}. What it has is kept: run the command again"
            ) from None
    _print_summary(summary)
    _print_intake(taken)


def _print_intake(taken: Intake) -> None:
    """What was decided about the files, a line each."""
    for submission in taken.submissions:
        if submission.note:
            line = f"{submission.student}: {submission.note}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if taken.ignored:
        console.print(f"{len(taken.ignored)} files were ignored:")
        for line in taken.ignored:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:_NAMED]) + (", …" if len(listed) > _NAMED else "")


def _assigned(assignment: Path) -> Bundle:
    """The bundle that is meant: a file, the one in a folder, or one that is built from a folder's exercise.md."""
    from graph_duet.authoring.bundles import bundle_of
    from graph_duet.grading.exercise.bundle import Bundle

    if assignment.is_dir() and (assignment / "exercise.md").is_file():
        return bundle_of(assignment)
    return Bundle.load(assignment / "exercise.bundle.json" if assignment.is_dir() else assignment)


def require_sandbox(unsafe: bool) -> None:
    """Raise, with the reason, when this machine cannot confine other people's code and `unsafe` is not set."""
    from graph_duet.notebook_kernels.sandbox import NoSandbox, why_no_sandbox

    reason = why_no_sandbox()
    if reason and not unsafe:
        raise NoSandbox(
            f"other people's code runs only in a sandbox, and this machine has none: {reason}. "
            "--unsafe-no-sandbox runs it anyway, with your rights on this machine"
        )
    if unsafe:
        console.print("[bold red]No sandbox: submissions run with your rights on this machine.[/]")


def _print_summary(summary: Summary) -> None:
    console.print(f"{summary.graded} graded now, {summary.known} known from before.")
    for fault, students in sorted(summary.faults.items()):
        names = ", ".join(sorted(students)[:_NAMED]) + (", …" if len(students) > _NAMED else "")
        console.print(f"{len(students)} {fault}: {names}", markup=False, highlight=False, soft_wrap=True)
    if "infrastructure" in summary.faults:
        console.print("[bold red]The grader failed there, not the submission: run the command again.[/]")


def _book(url: str) -> Gradebook:
    from graph_duet.grading.classroom.gradebook import Gradebook

    return Gradebook(url)


def _filled_book(url: str) -> Gradebook:
    """Open an existing gradebook: a mistyped file name must not create an empty one. Raises UserError."""
    if "://" not in url and not Path(url).is_file():
        raise UserError(f"there is no gradebook {url}: `duet grade` makes one; name it with --gradebook")
    return _book(url)


def _own_table(run: OwnRun) -> Table:
    """One row a task: its points, and what each of its failed checks says, a line each."""
    report = run.report
    table = Table(
        "Task", "Points", "", title=f"{run.exercise.title}: {report.points:g} of {report.possible:g}"
    )
    for task in run.exercise.tasks:
        checks = report.task(task.id)
        failed = list(dict.fromkeys(_what_failed(check) for check in checks if check.fault))
        earned, possible = (
            sum(values) for values in zip(*((c.points, c.possible) for c in checks), strict=True)
        )
        mark = "[red]✗[/]" if failed else "[green]✓[/]"
        said = "\n".join(failed) or next((c.message for c in checks if c.message), "right")
        table.add_row(
            f"{mark} {escape(task.id)} {escape(task.title)}", f"{earned:g} of {possible:g}", escape(said)
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
    for command in (release, check, progress, grade, regrade, feedback, export, report):
        app.command()(command)
    # Points below 0 are refused as points, not as an unknown option.
    app.command(context_settings={"ignore_unknown_options": True})(override)
