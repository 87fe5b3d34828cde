"""Text files that spreadsheets wrote: UTF-8 with and without a byte order mark, UTF-16, or Windows' own encoding."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import NamedTuple

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UNDEFINED = {0x81, 0x8D, 0x8F, 0x90, 0x9D}  # bytes that cp1252 has no character for


class TextFile(NamedTuple):
    """The text, and the encoding that gives the same bytes again."""

    text: str
    encoding: str


def read_text(path: Path) -> TextFile:
    """Raises UserError when there is no such file."""
    if not path.is_file():
        raise UserError(_("there is no file {path}", path=path))
    data = path.read_bytes()
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    try:
        return TextFile(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        encoding = "latin-1" if _UNDEFINED & set(data) else "cp1252"  # what Excel writes on Windows
        return TextFile(data.decode(encoding), encoding)
