"""What a source is called where its lines are shown: a file by its name, a notebook's cell as its reader knows it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from graphviz_tools.language import _

_OF_A_CELL = re.compile(r"ipykernel_\d+[/\\]\d+\.py$|^<ipython-input-")


def source_names(files: Iterable[str]) -> dict[str, str]:
    """A name of its own for each file, without its folder, which is another in each run of a notebook.

    A cell that ran in this notebook kernel is `cell [3]`, by its number there; one of another run is `a cell`. With its
    folder, or a number behind it, where two names are equal.
    """
    distinct = sorted(set(files))
    named = {file: _cell(file) or PurePath(file).name for file in distinct}
    found: dict[str, str] = {}
    for file, name in named.items():
        alike = [other for other in distinct if named[other] == name]
        if len(alike) > 1:
            name = f"{name} ({alike.index(file) + 1})" if _cell(file) else file
        found[file] = name
    return found


def _cell(file: str) -> str:
    """What the cell that became `file` is called; "" for a file that no notebook made."""
    number = _number(file)
    if number is not None:
        return _("cell [{number}]", number=number)
    return _("a cell") if _OF_A_CELL.search(file) else ""


def _number(file: str) -> str | None:
    """The number of the cell, where it ran in this notebook kernel."""
    from IPython import get_ipython  # only a notebook has one

    shell = get_ipython()
    # Since IPython 8; Colab and Kaggle have 7.34, which forgets the number.
    format_code_name = getattr(shell.compile, "format_code_name", None) if shell is not None else None
    named = format_code_name(file) if format_code_name is not None else None
    digits = re.search(r"\d+", named[1]) if named else None
    return digits[0] if digits else None
