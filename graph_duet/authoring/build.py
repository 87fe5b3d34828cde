"""From the text of a folder to the notebooks that learners get."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nbformat
from nbformat import NotebookNode

from graph_duet.authoring import cache
from graph_duet.authoring.bundles import bundle_of
from graph_duet.authoring.cell_ids import cell_ids
from graph_duet.authoring.changed_outputs import changed_outputs, same_but_for_bitmaps
from graph_duet.authoring.execute import execute, noise
from graph_duet.authoring.notebooks_from_text import lesson_notebook, named_lines, solved_notebook
from graph_duet.authoring.source import read_source
from graph_duet.grading.exercise.notebooks import dumps
from graph_duet.grading.releasing import exercise_notebook
from graphviz_tools.language import _
from graphviz_tools.whole_file import write_whole

State = Literal["built", "up to date", "differs"]


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one notebook.

    `state` is "built" (written, or what is on disk is the same), "up to date" (not run) or "differs" (only
    checked, and a build would change it). `changes` says which outputs are not what they were; `stderr` is
    what its cells wrote there, which should be nothing.
    """

    path: Path
    state: State
    changes: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()


def build_folder(folder: Path, force: bool = False, check: bool = False) -> list[Built]:
    """Build `lesson.ipynb` and `exercise.ipynb` of a folder, those that it has a text for.

    What is up to date is not run, unless `force`; with `check` nothing is written. Call it inside
    `forked_kernels`. Raises UserError for a text that cannot be built, a cell that raised or a solution that
    fails; what is on disk then stays as it was.
    """
    return [
        _build(folder, source, force, check)
        for source in ("lesson.md", "exercise.md")
        if (folder / source).is_file()
    ]


def _build(folder: Path, source: str, force: bool, check: bool) -> Built:
    path = (folder / source).with_suffix(".ipynb")
    fingerprint = cache.outputs_fingerprint(folder)
    if not force and cache.is_up_to_date(path, fingerprint):
        return Built(path, "up to date")
    notebook, stderr = _lesson(folder) if source == "lesson.md" else _exercise(folder)
    before = nbformat.read(path, as_version=4) if path.is_file() else None
    changes = tuple(_with_lines(folder / source, before, notebook))
    if before is not None and same_but_for_bitmaps(before, notebook):
        if not stderr:
            cache.mark_up_to_date(path, fingerprint)
        return Built(path, "built", changes, stderr)
    if check:
        return Built(path, "differs", changes, stderr)
    write_whole(path, dumps(notebook))
    if not stderr:
        cache.mark_up_to_date(path, fingerprint)
    return Built(path, "built", changes, stderr)


def _lesson(folder: Path) -> tuple[NotebookNode, tuple[str, ...]]:
    notebook = _run(lesson_notebook(folder), folder / "lesson.md")
    return notebook, tuple(noise(notebook))


def _exercise(folder: Path) -> tuple[NotebookNode, tuple[str, ...]]:
    executed = _run(copy.deepcopy(solved_notebook(folder)), folder / "exercise.md")
    return exercise_notebook(bundle_of(folder), executed), tuple(noise(executed))


def _run(notebook: NotebookNode, source: Path) -> NotebookNode:
    with named_lines(source):
        execute(notebook, source.parent)
    return notebook


def _with_lines(source: Path, before: NotebookNode | None, after: NotebookNode) -> Iterator[str]:
    """Each changed output with the line of its cell in the text."""
    text = read_source(source)
    lines = dict(zip(cell_ids(text), (cell.line for cell in text.cells), strict=True))
    for id, change in changed_outputs(before, after):
        yield _(
            "{source}:{lines}: the output of cell {id} changed\n{change}",
            source=source,
            lines=lines.get(id, 1),
            id=id,
            change=change,
        )
