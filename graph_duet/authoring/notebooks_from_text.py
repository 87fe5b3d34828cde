"""From text to notebooks without outputs: the lesson as learners get it, and the exercise with its solutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from graph_duet.authoring.cell_ids import cell_ids, tasks_of
from graph_duet.authoring.elsewhere import install_cell
from graph_duet.authoring.regions import for_learners
from graph_duet.authoring.source import Source, SourceCell, read_source
from graph_duet.authoring.source_error import SourceError
from graph_duet.authoring.title_cell import title_cell
from graph_duet.grading.exercise.cell_error import CellError
from graph_duet.grading.exercise.format import OF_TASK, read_exercise
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
_OWN = ("name", "tags", "jupyter", "belief", "predicted", "seen")  # not for the grader
_EXERCISE_FIELDS = ("exercise", "title", "minutes", "deadline", "cell_seconds")


def lesson_notebook(folder: Path) -> NotebookNode:
    """The lesson of a folder, without outputs. Raises UserError or SourceError."""
    return notebook_of(read_source(folder / "lesson.md"))


def solved_notebook(folder: Path) -> NotebookNode:
    """The exercise of a folder with its solutions and hidden checks, without outputs.

    Raises UserError, or SourceError with the line where the format is not followed.
    """
    source = read_source(folder / "exercise.md")
    lesson = folder / "lesson.md"
    title = str(read_source(lesson).front["title"]) if lesson.exists() else ""
    return notebook_of(source, title)


def notebook_of(source: Source, lesson_title: str = "") -> NotebookNode:
    """The notebook of a source; `lesson_title` is named by an exercise that belongs to a lesson."""
    notebook = v4.new_notebook(metadata={"kernelspec": KERNELSPEC, "language_info": {"name": "python"}})
    if source.is_exercise:
        fields = {name: source.front[name] for name in _EXERCISE_FIELDS if name in source.front}
        notebook.metadata["duet"] = NotebookNode(fields)
    ids, tasks = cell_ids(source), tasks_of(source)
    hints: dict[str, int] = {}
    cells: list[NotebookNode] = []
    preface = ""
    for index, cell in enumerate(source.cells):
        if cell.kind in OF_TASK and not tasks[index]:
            what = cell.kind
            raise SourceError(
                source.path, cell.line, _("this {what} belongs below a heading `## Task 1 · ...`", what=what)
            )
        if index == 0 and cell.type == "markdown" and not cell.text.startswith("#"):
            preface = cell.text
        elif cell.kind == "hint":
            hints[tasks[index]] = hints.get(tasks[index], 0) + 1
            cells.append(_hint(cell, ids[index], tasks[index], hints[tasks[index]]))
        else:
            cells.append(_cell(cell, ids[index], tasks[index], source.path))
    title = title_cell(source, preface, points_of(source), lesson_title)
    notebook.cells = [v4.new_markdown_cell(title, id="title"), install_cell(), *cells]
    if source.is_exercise:
        _check_format(source, ids, notebook)
    return notebook


def points_of(source: Source) -> float:
    """The points of all checks; one that is not a number is reported by the exercise format."""
    points = (cell.options.get("points") for cell in source.cells)
    return sum(each for each in points if isinstance(each, int | float))


def _cell(cell: SourceCell, id: str, task: str, path: Path) -> NotebookNode:
    metadata: dict[str, Any] = {key: cell.options[key] for key in ("tags", "jupyter") if key in cell.options}
    duet = {key: value for key, value in cell.options.items() if key not in _OWN}
    if cell.kind in OF_TASK:
        duet["task"] = task
    if "uses" in duet:
        duet["uses"] = [str(used) for used in duet["uses"]]
    if duet:
        metadata["duet"] = duet
    if cell.type == "markdown":
        return v4.new_markdown_cell(cell.text, id=id, metadata=metadata)
    return v4.new_code_cell(for_learners(cell, path), id=id, metadata=metadata)


def _hint(cell: SourceCell, id: str, task: str, number: int) -> NotebookNode:
    text = f"<details><summary>Hint {number}</summary>\n\n{cell.text}\n\n</details>"
    return v4.new_markdown_cell(text, id=id, metadata={"duet": {"kind": "hint", "task": task}})


def _check_format(source: Source, ids: list[str], notebook: NotebookNode) -> None:
    """Raise SourceError where the exercise format is not followed, with the line of the cell that is named."""
    with _named_lines(source, ids):
        read_exercise(notebook)


@contextmanager
def named_lines(path: Path) -> Iterator[None]:
    """Inside, a user's mistake about a cell of the notebook built from `path` is raised as SourceError, with its line
    in the text."""
    source = read_source(path)
    with _named_lines(source, cell_ids(source)):
        yield


@contextmanager
def _named_lines(source: Source, ids: Sequence[str]) -> Iterator[None]:
    lines = dict(zip(ids, (cell.line for cell in source.cells), strict=True))
    try:
        yield
    except CellError as error:
        line = lines[error.cell] + error.line - 1 if error.cell in lines else 1
        raise SourceError(source.path, line, str(error)) from None
    except UserError as error:
        raise SourceError(source.path, 1, str(error)) from None
