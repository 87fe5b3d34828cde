"""Links inside the repository lead to a file that is there, or that is built from one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graph_duet.authoring.lint.glossary import GLOSSARY, anchor
from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _

_TARGET = re.compile(r"\]\((?P<markdown>[^)\s]+)(?: \"[^\"]*\")?\)|\b(?:src|href)=\"(?P<html>[^\"]+)\"")
_SPACED = re.compile(r"\]\((?P<target>[^)\"]*\s[^)\"]*)\)")
_BROKEN = re.compile(r"\]\s+\((?:\.\.?/|https?:|\w+\.ipynb)[^)]*\)|\]\([^)]*$")
_SOURCE = re.compile(r"(?:^|/)(?P<name>lesson|exercise)\.md$")
_BY_NAME = re.compile(r"\[[^\[\]]+\]\[([^\[\]]+)\]")
_DEFINED = re.compile(r"\[(?P<name>[^\[\]]+)\]: ")
_CODE = re.compile(r"(`+).+?\1")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def check(page: Page) -> Iterator[Problem]:
    folder = page.source.path.parent
    front = [
        (page.source.lines[name], str(page.source.front[name]))
        for name in ("before", "next")
        if name in page.source.front
    ]
    prose = list(page.prose_lines())
    defined = {found["name"] for _line, text in prose if (found := _DEFINED.match(text))}
    own = anchors("\n".join(text for _line, text in prose))
    for line, text in (*front, *((line, _CODE.sub("", text)) for line, text in prose)):
        for found in _TARGET.finditer(text):
            target = found["markdown"] or found["html"]
            if not leads_somewhere(folder, target):
                yield page.problem(line, _("the link to {target} leads nowhere", target=target))
            elif not _has_anchor(folder, target, own):
                yield page.problem(line, _("the link to {target} names no heading there", target=target))
            elif source := _SOURCE.search(target.partition("#")[0]):
                yield page.problem(
                    line, _("link to the notebook, {name}.ipynb, not to its text", name=source["name"])
                )
        for found in _BROKEN.finditer(text):
            yield page.problem(line, _("a link is written [words](address), not {found}", found=found[0]))
        for found in _SPACED.finditer(text):
            yield page.problem(line, _("the link to {target} has a space in it", target=found["target"]))
        for name in _BY_NAME.findall(text):
            if name not in defined:
                yield page.problem(line, _("the link [{name}] is not defined", name=name))


def leads_somewhere(folder: Path, target: str) -> bool:
    """Whether a link's file exists, or the text that it is built from. Other sites are not asked."""
    path = target.partition("#")[0]
    if _is_elsewhere(target) or not path:
        return True
    file = folder / path
    return file.exists() or (file.suffix == ".ipynb" and file.with_suffix(".md").is_file())


def anchors(markdown: str) -> set[str]:
    """The anchors of the headings, in small letters: GitHub makes them so, JupyterLab keeps the capitals."""
    return {anchor(heading.strip()) for heading in _HEADING.findall(markdown)}


def _has_anchor(folder: Path, target: str, own: set[str]) -> bool:
    path, _hash, wanted = target.partition("#")
    if not wanted or _is_elsewhere(target) or path.endswith(GLOSSARY):  # the glossary's are looked for there
        return True
    file = (folder / path).with_suffix(".md")
    known = (
        anchors(file.read_text(encoding="utf-8")) if path and file.is_file() else own if not path else None
    )
    return known is None or wanted.lower() in known


def _is_elsewhere(target: str) -> bool:
    return "://" in target or target.startswith(("mailto:", "data:"))
