"""What commands over a gradebook share: how it is named, and opened."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

if TYPE_CHECKING:
    from graph_duet.grading.classroom.gradebook import Gradebook

BookUrl = Annotated[
    str, typer.Option("--gradebook", "-g", help="An SQLite file, or a URL such as postgresql://host/name.")
]
ExerciseId = Annotated[str, typer.Argument(help="The exercise's id, such as L02.")]
DEFAULT_BOOK = "gradebook.sqlite"
_NAMED = 12  # students who are named after a fault in a summary


def filled_book(url: str) -> Gradebook:
    """Open an existing gradebook: a mistyped file name must not create an empty one. Raises UserError."""
    from graph_duet.grading.classroom.gradebook import Gradebook

    if "://" not in url and not Path(url).is_file():
        raise UserError(
            _("there is no gradebook {url}: `duet grade` makes one; name it with --gradebook", url=url)
        )
    return Gradebook(url)


def some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:_NAMED]) + (", …" if len(listed) > _NAMED else "")
