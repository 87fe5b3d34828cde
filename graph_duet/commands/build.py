"""`duet build`: the course's notebooks from its text."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from graphviz_tools.errors import UserError
from graphviz_tools.language import _, _n

if TYPE_CHECKING:
    from graph_duet.authoring.build import Built

console = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)

Names = Annotated[
    list[str] | None, typer.Argument(help="Lessons and labs, such as L07, or folders; default: all.")
]


def build(
    names: Names = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; fail if a notebook would change or a text is wrong."),
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Build again whenever a text is saved.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also run what is up to date.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Notebooks at a time; default: one a core.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Also write each exercise and its grader's bundle below this folder.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Write the built notebooks in this language, from locales/, and run nothing."),
    ] = None,
) -> None:
    """Build notebooks from lesson.md and exercise.md, with their outputs; what is up to date is not run."""
    try:
        _run(names, check, watch, force, jobs, to=to, language=language)
    except KeyboardInterrupt:  # with nothing half built
        _stop(_("stopped; what is not built yet is as it was"))


def _run(
    names: list[str] | None,
    check: bool,
    watch: bool,
    force: bool,
    jobs: int | None,
    to: Path | None,
    language: str | None,
) -> None:
    from graph_duet.authoring.course_build import changed_folders
    from graph_duet.authoring.folders import named_folders

    folders = named_folders(names or ())
    if language is not None:
        _translate_built(folders, language)
        return
    changes = changed_folders(folders)  # from here on: what is saved during the first build is built next
    good = _build(folders, force, check, jobs)
    if to is not None:
        _write_bundles(folders, to)
    if watch:
        console.print(_("Watching; Ctrl+C ends it."))
        try:
            for changed in changes:
                _build(changed, force, check, jobs)
        except KeyboardInterrupt:  # between two builds: it ends as it said
            return
    if not good:
        raise typer.Exit(1)


def _build(folders: list[Path], force: bool, check: bool, jobs: int | None) -> bool:
    """Build, and print what became of each folder and what its texts lack; returns whether all is right.

    What a text lacks fails the build only with `check`.
    """
    from graph_duet.authoring.course_build import build_all
    from graph_duet.authoring.lint import lint

    good = True
    failed: dict[Path, str] = {}
    left = list(folders)
    try:
        with closing(build_all(folders, force, check, jobs)) as results:
            for folder, outcome in results:
                left.remove(folder)
                if isinstance(outcome, UserError):
                    console.print(str(outcome), style="red", markup=False)
                    failed[folder] = str(outcome)
                    good = False
                else:
                    good = _report(folder, outcome) and good
    except KeyboardInterrupt:
        _stop(_stopped(left) if left else "")
    problems = [
        problem
        for folder in folders
        if check or folder not in failed  # one thing at a time: what cannot be built comes first
        for problem in lint(folder)
        if not any(each.startswith(f"{problem.path}:{problem.line}: ") for each in failed.values())
    ]
    for problem in problems:
        console.print(str(problem), style="yellow", markup=False)
    return good and not (check and problems)


def _stop(sentence: str) -> NoReturn:
    """End as a shell expects after Ctrl-C."""
    if sentence:
        errors.print(sentence, style="bold red", markup=False)
    raise typer.Exit(130) from None


def _stopped(left: Sequence[Path]) -> str:
    """What Ctrl-C leaves as it was."""
    *names, last = [folder.name.partition("_")[0] for folder in left]
    return _n(
        "stopped: {last} was not built; what was there before is kept",
        "stopped: {names} and {last} were not built; what was there before is kept",
        len(left),
        names=", ".join(names),
        last=last,
    )


def _report(folder: Path, notebooks: list[Built]) -> bool:
    """Print what became of a folder's notebooks; returns whether all of it is right."""
    good = True
    for built in notebooks:
        console.print(f"{folder.name}/{built.path.name}: {_(built.state)}", markup=False)
        for change in built.changes:
            console.print(change, style="yellow", markup=False)
        for text in built.stderr:
            console.print(
                _("  it wrote on stderr: {text}", text=text[:200].strip()), style="red", markup=False
            )
        good = good and built.state != "differs" and not built.stderr
    return good


def _translate_built(folders: list[Path], language: str) -> None:
    from graph_duet.authoring.translation.build import build_translation

    for folder in folders:
        for path in build_translation(folder, language):
            console.print(str(path), markup=False)


def translate(
    language: Annotated[str, typer.Argument(help="A language, such as zh_CN or de.")],
    names: Names = None,
) -> None:
    """Make or update the PO files, in locales/, for translators: the course's prose, and the program's own texts."""
    from graph_duet.authoring.folders import named_folders
    from graph_duet.authoring.translation.catalogue import update_catalogue
    from graph_duet.authoring.translation.program_catalogue import compile_program, update_program

    for folder in named_folders(names or ()):
        console.print(str(update_catalogue(folder, language)), markup=False)
    if not names:
        console.print(str(update_program(language)), markup=False)
        for path in compile_program(language):
            console.print(str(path), markup=False)


def _write_bundles(folders: list[Path], to: Path) -> None:
    from graph_duet.authoring.bundles import bundle_of
    from graph_duet.grading.exercise import notebooks
    from graph_duet.grading.releasing import write_release

    for folder in folders:
        if (folder / "exercise.md").is_file():
            built = notebooks.read(folder / "exercise.ipynb")
            made = write_release(bundle_of(folder), to / folder.name, built)
            console.print(_("For you alone: {bundle_path}", bundle_path=made.bundle_path), markup=False)


def register(app: typer.Typer) -> None:
    app.command()(build)
    app.command()(translate)
