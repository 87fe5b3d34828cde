"""Fewer garbage collections while a Recording grows.

A recording makes thousands of objects that stay. Python's collector counts those, and would look again and
again through everything that torch and its user's libraries have made, to find nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

NEW_OBJECTS = 200_000  # between two collections of the youngest; a long program's own garbage still goes

_lock = Lock()
_recordings = 0
_found = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collect seldom until the last of the recordings that overlap has ended; then as before."""
    global _recordings, _found
    with _lock:
        if not _recordings:
            _found = gc.get_threshold()
            if _found[0]:  # 0 is the user's "never"
                gc.set_threshold(max(NEW_OBJECTS, _found[0]), *_found[1:])
        _recordings += 1
    try:
        yield
    finally:
        with _lock:
            _recordings -= 1
            if not _recordings:
                gc.set_threshold(*_found)
