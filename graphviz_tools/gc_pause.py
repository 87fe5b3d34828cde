"""Fewer garbage collections while a Recording grows, and while it is prepared for drawing.

Both make thousands of objects that stay. Python's collector counts those, and would look again and
again through everything that torch and its user's libraries have made, to find nothing.
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
    """Collect seldom until the last of those that overlap has ended; then as before."""
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
