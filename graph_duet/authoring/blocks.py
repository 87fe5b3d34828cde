"""The blocks of a text as its author typed them: code blocks and boxes that open, close and have a known name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from graph_duet.authoring.cell_options import check_options
from graph_duet.authoring.source_error import SourceError
from graphviz_tools.language import _

_FENCE = re.compile(r"(?P<indent> {0,3})(?P<mark>`{3,}|~{3,})\s*(?P<info>.*)$")
_ALMOST_CELL = re.compile(r"`{1,2}\{code-cell\}|`{3,}(\s+\{code-cell\}|code-cell\b)")
_ALMOST_BOX = re.compile(r"::?\s*\{(hint|written)\}")
_INDENTED_CELL = re.compile(r"\s+(`{3,}|~{3,})\s*\{code-cell\}")
_DIRECTIVE = re.compile(r"\{(?P<name>[^}]*)\}\s*(?P<after>.*)$")
_BOX = re.compile(r":::+\s*(?P<opening>.*)$")
_LANGUAGES = ("", "python", "python3", "ipython", "ipython3")
_CELL, _BOXES = "code-cell", ("hint", "written")


class _Fence(NamedTuple):
    mark: str
    line: int
    is_cell: bool


def check_blocks(text: str, path: Path) -> None:
    """Raise SourceError, with its line, for the first block that does not close or has an unknown name or option."""
    lines = text.splitlines()
    box = 0  # the line on which a box opened
    box_name = ""
    for number, line, fence in _outside_code(lines, path):
        if fence is not None:
            if fence.is_cell:
                check_options(lines[number:], path, number + 1)
                if box:
                    raise _box_not_closed(path, box, box_name, number)
            continue
        found = _BOX.match(line)
        if not found:
            continue
        opening = found["opening"]
        if not opening and not box:
            raise SourceError(path, number, _("::: closes nothing here"))
        if opening and box:
            raise _box_not_closed(path, box, box_name, number)
        box, box_name = (number, _box_name(opening, path, number)) if opening else (0, "")
    if box:
        raise _box_not_closed(path, box, box_name, len(lines) + 1)


def _outside_code(lines: list[str], path: Path) -> Iterator[tuple[int, str, _Fence | None]]:
    """Each line outside code blocks with its number, and with the block that it opens."""
    fence: _Fence | None = None
    for number, line in enumerate(lines, start=1):
        found = _FENCE.match(line)
        if fence is None:
            if _ALMOST_CELL.match(line):
                raise SourceError(path, number, _("a cell opens with ```{code-cell} on a line of its own"))
            if _ALMOST_BOX.match(line):
                raise SourceError(path, number, _("a box opens with three colons, such as :::{hint}"))
            if found:
                fence = _opened(found, path, number)
            elif _INDENTED_CELL.match(line):
                raise SourceError(
                    path, number, _("a cell begins at the left margin: remove the spaces before it")
                )
            yield number, line, fence
        elif found and found["mark"].startswith(fence.mark) and not found["info"]:
            fence = None
        elif found and found["info"].startswith("{"):
            raise _not_closed(path, fence)
    if fence is not None:
        raise _not_closed(path, fence)


def _opened(found: re.Match[str], path: Path, number: int) -> _Fence:
    directive = _DIRECTIVE.match(found["info"])
    if directive is None:
        return _Fence(found["mark"], number, False)
    name, language = directive["name"], directive["after"].strip()
    if name != _CELL:
        raise SourceError(path, number, _("unknown block {{{name}}}: a cell is {{code-cell}}", name=name))
    if language not in _LANGUAGES:
        raise SourceError(path, number, _("a cell is in Python, not {language!r}", language=language))
    if found["indent"]:
        raise SourceError(path, number, _("a cell begins at the left margin: remove the spaces before it"))
    return _Fence(found["mark"], number, True)


def _not_closed(path: Path, fence: _Fence) -> SourceError:
    sentence = _("this block is not closed: write {mark} on a line of its own after it", mark=fence.mark)
    return SourceError(path, fence.line, sentence)


def _box_not_closed(path: Path, box: int, name: str, before: int) -> SourceError:
    sentence = _(
        "this {name} is not closed: write ::: on a line of its own before line {before}",
        name=name,
        before=before,
    )
    return SourceError(path, box, sentence)


def _box_name(opening: str, path: Path, number: int) -> str:
    directive = _DIRECTIVE.match(opening)
    if directive is None or directive["name"] not in _BOXES or directive["after"]:
        known = " / ".join(f":::{{{name}}}" for name in _BOXES)
        raise SourceError(
            path,
            number,
            _(
                "unknown box {opening!r}: a box opens with {known} on a line of its own",
                opening=opening,
                known=known,
            ),
        )
    return directive["name"]
