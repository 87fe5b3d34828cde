"""`duet new`: the folder of a new lesson or lab."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from graphviz_tools.language import _

console = Console(soft_wrap=True, highlight=False)


class What(StrEnum):
    lesson = "lesson"
    lab = "lab"


def new(
    what: Annotated[What, typer.Argument(help="A lesson with its exercise, or a GPU lab.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="Such as L21, or G13 for a lab.")],
    title: Annotated[str, typer.Argument(help="Its title; the folder is named after it.")],
) -> None:
    """Make a new lesson or lab that builds and passes its tests, for you to change."""
    from graph_duet.authoring.scaffold import new_lab, new_lesson

    folder = (new_lesson if what is What.lesson else new_lab)(id, title)
    console.print(_("Made {folder}, with a row on the map, lessons/README.md.", folder=folder), markup=False)
    console.print(
        _("Build it: duet build {id}. Test it: python -m pytest tests/lessons -k {id}.", id=id), markup=False
    )
    console.print(_("How to go on: docs/write-a-") + f"{what}.md", markup=False)


def register(app: typer.Typer) -> None:
    app.command()(new)
