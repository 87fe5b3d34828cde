"""The one class for a user's mistake. Any other exception from this project is a bug in it."""

from __future__ import annotations


class UserError(ValueError, TypeError):
    """A mistake that the user can correct. Its text says what is wrong, then what to do.

    `duet` prints it as one line. It is a ValueError and a TypeError too, so that code which expects Python's
    own classes for a bad argument works.
    """


class NotInstalledError(UserError, ModuleNotFoundError):
    """An optional package is missing. The text has the command that installs it."""
