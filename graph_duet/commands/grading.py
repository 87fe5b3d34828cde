"""`duet release`, `grade` and `regrade`: thin functions over `grading`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from graph_duet.commands.gradebooks import DEFAULT_BOOK, BookUrl, some
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

if TYPE_CHECKING:
    from graph_duet.grading.classroom.grade import Summary
    from graph_duet.grading.classroom.submissions import Intake, Submission
    from graph_duet.grading.exercise.bundle import Bundle

console = Console()

Submissions = Annotated[Path, typer.Argument(help="A folder or .zip of STUDENT.ipynb or STUDENT/NAME.ipynb.")]
Assignment = Annotated[
    Path, typer.Option("--assignment", "-a", help="The bundle that `duet release` made, or its folder.")
]
Scheduler = Annotated[str | None, typer.Option(help="A Dask scheduler, such as tcp://host:8786.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes on this machine; default: one a core.")]
Gpu = Annotated[bool, typer.Option("--gpu", help="Let kernels use the GPU.")]
Unsafe = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run other people's code without a sandbox.")
]


class Attempts(StrEnum):
    """Which of a student's attempts count."""

    newest = "newest"
    best = "best"


@dataclass(frozen=True, slots=True)
class HandingIn:
    """Where submissions are, and what an instructor says about them."""

    place: Path
    groups: Path | None = None
    times: Path | None = None
    best: bool = False

    def intake(self, exercise: str) -> Intake:
        from graph_duet.grading.classroom.groups import read_groups, read_times
        from graph_duet.grading.classroom.submissions import intake

        groups = read_groups(self.groups) if self.groups is not None else None
        taken = intake(self.place, exercise, groups, all_attempts=self.best)
        if self.times is None:
            return taken
        times = read_times(self.times)
        timed = (replace(s, handed_in=times.get(s.student, s.handed_in)) for s in taken.submissions)
        return replace(taken, submissions=tuple(timed))


def release(
    folder: Annotated[Path, typer.Argument(help="The folder of an exercise.md.")],
    to: Annotated[Path | None, typer.Option(help="Where to write; default: that folder.")] = None,
) -> None:
    """Make the learner's notebook and the grader's bundle of one exercise."""
    from graph_duet.authoring.bundles import bundle_of
    from graph_duet.grading.exercise import notebooks
    from graph_duet.grading.exercise.measuring_rule import measured_beside_the_answer
    from graph_duet.grading.releasing import write_release

    if not (folder / "exercise.md").is_file():
        raise UserError(
            _("there is no {path}: an exercise is released from its text", path=folder / "exercise.md")
        )
    built = folder / "exercise.ipynb"
    made = write_release(bundle_of(folder), to or folder, notebooks.read(built) if built.exists() else None)
    exercise = made.bundle.exercise
    console.print(
        _(
            "{id}: {count} tasks, {points:g} points.",
            id=exercise.id,
            count=len(exercise.tasks),
            points=exercise.points,
        )
    )
    beside = measured_beside_the_answer(exercise, made.bundle.notebook)
    if beside:
        said = ", ".join(f"{check.cell} ({check.points:g})" for check in beside)
        console.print(
            _(
                "Measured in the answer's own process, where they can be forged (points): {checks}",
                checks=said,
            )
        )
    console.print(_("For learners: {exercise}", exercise=made.exercise), highlight=False, soft_wrap=True)
    console.print(
        _("For you alone: {bundle_path}", bundle_path=made.bundle_path), highlight=False, soft_wrap=True
    )


