"""A submission as the gradebook keeps it: the text of its cells, for the instructor to read, without outputs."""

from __future__ import annotations

import json
import zlib
from typing import Any

from graph_duet.grading.exercise.notebooks import Unreadable, duet, parse

_MOST_TEXT = 200_000  # characters of one cell that are kept: nobody reads more


def packed(data: bytes) -> bytes:
    """The notebook in `data`, compressed; empty for a file that is not one. The same bytes give the same."""
    try:
        notebook = parse(data)
    except Unreadable:
        return b""
    cells = [
        {
            "type": str(cell.get("cell_type", "")),
            "id": str(cell.get("id", "")),
            "source": cell.source[:_MOST_TEXT],
            "duet": {name: str(duet(cell)[name]) for name in ("kind", "task") if name in duet(cell)},
        }
        for cell in notebook.cells
    ]
    return zlib.compress(json.dumps({"cells": cells}).encode())


def unpacked(content: bytes) -> dict[str, Any]:
    """What `packed` kept: `{"cells": [{"type", "id", "source", "duet"}, ...]}`."""
    return json.loads(zlib.decompress(content))
