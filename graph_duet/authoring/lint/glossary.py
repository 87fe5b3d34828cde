"""Terms: each link to the glossary finds its entry, and each term that a lesson introduces has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _

GLOSSARY = "glossary.md"
_LINK = re.compile(r"\]\([^)\s]*" + re.escape(GLOSSARY) + r"#([^)\s]+)\)")
_TERM = re.compile(r"(?<![*\w])\*([a-z][\w-]*(?: [\w-]+){0,2})\*(?![*\w])")
_ENTRY = re.compile(r"^#+ (.+)$|^\*\*(.+?)\*\*", re.MULTILINE)


def check(page: Page) -> Iterator[Problem]:
    glossary = find_glossary(page.source.path.parent)
    if glossary is None:
        return
    terms = entries(glossary)
    for line, text in page.prose_lines():
        for wanted in _LINK.findall(text):
            if wanted not in {anchor(term) for term in terms}:
                yield page.problem(line, _("the glossary has no entry #{anchor}", anchor=wanted))
        if page.is_lesson:
            for term in _TERM.findall(text):
                if _singular(term) not in {_singular(each) for each in terms}:
                    yield page.problem(
                        line, _("*{term}* is set as a new term and is not in the glossary", term=term)
                    )


def find_glossary(folder: Path) -> Path | None:
    """`lessons/glossary.md`, seen from a folder of a lesson or lab."""
    places = (folder.parent / GLOSSARY, folder.parent.parent / "lessons" / GLOSSARY)
    return next((path for path in places if path.is_file()), None)


def entries(glossary: Path) -> set[str]:
    """The terms that the glossary explains: its headings below the title, and bold words that begin a line."""
    found = _ENTRY.findall(glossary.read_text(encoding="utf-8"))
    return {(heading or bold).strip().lower() for heading, bold in found}


def anchor(term: str) -> str:
    """As GitHub and JupyterLab make it from a heading."""
    return re.sub(r"[^\w\- ]", "", term.lower()).replace(" ", "-")


def _singular(term: str) -> str:
    return term.lower().removesuffix("s")
