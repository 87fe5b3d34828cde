"""The error for a cell that does not follow the exercise format, or does not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphviz_tools.errors import UserError


class CellError(UserError):
    """`cell` is the id of the cell where an author should look, `line` the line in it, counted from 1."""

    def __init__(self, cell: str, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.cell, self.line = cell, line


@contextmanager
def about_cell(cell: str) -> Iterator[None]:
    """Inside, a user's mistake is one in the cell with this id."""
    try:
        yield
    except CellError:
        raise
    except UserError as error:
        raise CellError(cell, str(error)) from None
