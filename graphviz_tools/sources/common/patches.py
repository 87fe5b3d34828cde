"""Functions of a framework that are replaced while somebody records, and put back when nobody does.

Threads may record at the same time, and a recording may lie inside another; were each to put back what it
found, the last one out would leave another's function behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock, get_ident
from typing import Any

Handler = Callable[..., Any]  # (what to call instead of the original, *arguments) -> result


class Patch:
    """The function `name` of `home`. While handlers are there, a thread's calls go through those of its own,
    the newest first. `marks` are attributes of the function that replaces it."""

    def __init__(self, home: Any, name: str, marks: dict[str, Any] | None = None) -> None:
        self._home, self._name, self._marks = home, name, marks or {}
        self._handlers: dict[int, list[Handler]] = {}
        self._original: Any = None
        self._inherited = False
        self._lock = Lock()

    @contextmanager
    def handled_by(self, handler: Handler) -> Iterator[None]:
        """Give this thread's calls to `handler`."""
        thread = get_ident()
        with self._lock:
            if not self._handlers:
                self._original = getattr(self._home, self._name)
                made_by_class = isinstance(getattr(type(self._home), self._name, None), property)
                self._inherited = self._name not in vars(self._home) and not made_by_class
                setattr(self._home, self._name, self._replacement())
            self._handlers.setdefault(thread, []).append(handler)
        try:
            yield
        finally:
            with self._lock:
                self._handlers[thread].remove(handler)
                if not self._handlers[thread]:
                    del self._handlers[thread]
                if not self._handlers and self._inherited:
                    delattr(self._home, self._name)
                elif not self._handlers:
                    setattr(self._home, self._name, self._original)

    def _replacement(self) -> Callable[..., Any]:
        original, handlers = self._original, self._handlers

        def patched(*args: Any, **kwargs: Any) -> Any:
            call = original
            for handler in handlers.get(get_ident(), ()):
                call = partial(handler, call)
            return call(*args, **kwargs)

        for mark, value in self._marks.items():
            setattr(patched, mark, value)
        return patched
