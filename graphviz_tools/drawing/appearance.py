"""What Python and the front end both know of a picture, read from `appearance.json`, as the front end does."""

from __future__ import annotations

import json
from pathlib import Path

_SHARED = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

PHASES: tuple[str, ...] = tuple(_SHARED["phases"])
BYTE_UNITS: tuple[str, ...] = tuple(_SHARED["byteUnits"])
REPEATED: tuple[str, ...] = tuple(
    _SHARED["repeated"]
)  # kinds of frames whose label also counts the iterations
SPEEDS: tuple[float, ...] = tuple(_SHARED["speeds"])  # of playing; 1 is the usual one
CELLS: int = _SHARED["cells"]  # more elements of an array than this share cells
CACHE_SIGNS: dict[str, str] = _SHARED["cacheSigns"]  # by what a call did: traced, reused, raised
NOT_FINITE: int = _SHARED["heat"]["notFiniteByte"]  # of a cell of a heat map; a number has 0 to 254
STORED_TYPE: str = _SHARED["storedType"]  # the media type of a view that JupyterLab steps without a kernel


def corner(kind: str) -> int:
    """The radius of the corners of a box, in pixels, by the kind of its node."""
    return _SHARED["corner"].get(kind, _SHARED["corner"]["other"])
