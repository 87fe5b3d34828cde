"""Writing a file so that it appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content`, text as UTF-8, to `path`.

    When the disk is full or the process is killed in between, the old file stays as it was. Raises OSError
    that names `path`.
    """
    path = path.resolve()  # a link stays a link
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename, error.filename2 = os.fspath(path), None
        with suppress(OSError):  # on a read-only disk there is nothing to remove, and no permission to
            unfinished.unlink(missing_ok=True)
        raise
