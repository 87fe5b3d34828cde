"""The one class for a user's mistake. Any other exception from this project is a bug in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphviz_tools.language import _


class UserError(ValueError, TypeError):
    """A mistake that the user can correct. Its text says what is wrong, then what to do.

    `duet` prints it as one line. It is a ValueError and a TypeError too, so that code which expects Python's
    own classes for a bad argument works.
    """


class NotInstalledError(UserError, ModuleNotFoundError):
    """An optional package is missing. The text has the command that installs it."""


class InternalError(RuntimeError):
    """A bug of ours that showed while a user's code ran. It is reported with its traceback, and never counts against
    that code."""


def class_and_text(error: BaseException, text: str | None = None) -> str:
    """`ValueError: what it says`, or only the class for an error without a message; `text` replaces its own message."""
    said = str(error) if text is None else text
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


@contextmanager
def own_code() -> Iterator[None]:
    """Raise errors in the block as InternalError: it is our code, though a user's code called it."""
    try:
        yield
    except (UserError, InternalError):
        raise
    except Exception as error:
        words = _(
            "This is a mistake of Graph Duet and not of your code: please report it with the traceback ({error}).",
            error=class_and_text(error),
        )
        raise InternalError(words) from error


def refused(error: OSError) -> str:
    """What the system refused, in one line; empty for an OSError that we raise, which has no number."""
    if error.errno is None:
        return ""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
