"""Links inside the repository lead to a file that is there, or that is built from one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _

_TARGET = re.compile(r"\]\(([^)\s]+)\)")


def check(page: Page) -> Iterator[Problem]:
    folder = page.source.path.parent
    front = [(1, str(page.source.front.get(name, ""))) for name in ("before", "next")]
    for line, text in (*front, *page.prose_lines()):
        for target in _TARGET.findall(text):
            if not leads_somewhere(folder, target):
                yield page.problem(line, _("the link to {target} leads nowhere", target=target))


def leads_somewhere(folder: Path, target: str) -> bool:
    """Whether a link's file exists, or the text that it is built from. Other sites are not asked."""
    path = target.partition("#")[0]
    if "://" in target or target.startswith("mailto:") or not path:
        return True
    file = folder / path
    return file.exists() or (file.suffix == ".ipynb" and file.with_suffix(".md").is_file())
