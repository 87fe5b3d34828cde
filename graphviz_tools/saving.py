"""Recordings as files: `save` and `load`, JSON with a version, compressed when the name ends in ".gz"."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from pathlib import Path

from graphviz_tools.recording import Recording
from graphviz_tools.serialization import from_json, to_json


def save(recording: Recording, path: str | os.PathLike[str]) -> Path:
    """Write the recording to `path`; the file appears whole or not at all.

    Raises OSError when the place cannot be written.
    """
    path = Path(path)
    content = json.dumps(to_json(recording), separators=(",", ":"), allow_nan=False).encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return path


def load(path: str | os.PathLike[str]) -> Recording:
    """The recording that `save` wrote to `path`, compressed or not.

    Raises ValueError, in one sentence, for a damaged file, one of another kind, or one of a later version.
    """
    content = Path(path).read_bytes()
    try:
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        written = json.loads(content)
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is damaged or no recording: {reason}") from None
    try:
        return from_json(written)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
