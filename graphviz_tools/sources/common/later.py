"""A Recording that is put together when somebody first looks at it.

What a program did must be written down while it runs. The words for it (lines, labels, names, statistics) can wait, so
that the program gets its result back sooner, and a recording that nobody looks at costs no more than its notes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from threading import RLock
from typing import Any

from graphviz_tools.gc_pause import seldom_collected
from graphviz_tools.recording import Recording

_lock = RLock()  # of all: two threads may look at one for the first time
_NAMES = sorted((field.name for field in fields(Recording)), key="steps".__eq__)  # the steps last


def later(make: Callable[[], Recording]) -> Recording:
    """The Recording that `make` gives; `make` is called when one of its attributes is first read, and again the next
    time should it raise."""
    recording = object.__new__(_Later)
    object.__setattr__(recording, "steps", make)
    return recording


class _Later(Recording):
    """Has `make` in place of the steps, and becomes a plain Recording."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        _put_together(self)
        return getattr(self, name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        _put_together(self)
        return self.__reduce_ex__(protocol)


def _put_together(recording: Recording) -> None:
    with _lock, seldom_collected():
        if type(recording) is not _Later:
            return  # another thread was first
        make: Any = object.__getattribute__(recording, "steps")
        if callable(make):  # else the stop button came just before the last line here
            made = make()
            for name in _NAMES:
                object.__setattr__(recording, name, getattr(made, name))
        object.__setattr__(recording, "__class__", Recording)
