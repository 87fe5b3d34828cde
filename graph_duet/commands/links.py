"""`duet links`: for each notebook of the course, the addresses that open it elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from graphviz_tools.errors import UserError
from graphviz_tools.language import _


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(help="Links that open each lesson elsewhere, as Markdown for a course page.")(links)


def links(
    hub: Annotated[
        str,
        typer.Option(help="Your JupyterHub, with nbgitpuller: links to it instead of Colab and Binder."),
    ] = "",
) -> None:
    """Print a Markdown list, one line a notebook."""
    from graph_duet.authoring.elsewhere import binder, colab, nbgitpuller
    from graph_duet.lab.course import parts

    if hub and not hub.startswith(("https://", "http://")):
        raise UserError(_("write the hub's whole address: --hub https://hub.example.org"))
    for part in parts():
        for notebook in filter(None, (part.lesson, part.exercise)):
            name = f"{part.id} {part.title}" + (
                _(", exercise") if part.lesson and notebook != part.lesson else ""
            )
            if hub:
                print(f"- [{name}]({nbgitpuller(notebook, hub.rstrip('/'))})")
            else:
                print(f"- {name}: [Colab]({colab(notebook)}), [Binder]({binder(notebook)})")
