"""Students' names: as they are in the gradebook, and as safe file names, each of one student only."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ODD = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 60


def student_name(raw: str) -> str:
    """The name as the gradebook keeps it: all of it, in Unicode's composed form, so that a name from a Mac's zip is
    the one in the roster. Characters that cannot be shown become "_", and then a hash keeps the name apart."""
    raw = as_utf8(raw)
    name = unicodedata.normalize("NFC", raw).strip()
    shown = _UNPRINTABLE.sub("_", name)
    return (shown if shown == name else f"{shown}-{_hash(raw)}") or "unnamed"


def as_utf8(name: str) -> str:
    """A name that Python read from the disk or the command line in another locale than UTF-8, as it is in UTF-8."""
    try:
        return name.encode("utf-8", "surrogateescape").decode()
    except UnicodeError:
        return name


def file_name(student: str) -> str:
    """A file name for a student's page: plain letters, digits, dots and dashes. A name that had to be
    changed ends in a hash of the whole name, so that no two students share one, even where case does not count."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", student) if not unicodedata.combining(c))
    plain = _ODD.sub("_", letters.lower()).strip("._")[:_LONGEST]
    return plain if plain == student else f"{plain or 'student'}-{_hash(student)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
