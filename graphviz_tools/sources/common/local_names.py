"""The local variables of a running function, read without keeping what they hold alive.

Up to Python 3.12, `frame.f_locals` fills a dictionary that stays with the frame: a tensor that the function has let go
of since would live until somebody asks again.
"""

from __future__ import annotations

import sys
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any

_OURS = (
    3  # who refers to the dictionary when nobody else has asked for it: its frame, a name here, `getrefcount`
)


def local_names(frame: FrameType) -> dict[str, Any]:
    """What each local name of `frame` stands for now."""
    held = frame.f_locals
    copy = dict(held)
    if frame.f_code.co_flags & CO_OPTIMIZED and type(held) is dict and sys.getrefcount(held) <= _OURS:
        held.clear()  # of a function: the variables themselves are elsewhere
    return copy


def resolved(word: str, frame: FrameType) -> Any:
    """The object that a dotted name stands for in a frame, found without running code of the user's."""
    first, *rest = word.split(".")
    found = local_names(frame).get(first, frame.f_globals.get(first))
    for part in rest:
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    return found
