"""The user's line in a stack trace: of an error, or one that a compiler kept as text."""

from __future__ import annotations

import re
import traceback

from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.user_code import is_user_file, source_line

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


def innermost_user_line(trace: str) -> SourceLine | None:
    """The innermost line of the user's own code in a trace as Python prints it."""
    for file, line, function in reversed(_FRAME.findall(trace)):
        if is_user_file(file):
            return source_line(file, int(line), own_name(function))
    return None


def error_line(error: BaseException) -> SourceLine | None:
    """The user's innermost line at which `error` was raised, or which a compiler was reading."""
    _, said, trace = str(error).partition("from user code:")
    if said and (line := innermost_user_line(trace)) is not None:
        return line
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_user_file(frame.filename) and frame.lineno is not None:
            return source_line(frame.filename, frame.lineno, own_name(frame.name))
    return None


def own_name(function: str) -> str:
    """A function's name as its author wrote it: Dynamo calls the rest of `f` after a break
    `torch_dynamo_resume_in_f_at_12`."""
    match = re.fullmatch(r"torch_dynamo_resume_in_(.+)_at_\d+", function)
    return match[1] if match else function
