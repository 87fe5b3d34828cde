"""Recordings as files (`save`, `load`) and as JSON values (`to_json`, `from_json`).

The format follows the dataclasses of recording.py field by field and leaves out what has its default. Two
things differ, for size and for JavaScript:

- `values` and `lines` are tables; a Value or a SourceLine is written as its place in the table (a tensor that ten
  steps read is written once);
- a number that JSON has no word for is the string "nan", "inf" or "-inf", and a complex one the pair
  [real, imaginary].
"""

from __future__ import annotations

import gzip
import json
import math
import os
import types
import zlib
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from graphviz_tools.arguments import check_recordings, path_of
from graphviz_tools.errors import UserError
from graphviz_tools.language import _
from graphviz_tools.recording import Number, Recording, SourceLine, Value
from graphviz_tools.whole_file import write_whole

FORMAT = "graph-duet recording"
VERSION = 1

Json = Any
_TABLES: dict[type, str] = {Value: "values", SourceLine: "lines"}
_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def save(recording: Recording, path: str | os.PathLike[str]) -> Path:
    """Write the recording to `path`; the file appears whole or not at all.

    Raises UserError when `recording` is not one or `path` not a path, and OSError when the place cannot be written.
    """
    check_recordings(recording)
    path = path_of(path)
    content = json.dumps(to_json(recording), separators=(",", ":"), allow_nan=False).encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    write_whole(path, content)
    return path


def load(path: str | os.PathLike[str]) -> Recording:
    """The recording that `save` wrote to `path`, compressed or not.

    Raises UserError for a missing or damaged file, one of another kind, or one of a later version.
    """
    path = path_of(path)
    if not path.is_file():
        raise UserError(_("there is no file {path}", path=path))
    content = path.read_bytes()
    try:
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        written = json.loads(content)
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            _("{path} is damaged or not a recording: {reason}", path=path, reason=reason)
        ) from None
    try:
        return from_json(written)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def to_json(recording: Recording) -> dict[str, Json]:
    """The recording as dicts, lists, strings and finite numbers, fit for `json.dumps`."""
    tables = _Tables()
    body = _writer(Recording)(recording, tables)
    return {"format": FORMAT, "version": VERSION, **tables.written, **body}


def from_json(written: Json) -> Recording:
    """The recording that `to_json` wrote. Raises UserError when it is damaged or of a later version."""
    if not isinstance(written, dict) or written.get("format") != FORMAT:
        raise UserError(_("not a Graph Duet recording"))
    version = written.get("version")
    if not isinstance(version, int) or version < 1:
        raise UserError(_("the recording is damaged: {version!r} is not a version", version=version))
    if version > VERSION:
        raise UserError(
            _(
                "the recording has format {version}; this Graph Duet reads up to {newest}: install a newer one",
                version=version,
                newest=VERSION,
            )
        )
    tables: dict[type, list[Any]] = {}
    try:
        for kind in (SourceLine, Value):
            read = _dataclass_reader(kind)
            tables[kind] = [read(item, tables) for item in _list(written.get(_TABLES[kind], []))]
        body = {k: v for k, v in written.items() if k not in ("format", "version", *_TABLES.values())}
        return _dataclass_reader(Recording)(body, tables)
    except _Damage as damage:
        raise UserError(_("the recording is damaged: {damage}", damage=damage)) from None


class _Damage(Exception):
    """A sentence about what was found where something else belongs."""


class _Tables:
    """Values and lines, each written once."""

    def __init__(self) -> None:
        self.written: dict[str, list[Json]] = {"lines": [], "values": []}
        self._places: dict[int, tuple[int, object]] = {}

    def place(self, thing: object) -> int:
        known = self._places.get(id(thing))
        if known is None:
            table = self.written[_TABLES[type(thing)]]
            table.append(_dataclass_writer(type(thing))(thing, self))
            known = self._places[id(thing)] = (len(table) - 1, thing)
        return known[0]


# Writing: one function a type, put together once from the type's annotation.

Writer = Callable[[Any, _Tables], Json]
Reader = Callable[[Json, dict[type, list[Any]]], Any]


@cache
def _writer(annotation: Any) -> Writer:
    if annotation in _TABLES:
        return lambda thing, tables: tables.place(thing)
    if is_dataclass(annotation):
        return _dataclass_writer(annotation)
    if annotation in (float, Number):
        return lambda number, tables: _written_number(number)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        each = _writer(inner[0])
        return lambda items, tables: [each(item, tables) for item in items]
    if origin in (Union, types.UnionType) and inner[-1] is type(None):
        rest = Union[inner[:-1]]  # noqa: UP007 - the members are known only here
        some = _writer(rest)
        return lambda thing, tables: None if thing is None else some(thing, tables)
    return lambda thing, tables: list(thing) if isinstance(thing, tuple) else thing


