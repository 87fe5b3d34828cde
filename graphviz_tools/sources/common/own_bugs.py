"""Tell our own bugs from errors of the recorded program, so that no recorder reports a bug as the program's error."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

_PACKAGE = str(Path(__file__).resolve().parents[2])
# What Python raises for a mistake in code. Other errors may come from a framework's C code, which has no frame.
_MISTAKES = (AssertionError, AttributeError, LookupError, NameError)


def is_own_bug(error: BaseException) -> bool:
    """True for a mistake in code, raised by a line of this package."""
    return isinstance(error, _MISTAKES) and raised_here(error)


def raised_here(error: BaseException) -> bool:
    """True when a line of this package raised `error`, or called C code that did."""
    innermost: TracebackType | None = error.__traceback__
    while innermost is not None and innermost.tb_next is not None:
        innermost = innermost.tb_next
    return innermost is not None and innermost.tb_frame.f_code.co_filename.startswith(_PACKAGE)
