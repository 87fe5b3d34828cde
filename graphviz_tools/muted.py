"""Silence what C libraries write straight to the process's standard error."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = threading.Lock()


@contextmanager
def muted_stderr() -> Iterator[None]:
    """Within the block, file descriptor 2 leads nowhere; a kernel would show such lines in the notebook."""
    with _LOCK, Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
