"""Reset a task or an exercise to its shipped text, and keep the learner's own as a backup."""

from __future__ import annotations

import time
from pathlib import Path

from graph_duet.grading.exercise import notebooks
from graph_duet.grading.exercise.notebooks import duet
from graph_duet.grading.self_check import released
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

BACKUPS = Path(".duet") / "backups"


def reset(root: Path, notebook: Path, task: str = "") -> Path:
    """Put the shipped text of `task`'s answers, or of the whole exercise, into `notebook`; return the backup.

    The learner's file as it was is copied to `.duet/backups` in `root` first. Raises UserError when it is not an
    exercise or has no such task, and OSError when the disk is full: then nothing has changed.
    """
    before = notebook.read_bytes() if notebook.is_file() else b""
    mine = notebooks.read(notebook)
    shipped = released(str(duet(mine).get("exercise", "")), notebook)
    if task:
        _put_back(mine, shipped, task, notebook.name)
        shipped = _whole(mine, before)
    text = notebooks.dumps(shipped)
    backup = _backup(root, notebook, before)
    fresh = notebook.with_name(f".{notebook.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(notebook)
    finally:
        fresh.unlink(missing_ok=True)
    return backup


def _put_back(mine: notebooks.NotebookNode, shipped: notebooks.NotebookNode, task: str, name: str) -> None:
    """Give the answer cells of `task` in `mine` their shipped text, without outputs."""
    wanted = {
        cell.id: cell.source
        for cell in shipped.cells
        if duet(cell).get("kind") in ("answer", "kernel") and str(duet(cell).get("task")) == task
    }
    if not wanted:
        raise UserError(_("{notebook} has no task {task!r}", notebook=name, task=task))
    if set(wanted) - {cell.get("id") for cell in mine.cells}:
        raise UserError(
            _("the answer cell of task {task} is gone: reset the whole exercise to have it again", task=task)
        )
    for cell in mine.cells:
        if cell.get("id") in wanted:
            cell.source = wanted[cell.id]
            cell.outputs = []
            cell.execution_count = None


def _whole(mine: notebooks.NotebookNode, before: bytes) -> notebooks.NotebookNode:
    """`mine` with what reading for grading leaves out: the format's minor number and the attachments."""
    import json

    raw = json.loads(before)
    for cell, old in zip(mine.cells, raw["cells"], strict=True):
        if "attachments" in old:
            cell["attachments"] = old["attachments"]
    mine.metadata = notebooks.NotebookNode(raw.get("metadata", {}))
    mine.nbformat, mine.nbformat_minor = raw["nbformat"], raw.get("nbformat_minor", 5)
    return mine


def _backup(root: Path, notebook: Path, content: bytes) -> Path:
    folder = root / BACKUPS
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y-%m-%d-%H%M%S")
    name = f"{notebook.parent.name}-{notebook.stem}-{stamp}"
    number, path = 1, folder / f"{name}.ipynb"
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.ipynb"
    path.write_bytes(content)
    return path