def grade(
    submissions: Submissions,
    assignment: Assignment,
    gradebook: BookUrl = DEFAULT_BOOK,
    scheduler: Scheduler = None,
    workers: Workers = None,
    seed: Annotated[
        int | None, typer.Option(help="Draw inputs with this seed; default: a random one, which is kept.")
    ] = None,
    gpu: Gpu = False,
    unsafe_no_sandbox: Unsafe = False,
    again: Annotated[str, typer.Option(help="Run this student's submission again, and no other.")] = "",
    attempts: Annotated[
        Attempts, typer.Option(help="Of several attempts: grade the newest, or all, and the best counts.")
    ] = Attempts.newest,
    groups: Annotated[
        Path | None, typer.Option(help="A .csv with the columns group and student: one hands in for all.")
    ] = None,
    times: Annotated[
        Path | None, typer.Option(help="A .csv with the columns student and time: when each handed in.")
    ] = None,
) -> None:
    """Grade a class. Submissions already in the gradebook are not run again."""
    handing_in = HandingIn(submissions, groups, times, attempts is Attempts.best)
    how = _How(scheduler, workers, gpu, unsafe_no_sandbox, seed)
    _grade(handing_in, assignment, gradebook, how, student=again)


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
    handing_in = HandingIn(submissions)
    how = _How(scheduler, workers, gpu, unsafe_no_sandbox)
    _grade(handing_in, assignment, gradebook, how, task=task)


@dataclass(frozen=True, slots=True)
class _How:
    """Where and how notebooks run: the address of a `scheduler` (None: workers of our own) and the number of its
    `workers`, with a GPU, without a sandbox (`unsafe`), with inputs from `seed`."""

    scheduler: str | None
    workers: int | None
    gpu: bool
    unsafe: bool
    seed: int | None = None


def _grade(
    handing_in: HandingIn, assignment: Path, gradebook: str, how: _How, *, task: str = "", student: str = ""
) -> None:
    from graph_duet import grading
    from graph_duet.grading.classroom import grade
    from graph_duet.grading.classroom.gradebook import Gradebook
    from graph_duet.grading.classroom.names import student_name

    if how.scheduler is None:  # a cluster's workers say themselves where they have no sandbox
        require_sandbox(how.unsafe)
    bundle = assigned(assignment)
    student = student_name(student) if student else ""
    taken = handing_in.intake(bundle.exercise.id)
    found = _of_student(student, taken, handing_in)
    conditions = grading.Conditions(sandbox=not how.unsafe, gpu=how.gpu)
    if how.scheduler is None:
        conditions = conditions.with_shared_zygote(bundle)
    book = Gradebook(gradebook)
    if student:
        book.forget(bundle.exercise.id, student)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with bar, grade.workers(how.scheduler, how.workers) as client:
        line = bar.add_task(bundle.exercise.id, total=len(found))
        summary = grade.grade_class(
            found,
            bundle,
            book,
            conditions,
            client,
            seed=how.seed,
            task=task,
            on_done=lambda _: bar.advance(line),
            best=handing_in.best,
        )
    _print_summary(summary)
    _print_intake(taken)


def _of_student(student: str, taken: Intake, handing_in: HandingIn) -> list[Submission]:
    """The submissions of one student, or everybody's when `student` is empty. Raises UserError if there are none."""
    found = [s for s in taken.submissions if student in ("", s.student)]
    if not found:
        raise UserError(
            _(
                "{place} has nothing of {student}: it has {some}",
                place=handing_in.place,
                student=student,
                some=some(s.student for s in taken.submissions),
            )
        )
    return found


def _print_intake(taken: Intake) -> None:
    """What was decided about the files, a line each."""
    for submission in taken.submissions:
        if submission.note:
            line = f"{submission.student}: {submission.note}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    if taken.ignored:
        console.print(_("{count} files were ignored:", count=len(taken.ignored)))
        for line in taken.ignored:
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def assigned(assignment: Path) -> Bundle:
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
            _(
                "other people's code runs only in a sandbox, and this machine has none: {reason}. "
                "--unsafe-no-sandbox runs it anyway, with your rights on this machine",
                reason=reason,
            )
        )
    if unsafe:
        console.print(_("[bold red]No sandbox: submissions run with your rights on this machine.[/]"))


def _print_summary(summary: Summary) -> None:
    console.print(
        _("{graded} graded now, {known} known from before.", graded=summary.graded, known=summary.known)
    )
    for fault, students in sorted(summary.faults.items()):
        console.print(
            f"{len(students)} {fault}: {some(students)}", markup=False, highlight=False, soft_wrap=True
        )
    if "infrastructure" in summary.faults:
        console.print(_("[bold red]The grader failed there, not the submission: run the command again.[/]"))


def register(app: typer.Typer) -> None:
    for command in (release, grade, regrade):
        app.command()(command)
