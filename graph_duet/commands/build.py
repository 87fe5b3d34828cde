"""`duet build`: the course's notebooks from its text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from graphviz_tools.errors import UserError

console = Console(soft_wrap=True)

Names = Annotated[
    list[str] | None, typer.Argument(help="Lessons and labs, such as L07 or a folder; default: all.")
]


def build(
    names: Names = None,
    to: Annotated[
        Path | None, typer.Option(help="Also write each exercise and its grader's bundle below this folder.")
    ] = None,
) -> None:
    """Build notebooks from lesson.md and exercise.md, with their outputs."""
    from graph_duet.authoring.build import build_folder
    from graph_duet.authoring.bundles import bundle_of
    from graph_duet.authoring.execute import forked_kernels
    from graph_duet.authoring.folders import named_folders
    from graph_duet.grading.releasing import write_release

    failed = False
    with forked_kernels():
        for folder in named_folders(names or ()):
            try:
                for built in build_folder(folder):
                    console.print(str(built.path), highlight=False)
                    for text in built.stderr:
                        failed = True
                        console.print(f"  [red]stderr:[/] {text[:200].strip()}", highlight=False)
                if to is not None and (folder / "exercise.md").exists():
                    made = write_release(bundle_of(folder), to / folder.name)
                    console.print(f"For you alone: {made.bundle_path}", highlight=False)
            except UserError as error:
                failed = True
                console.print(str(error), style="red", markup=False, highlight=False)
    if failed:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    app.command()(build)
