"""PO files of the course, one a lesson or lab and language: `locales/zh_CN/L07.po`."""

from __future__ import annotations

import io
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from graph_duet.authoring.cell_ids import cell_ids
from graph_duet.authoring.notebooks_from_text import lesson_notebook, solved_notebook
from graph_duet.authoring.source import read_source
from graph_duet.authoring.translation.notebook import messages
from graph_duet.notebook_kernels.sandbox import PROJECT
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.whole_file import write_whole


def po_file(folder: Path, language: str, root: Path = PROJECT) -> Path:
    return root / "locales" / language / f"{folder.name.partition('_')[0]}.po"


def update_catalogue(folder: Path, language: str, root: Path = PROJECT) -> Path:
    """Make or update the PO file of a folder; returns its path.

    Translations of sentences that stayed are kept; those of sentences that changed a little are kept as
    `fuzzy`, and not used until a translator has looked. Raises UserError for an unknown language.
    """
    path = po_file(folder, language, root)
    merge(path, language, _template(folder))
    return path


def merge(path: Path, language: str, template: Catalog) -> Catalog:
    """Bring a PO file up to date with `template`, and return what it holds. Written only where something changed."""
    catalogue = read_catalogue(path, language)
    known = {message.id: message.locations for message in catalogue}
    template.creation_date = catalogue.creation_date
    catalogue.update(template)
    if not path.is_file() or known != {message.id: message.locations for message in catalogue}:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = io.BytesIO()
        write_po(written, catalogue, width=100)
        write_whole(path, written.getvalue())
    return catalogue


def read_catalogue(path: Path, language: str) -> Catalog:
    """The catalogue of a PO file, empty when there is none yet. Raises UserError for an unknown language."""
    try:
        locale = Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        raise UserError(
            _("{language!r} is not a language: write a code such as de or zh_CN", language=language)
        ) from None
    if not path.is_file():
        return Catalog(locale=locale, project="Graph Duet", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def translation_of(catalogue: Catalog, text: str) -> str:
    """The translation of `text`; the text itself where there is none that a translator has confirmed."""
    message = catalogue.get(text)
    return str(message.string) if message and message.string and not message.fuzzy else text


def _template(folder: Path) -> Catalog:
    """Every message of a folder with its file and line."""
    template = Catalog(project="Graph Duet", fuzzy=False)
    for name, notebook_of in (("lesson.md", lesson_notebook), ("exercise.md", solved_notebook)):
        path = folder / name
        if path.is_file():
            source = read_source(path)
            lines = dict(zip(cell_ids(source), (cell.line for cell in source.cells), strict=True))
            place = f"{folder.parent.name}/{folder.name}/{name}"
            for text, cell, offset in messages(notebook_of(folder)):
                line = (
                    lines[cell] + offset
                    if cell in lines and not cell.startswith("hint-")
                    else lines.get(cell, 1)
                )
                template.add(text, locations=[(place, line)])
    return template
