"""Check what users pass in, with one clear sentence for each mistake."""

from __future__ import annotations

import os
import reprlib
from pathlib import Path

from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Recording


def check_recordings(*given: object) -> None:
    """Raises UserError for the first of `given` that is not a Recording."""
    for one in given:
        if not isinstance(one, Recording):
            raise UserError(
                _(
                    "expected a Recording, got {kind}: record a program first, "
                    "for example with record_torch(fn, *args)",
                    kind=type(one).__name__,
                )
            )


def check_choice(name: str, given: object) -> None:
    """Raises UserError unless `given`, passed as `name`, is True or False."""
    if not isinstance(given, bool):
        raise UserError(_("{name} must be True or False, got {choice!r}", name=name, choice=given))


def in_brief(given: object) -> str:
    """A wrong argument in one short line."""
    return " ".join(reprlib.repr(given).split())


def path_of(given: object) -> Path:
    """`given` as a path. Raises UserError when it does not name a file."""
    if not isinstance(given, (str, os.PathLike)) or not os.fspath(given):
        raise UserError(_("expected the name of a file, got {given}", given=in_brief(given)))
    return Path(os.fspath(given))


def file_to_write(given: object, suffix: str) -> Path:
    """`given` as a path that ends in `suffix`, which is added when it has none. Raises UserError for another
    ending and for a folder that does not exist."""
    place = path_of(given)
    if not place.suffix:
        place = place.with_suffix(suffix)
    if place.suffix != suffix:
        raise UserError(_("{place} should end in {suffix}", place=place.name, suffix=suffix))
    if not place.parent.is_dir():
        raise UserError(_("there is no folder {parent!r}: create it first", parent=str(place.parent)))
    return place
