"""What a learner reads about an exception that TensorFlow raised."""

from __future__ import annotations

import itertools
import re

from graphviz_tools.errors import class_and_text
from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.tensorflow.failed_call import failed_call, innermost_line


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
    """The user's innermost line at which `error` was raised, as the user wrote it."""
    call = failed_call(error)
    return call.line if call is not None and call.line is not None else innermost_line(error)
