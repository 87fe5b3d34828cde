"""From the sources of a folder to the notebooks that learners get."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from graph_duet.authoring.bundles import bundle_of
from graph_duet.authoring.execute import execute, noise
from graph_duet.authoring.notebooks_from_text import lesson_notebook, solved_notebook
from graph_duet.grading.exercise.notebooks import dumps
from graph_duet.grading.releasing import exercise_notebook
from graphviz_tools.errors import UserError


@dataclass(frozen=True, slots=True)
class Built:
    """A notebook that was built: its path and what its cells wrote on stderr, which should be nothing."""

    path: Path
    stderr: tuple[str, ...]


def build_folder(folder: Path) -> list[Built]:
    """Build `lesson.ipynb` and `exercise.ipynb` of a folder, those that it has a source for.

    Call it inside `forked_kernels`. Raises UserError for a text that cannot be built, a cell that raised or a solution
    that fails; what is on disk then stays as it was.
    """
    built: list[Built] = []
    if (folder / "lesson.md").is_file():
        lesson = lesson_notebook(folder)
        built.append(_save(_run(lesson, folder, "lesson.md"), folder / "lesson.ipynb"))
    if (folder / "exercise.md").is_file():
        executed = _run(copy.deepcopy(solved_notebook(folder)), folder, "exercise.md")
        learners = exercise_notebook(bundle_of(folder), executed)
        built.append(_save(learners, folder / "exercise.ipynb", tuple(noise(executed))))
    return built


def _run(notebook: NotebookNode, folder: Path, source: str) -> NotebookNode:
    try:
        execute(notebook, folder)
    except UserError as error:
        raise UserError(f"{folder / source}: {error}") from None
    return notebook


def _save(notebook: NotebookNode, path: Path, stderr: tuple[str, ...] = ()) -> Built:
    path.write_text(dumps(notebook), encoding="utf-8")
    return Built(path, stderr or tuple(noise(notebook)))
