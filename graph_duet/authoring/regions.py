"""Solution regions as authors write them: `### BEGIN SOLUTION your code` to `### END SOLUTION`."""

from __future__ import annotations

import re
from pathlib import Path

from graph_duet.authoring.source import SourceCell
from graph_duet.authoring.source_error import SourceError
from graphviz_tools.language import _

_BEGIN = re.compile(r"^(?P<indent>[ \t]*)### BEGIN SOLUTION\b[ \t]*(?P<hint>.*)$", re.MULTILINE)
_END = re.compile(r"^([ \t]*)### END SOLUTION[ \t]*$", re.MULTILINE)
_ALMOST = re.compile(r"[ \t]*#+ *(begin|end) +sol", re.IGNORECASE)
_LEFT_FOR_LEARNERS = re.compile(r"[ \t]*#\|")
ANSWERED = ("answer", "kernel")


def for_learners(cell: SourceCell, path: Path) -> str:
    """The code of a cell with its regions marked as learners see them: `# >>> your code, about 3 lines`, `# <<<`.

    Raises SourceError, with the line, for a region that does not open, close or hold a solution.
    """
    _check(cell, path)
    text = _BEGIN.sub(lambda found: f"{found['indent']}# >>> {found['hint'] or 'your code'}", cell.text)
    return _END.sub(lambda found: f"{found[1]}# <<<", text)


def _check(cell: SourceCell, path: Path) -> None:
    opened = 0  # the line of the BEGIN
    inside: list[str] = []
    regions = 0
    for number, line in enumerate(cell.text.split("\n"), start=cell.line):
        if _BEGIN.match(line):
            if cell.kind not in ANSWERED:
                raise SourceError(
                    path, number, _("a solution region belongs in a cell of :kind: answer or kernel")
                )
            if opened:
                raise SourceError(
                    path, number, _("this region begins inside that of line {line}", line=opened)
                )
            opened, inside = number, []
            regions += 1
        elif _END.match(line):
            if not opened:
                raise SourceError(path, number, _("END SOLUTION without a BEGIN SOLUTION above it"))
            if all(not code.strip() or _LEFT_FOR_LEARNERS.match(code) for code in inside):
                raise SourceError(path, opened, _("this region holds no solution"))
            opened = 0
        elif _ALMOST.match(line):
            sentence = _(
                "write this line as `### BEGIN SOLUTION words` or `### END SOLUTION`, and nothing else"
            )
            raise SourceError(path, number, sentence)
        else:
            inside.append(line)
    if opened:
        raise SourceError(
            path, opened, _("this region is not closed: write ### END SOLUTION below the solution")
        )
    if cell.kind in ANSWERED and not regions:
        sentence = _("an answer cell has its solution between ### BEGIN SOLUTION and ### END SOLUTION")
        raise SourceError(path, cell.line, sentence)
