"""A notebook in another language: its Markdown and the words in its metadata, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable

from nbformat import NotebookNode

from graph_duet.authoring.translation.markdown import translate_markdown
from graph_duet.grading.exercise.notebooks import duet

_FIELDS = ("title", "expects")  # of the grader's metadata: words that a learner reads


def translated(notebook: NotebookNode, translate: Callable[[str, str, int], str]) -> NotebookNode:
    """A copy of `notebook` in which `translate(text, cell id, line in the cell)` gave each piece of prose.

    Ids, code, outputs and order are the same, so that the same bundle grades it.
    """
    result = copy.deepcopy(notebook)
    for cell in result.cells:
        for field in _FIELDS:
            if field in duet(cell):
                cell.metadata.duet[field] = translate(str(duet(cell)[field]), cell.id, 0)
        if cell.cell_type == "markdown":
            cell.source = translate_markdown(
                cell.source, lambda text, line, id=cell.id: translate(text, id, line)
            )
    if "title" in duet(result):
        result.metadata.duet["title"] = translate(str(duet(result)["title"]), "title", 0)
    return result


def messages(notebook: NotebookNode) -> list[tuple[str, str, int]]:
    """(text, cell id, line in the cell) of every piece that `translated` replaces, in order."""
    found: list[tuple[str, str, int]] = []

    def note(text: str, cell: str, line: int) -> str:
        found.append((text, cell, line))
        return text

    translated(notebook, note)
    return found
