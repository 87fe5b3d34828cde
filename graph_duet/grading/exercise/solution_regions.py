"""Holes: the text between `# >>> ...` and `# <<<` in an answer cell.

A master has the solution there, a learner's notebook a placeholder; everything outside is the same in both.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_OPEN = re.compile(r"^([ \t]*)# >>>")
_CLOSE = re.compile(r"^[ \t]*# <<<\s*$")
_LEFT_FOR_LEARNERS = re.compile(r"^[ \t]*#\| ?")


@dataclass(frozen=True, slots=True)
class Hole:
    """The lines between two markers, with the marker's indent."""

    indent: str
    lines: tuple[str, ...]


def split(source: str) -> list[str | Hole]:
    """The source as lines and holes, in order; marker lines count as lines.

    Raises UserError for a marker without its partner.
    """
    parts: list[str | Hole] = []
    indent: str | None = None
    inside: list[str] = []
    for line in source.split("\n"):
        opening = _OPEN.match(line)
        if opening and indent is None:
            indent, inside = opening[1], []
            parts.append(line)
        elif opening:
            raise UserError(_("a hole opens inside another: {line!r}", line=line.strip()))
        elif _CLOSE.match(line):
            if indent is None:
                raise UserError(_("'# <<<' closes a hole that no '# >>>' opened"))
            parts += [Hole(indent, tuple(inside)), line]
            indent = None
        elif indent is None:
            parts.append(line)
        else:
            inside.append(line)
    if indent is not None:
        raise UserError(_("a hole opened with '# >>>' is not closed with '# <<<'"))
    return parts


def outside(source: str) -> list[str]:
    """The lines outside the holes; equal in a master and in what is made from it."""
    return [part for part in split(source) if isinstance(part, str)]


def emptied(source: str, task: str) -> str:
    """The source as a learner gets it: `#|` lines shown, else a `NotImplementedError` that names the task."""

    def placeholder(hole: Hole) -> list[str]:
        shown = [line for line in hole.lines if _LEFT_FOR_LEARNERS.match(line)]
        if not shown:
            return [f'{hole.indent}raise NotImplementedError("task {task}")']
        bare = "\n".join(_LEFT_FOR_LEARNERS.sub("", line, count=1) for line in shown)
        return _indented(bare, hole.indent)

    return _replaced(source, placeholder)


def solution(source: str) -> str:
    """The source as a solver would leave it: without the `#|` lines."""
    return _replaced(source, lambda hole: [ln for ln in hole.lines if not _LEFT_FOR_LEARNERS.match(ln)])


def filled(source: str, texts: Sequence[str]) -> str:
    """The source with `texts` in its holes, in order, each dedented and then indented to fit.

    Raises UserError when there are not as many texts as holes.
    """
    holes = sum(isinstance(part, Hole) for part in split(source))
    if holes != len(texts):
        raise UserError(_("{count} texts for {holes} holes", count=len(texts), holes=holes))
    waiting = iter(texts)
    return _replaced(source, lambda hole: _indented(next(waiting), hole.indent))


def count(source: str) -> int:
    """How many holes there are."""
    return sum(isinstance(part, Hole) for part in split(source))


def _replaced(source: str, change: Callable[[Hole], list[str]]) -> str:
    lines: list[str] = []
    for part in split(source):
        lines += change(part) if isinstance(part, Hole) else [part]
    return "\n".join(lines)


def _indented(text: str, indent: str) -> list[str]:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), indent).split("\n")
