"""The user's line in a stack trace that a compiler kept as text."""

from __future__ import annotations

import re

from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.user_code import is_user_file, source_line

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


def innermost_user_line(trace: str) -> SourceLine | None:
    """The innermost line of the user's own code in a trace as Python prints it."""
    for file, line, function in reversed(_FRAME.findall(trace)):
        if is_user_file(file):
            return source_line(file, int(line), own_name(function))
    return None


def own_name(function: str) -> str:
    """A function's name as its author wrote it: Dynamo calls the rest of `f` after a break
    `torch_dynamo_resume_in_f_at_12`."""
    match = re.fullmatch(r"torch_dynamo_resume_in_(.+)_at_\d+", function)
    return match[1] if match else function