@cache
def _dataclass_writer(cls: type) -> Writer:
    columns = [(f.name, _default(f), _writer(hint)) for f, hint in _columns(cls)]

    def write(thing: Any, tables: _Tables) -> Json:
        written = {}
        for name, default, column in columns:
            content = getattr(thing, name)
            if content is not default and (content != default or isinstance(content, bool | int | float)):
                written[name] = column(content, tables)
        return written

    return write


def _written_number(number: Number) -> Json:
    if isinstance(number, complex):
        return [_written_number(number.real), _written_number(number.imag)]
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    return number


# Reading: the same, with a check at every leaf.


@cache
def _reader(annotation: Any) -> Reader:
    if annotation in _TABLES:
        return lambda place, tables: _looked_up(tables[annotation], place)
    if is_dataclass(annotation):
        return _dataclass_reader(annotation)
    if annotation in (float, Number):
        return lambda number, tables: _read_number(number)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _checked(lambda word: isinstance(word, str) and word in inner, " or ".join(map(repr, inner)))
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        each = _reader(inner[0])
        return lambda items, tables: tuple([each(item, tables) for item in _list(items)])
    if origin is tuple:
        pair = [_reader(part) for part in inner]
        return lambda items, tables: _pair(items, pair, tables)
    if origin is dict:
        return _checked(
            lambda d: isinstance(d, dict) and all(isinstance(v, str) for v in d.values()),
            _("names and strings"),
        )
    if origin in (Union, types.UnionType) and inner[-1] is type(None):
        some = _reader(Union[inner[:-1]])  # noqa: UP007
        return lambda thing, tables: None if thing is None else some(thing, tables)
    if annotation is int:
        return _checked(lambda n: isinstance(n, int) and not isinstance(n, bool), _("a whole number"))
    return _checked(lambda s: isinstance(s, annotation), f"a {annotation.__name__}")


@cache
def _dataclass_reader(cls: type) -> Reader:
    columns = {f.name: _reader(hint) for f, hint in _columns(cls)}
    needed = {f.name for f, _ in _columns(cls) if _default(f) is MISSING}

    def read(written: Json, tables: dict[type, list[Any]]) -> Any:
        if not isinstance(written, dict):
            raise _Damage(_("{written!r:.40} where a {cls} belongs", written=written, cls=cls.__name__))
        strange = written.keys() - columns.keys()
        missing = needed - written.keys()
        if strange or missing:
            names = ", ".join(sorted(strange or missing))
            raise _Damage(
                _("a {cls} has unknown {names}", cls=cls.__name__, names=names)
                if strange
                else _("a {cls} lacks {names}", cls=cls.__name__, names=names)
            )
        return cls(**{name: columns[name](content, tables) for name, content in written.items()})

    return read


def _columns(cls: type) -> list[tuple[Field[Any], Any]]:
    hints = get_type_hints(cls)
    return [(f, hints[f.name]) for f in fields(cls)]


def _default(column: Field[Any]) -> Any:
    return column.default if column.default_factory is MISSING else column.default_factory()


def _checked(holds: Callable[[Json], bool], what: str) -> Reader:
    def read(thing: Json, tables: dict[type, list[Any]]) -> Any:
        if not holds(thing):
            raise _Damage(_("{thing!r:.40} where {what} belongs", thing=thing, what=what))
        return thing

    return read


def _list(thing: Json) -> list[Any]:
    if not isinstance(thing, list):
        raise _Damage(_("{thing!r:.40} where a list belongs", thing=thing))
    return thing


def _pair(items: Json, readers: list[Reader], tables: dict[type, list[Any]]) -> tuple[Any, ...]:
    if len(_list(items)) != len(readers):
        raise _Damage(_("{items!r:.40} where {count} things belong", items=items, count=len(readers)))
    return tuple(read(item, tables) for read, item in zip(readers, items, strict=True))


def _looked_up(table: list[Any], place: Json) -> Any:
    if not isinstance(place, int) or not 0 <= place < len(table):
        raise _Damage(
            _("{place!r:.40} where a place in a table of {count} belongs", place=place, count=len(table))
        )
    return table[place]


def _read_number(number: Json) -> Number:
    if isinstance(number, bool | int | float):
        return number
    if isinstance(number, str) and number in _WORDS:
        return _WORDS[number]
    if isinstance(number, list) and len(number) == 2:
        real, imaginary = map(_read_number, number)
        if not isinstance(real, complex) and not isinstance(imaginary, complex):
            return complex(real, imaginary)
    raise _Damage(_("{number!r:.40} where a number belongs", number=number))
