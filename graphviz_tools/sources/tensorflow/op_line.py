"""The user's line that made an op of a TensorFlow graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.user_code import is_user_file, source_line

_RECORDER = str(Path(__file__).resolve().parents[1])


def op_line(op: Any) -> SourceLine | None:
    """The user's innermost line on the stack that made `op`; AutoGraph maps its own lines back to the user's.

    None for an op that TensorFlow made itself: no line between the recorder and the op is the user's.
    """
    for frame in reversed(op.traceback or ()):
        if is_user_file(frame.filename):
            return source_line(frame.filename, frame.lineno, frame.name)
        if frame.filename.startswith(_RECORDER):
            break
    return None
