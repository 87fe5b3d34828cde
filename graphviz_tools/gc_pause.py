"""Fewer garbage collections while a Recording grows, and while it is prepared for drawing.

Both make thousands of objects that live on. Python's collector counts new objects, so it would search everything
that torch and the user's libraries have made again and again, and find nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

NEW_OBJECTS = 200_000  # between two collections of the youngest; a long program's own garbage still goes

_lock = Lock()
_open = 0
_found = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect less often inside the block, and as before once the last of overlapping blocks has ended."""
    global _open, _found
    with _lock:
        if not _open:
            _found = gc.get_threshold()
            youngest, *older = _found
            if youngest:  # 0 is the user's "never"
                gc.set_threshold(max(NEW_OBJECTS, youngest), *older)
        _open += 1
    try:
        yield
    finally:
        with _lock:
            _open -= 1
            if not _open:
                gc.set_threshold(*_found)
