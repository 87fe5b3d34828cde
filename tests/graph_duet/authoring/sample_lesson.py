"""A new lesson as `duet new` makes it, with one file replaced, and what `duet build --check` says of it."""

from __future__ import annotations

from pathlib import Path

import nbformat

from graph_duet.authoring import scaffold
from graph_duet.authoring.lint import lint

TEXTS = {
    name: (scaffold._TEMPLATE / name)
    .read_text("utf-8")
    .replace("$id", "L90")
    .replace("$quoted_title", "Sample")
    for name in ("lesson.md", "exercise.md", "answers.py")
}


def folder_of(root: Path, name: str = "", text: str | bytes = "") -> Path:
    """A new lesson, in which the file `name` holds `text`."""
    folder = root / "lessons" / "L90_sample"
    folder.mkdir(parents=True)
    (folder.parent / "README.md").touch()
    (folder.parent / "glossary.md").write_text("# Glossary\n\n## Leaf\nA tensor.\n")
    for each, right in TEXTS.items():
        (folder / each).write_text(right, encoding="utf-8")
    for each in ("lesson.ipynb", "exercise.ipynb"):
        nbformat.write(nbformat.v4.new_notebook(), folder / each)
    if name:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def problems(folder: Path) -> list[str]:
    return [str(problem).removeprefix(f"{folder}/") for problem in lint(folder)]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1
