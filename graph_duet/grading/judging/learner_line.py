"""The learner's own line in the traceback that a notebook kernel sent."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from graphviz_tools.language import _

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"(Cell In|File |Input In)")
# Of a syntax error, whose line is printed below it with no arrow.
_HEAD = re.compile(r"\s*Cell In\[\d+\], line (\d+)")
_ARROW = re.compile(r"-+> ?(\d+) (.*)")


def learner_line(outputs: Iterable[Any]) -> str:
    """ "line 3: return x + y" for the deepest line of a cell that an error came through; "" where there is none.

    IPython heads each frame with `Cell In[4], line 3` or `File ...`, and points at its line with an arrow.
    """
    found = ""
    for output in outputs:
        if output.get("output_type") != "error":
            continue
        lines = _COLOUR.sub("", "\n".join(output.get("traceback", ()))).split("\n")
        for head, below in itertools.pairwise(lines):
            if syntax := _HEAD.fullmatch(head.rstrip()):
                found = _("line {syntax}: {below}", syntax=syntax[1], below=below.strip())
        in_cell = False
        for line in lines:
            head = _FRAME.match(line)
            if head:
                in_cell = head[1] != "File " or "ipykernel_" in line
            arrow = _ARROW.match(line.strip())
            if arrow and in_cell:
                found = _("line {line}: {code}", line=arrow[1], code=arrow[2].strip())
    return found
