"""What to tell a learner of an exception that came out of TensorFlow."""

from __future__ import annotations

import itertools
import re

from graphviz_tools.errors import class_and_text
from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.stack_traces import error_line as innermost_error_line
from graphviz_tools.sources.common.user_code import is_user_file, source_line


def error_text(error: BaseException) -> str:
    """One line: the kind of error and its message, without TensorFlow's names for its own nodes."""
    if error.__class__.__name__ == "OpFailed":
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    if lines[0].startswith("in user code"):  # AutoGraph puts its traceback before the message
        starts = [
            line for line in lines if re.match(r"[A-Za-z_.]*(Error|Exception|Interrupt|Warning)\b", line)
        ]
        return re.sub(r" for '\{\{node .*?\}\} = .*?\)'", "", (starts or lines)[-1])
    of_node = [after for line, after in itertools.pairwise(lines) if line.startswith("Node: ")]
    message = re.sub(r"\{\{.*?\}\} ?| \[Op:.*", "", (of_node or lines)[0])
    return class_and_text(error, message)


def error_line(error: BaseException) -> SourceLine | None:
    """The user's innermost line at which `error` was raised; AutoGraph knows it for code that it rewrote."""
    metadata = getattr(error, "ag_error_metadata", None)  # private to AutoGraph; without it: its own frames
    for frame in getattr(metadata, "translated_stack", ()):
        if is_user_file(frame.filename):
            return source_line(frame.filename, frame.lineno, frame.function_name)
    return innermost_error_line(error)
