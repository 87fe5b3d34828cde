"""The user's call that failed: the line as the user wrote it, and what the call was given."""

from __future__ import annotations

import gc
import re
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from graphviz_tools.recording import SourceLine
from graphviz_tools.sources.common.call_sites import call_site, operand_texts
from graphviz_tools.sources.common.local_names import resolved
from graphviz_tools.sources.common.user_code import is_user_file, source_line
from graphviz_tools.sources.tensorflow.private_names import written_by_autograph, written_where

_LOADED = re.compile(r"ag__\.ld\((\w+)\)")  # how AutoGraph writes a name


class FailedCall(NamedTuple):
    """The innermost call of the user's code from which an error came. `frame` is at it, at `instruction`.

    `line` is None when AutoGraph wrote the frame's code and does not tell the user's line. `given` are the positional
    arguments of the call, with the callee first when it is an object.
    """

    frame: FrameType
    instruction: int
    line: SourceLine | None
    given: tuple[Any, ...]

    @property
    def is_generated(self) -> bool:
        """Whether the frame runs AutoGraph's code, in which the user's names have other places."""
        return written_by_autograph(self.frame.f_code.co_filename)


def failed_call(error: BaseException) -> FailedCall | None:
    """The user's innermost call that raised `error`; None when only TensorFlow and Keras were running."""
    for raised in _behind(error):
        entries = list(_walk(raised))
        last = max((i for i, e in enumerate(entries) if is_user_file(_file(e))), default=None)
        if last is not None:
            entry = entries[last]
            inner = entries[last + 1].frame if last + 1 < len(entries) else None
            line = _user_line(entry, [e.frame for e in entries])
            given = _named_there(entry) if inner is None else _given(inner)
            return FailedCall(entry.frame, entry.instruction, line, given)
    return None


class _Entry(NamedTuple):
    frame: FrameType
    instruction: int
    line: int


def _walk(error: BaseException) -> Iterator[_Entry]:
    entry = error.__traceback__
    while entry is not None:
        yield _Entry(entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
        entry = entry.tb_next


def _file(entry: _Entry) -> str:
    return entry.frame.f_code.co_filename


def _behind(error: BaseException) -> list[BaseException]:
    """The error that was raised first, then those that AutoGraph made from it."""
    chain = [error]
    while hasattr(chain[-1], "ag_error_metadata") and hasattr(chain[-1].__context__, "ag_error_metadata"):
        assert chain[-1].__context__ is not None
        chain.append(chain[-1].__context__)
    return chain[::-1]


def _user_line(entry: _Entry, frames: list[FrameType]) -> SourceLine | None:
    file = _file(entry)
    if not written_by_autograph(file):
        return source_line(file, entry.line, entry.frame.f_code.co_name)
    makers = [frame.f_code for frame in frames if frame.f_code.co_filename == file]
    for function in [known for code in makers for known in gc.get_referrers(code)]:
        written = written_where(function, file, entry.line)
        if written is not None:
            return source_line(*written)
    return None


def _named_there(entry: _Entry) -> tuple[Any, ...]:
    """The objects behind the names on the line, when Keras has taken its own frames out of the traceback."""
    frame, site = entry.frame, call_site(entry.frame.f_code, entry.instruction)
    words = [word for word in (f"{site.receiver}.{site.callee}", *site.arguments) if isinstance(word, str)]
    if written_by_autograph(_file(entry)):
        texts = operand_texts(frame.f_code, entry.instruction)
        words = [word for text in texts for word in _LOADED.sub(r"\1", text).strip("(),").split(", ")]
    return tuple(thing for word in words if (thing := resolved(word, frame)) is not None)


def _given(inner: FrameType) -> tuple[Any, ...]:
    """The positional arguments with which the frame `inner` was called."""
    code, known = inner.f_code, inner.f_locals
    args = known.get("args")
    if isinstance(args, tuple):  # a wrapper of TensorFlow's or of Keras's: `f(*args, **kwargs)`
        called = getattr(known.get("f"), "__self__", known.get("f"))
        named = known.get("kwargs")
        owner = (called,) if hasattr(called, "get_build_config") else ()
        return (*owner, *args, *(named.values() if isinstance(named, dict) else ()))
    return tuple(known[name] for name in code.co_varnames[: code.co_argcount] if name in known)


def innermost_line(error: BaseException) -> SourceLine | None:
    """The user's innermost line in the traceback of `error`, if AutoGraph kept its text."""
    metadata = getattr(error, "ag_error_metadata", None)  # private to AutoGraph; without it: its own frames
    for frame in getattr(metadata, "translated_stack", ()):
        if is_user_file(frame.filename) and not written_by_autograph(frame.filename):
            return source_line(frame.filename, frame.lineno, frame.function_name)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_user_file(frame.filename) and not written_by_autograph(frame.filename):
            return source_line(frame.filename, frame.lineno or 0, frame.name)
    return None
