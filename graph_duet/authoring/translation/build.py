"""Translated notebooks: the built ones with other prose, in a tree of their own, so that links between them hold."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat

from graph_duet.authoring.translation.catalogue import po_file, read_catalogue, translation_of
from graph_duet.authoring.translation.notebook import translated
from graph_duet.grading.exercise.notebooks import dumps
from graph_duet.notebook_kernels.sandbox import PROJECT
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.whole_file import write_whole

_LINK = re.compile(r"\]\((?P<path>[^)\s#:]+)(?P<anchor>#[^)\s]*)?\)")


def build_translation(folder: Path, language: str, root: Path = PROJECT) -> list[Path]:
    """Write `locales/<language>/lessons/<folder>/*.ipynb` and return their paths.

    Nothing is run: outputs are those of the built notebooks. Raises UserError when there is no PO file, or
    nothing built.
    """
    po = po_file(folder, language, root)
    if not po.is_file():
        raise UserError(
            _(
                "there is no {po}: `duet translate {language} {folder}` makes it",
                po=po,
                language=language,
                folder=folder.name,
            )
        )
    catalogue = read_catalogue(po, language)
    written: list[Path] = []
    for built in sorted(folder.glob("*.ipynb")):
        notebook = translated(
            nbformat.read(built, as_version=4), lambda text, cell, line: translation_of(catalogue, text)
        )
        target = po.parent / folder.parent.name / folder.name / built.name
        target.parent.mkdir(parents=True, exist_ok=True)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = _with_links(cell.source, folder, target.parent, language, root)
        write_whole(target, dumps(notebook))
        written.append(target)
    if not written:
        raise UserError(
            _(
                "{folder} has no notebooks yet: run `duet build {name}`",
                folder=folder,
                name=folder.name,
            )
        )
    return written


def _with_links(text: str, folder: Path, target: Path, language: str, root: Path) -> str:
    """`text` of a notebook in `folder`, moved to `target`: what has no translation is linked where it is."""

    def moved(found: re.Match[str]) -> str:
        path, anchor = found["path"], found["anchor"] or ""
        file = folder / path
        if not file.is_file() or (
            file.suffix == ".ipynb" and po_file(file.resolve().parent, language, root).is_file()
        ):
            return found[0]
        here = os.path.relpath(file.resolve(), target.resolve())
        return f"]({Path(here).as_posix()}{anchor})"

    return _LINK.sub(moved, text)
