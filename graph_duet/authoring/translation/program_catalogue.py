"""The program's own texts in another language: `locales/zh_CN/graph_duet.po`, and what is compiled from it."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo

from graph_duet.authoring.translation.catalogue import merge, read_catalogue
from graph_duet.authoring.translation.program_texts import front_end_texts, python_texts
from graph_duet.notebook_kernels.sandbox import PROJECT
from graphviz_tools.language import CATALOGUES, DOMAIN

_FRONT_END = ("widgets/static/", "labextension/", "graphviz_tools/drawing/appearance.json")


def update_program(language: str, root: Path = PROJECT) -> Path:
    """Make or update the PO file of what Python and the front end say; returns its path.

    Raises UserError for an unknown language.
    """
    path = _po_file(language, root)
    merge(path, language, _template())
    return path


@cache
def _template() -> Catalog:
    template = Catalog(project="Graph Duet", fuzzy=False)
    for text, many, file, line in (*python_texts(), *front_end_texts()):
        template.add((text, many) if many else text, locations=[(file, line)])
    return template


def compile_program(language: str, root: Path = PROJECT, to: Path = CATALOGUES) -> list[Path]:
    """Write the catalogues that Python and the front end read, below `to`; returns their paths.

    What no translator has confirmed is left out, and shown in English.
    """
    catalogue = read_catalogue(_po_file(language, root), language)
    folder = to / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    for_python, for_front_end = folder / f"{DOMAIN}.mo", folder / f"{DOMAIN}.json"
    for_python.write_bytes(compiled.getvalue())
    for_front_end.write_text(
        json.dumps(_front_end(catalogue, language), ensure_ascii=False, indent=0), "utf-8"
    )
    return [for_python, for_front_end]


def _po_file(language: str, root: Path) -> Path:
    return root / "locales" / language / f"{DOMAIN}.po"


def _front_end(catalogue: Catalog, language: str) -> dict[str, object]:
    """The catalogue as JupyterLab reads it: each text with its forms, and what the language is.

    It asks for zh-CN when zh_CN is chosen, and finds nothing under another name (@jupyterlab/translation, gettext.ts).
    """
    code = language.replace("_", "-")
    header = {"domain": DOMAIN, "language": code, "plural_forms": catalogue.plural_forms}
    return {"": header, **dict(_entry(m) for m in catalogue if _is_shown(m))}


def _is_shown(message: Message) -> bool:
    places = [file for file, _line in message.locations]
    return all(_forms(message.string)) and not message.fuzzy and any(f.startswith(_FRONT_END) for f in places)


def _entry(message: Message) -> tuple[str, list[str]]:
    """A text and its forms. JupyterLab reads forms that a number chooses among only where there are two or more, also
    for a language that has one, such as Chinese."""
    forms = _forms(message.string)
    return _forms(message.id)[0], [*forms, ""] if message.pluralizable and len(forms) == 1 else forms


def _forms(text: object) -> list[str]:
    """The one form of a text, or those that a number chooses among."""
    return [str(form) for form in text] if isinstance(text, tuple | list) else [str(text or "")]
