"""The reader's language: each text of ours that a person reads is written as `_("text with {name}", name=...)`.

The text in the code is English. Other languages come from catalogues that `duet translate` makes, and the
environment chooses among them as for any program: LANGUAGE, LC_ALL, LC_MESSAGES, LANG. `LANGUAGE=en_XA` is a
pseudo-locale, English with an accent on every letter: what stays plain cannot be translated.
"""

from __future__ import annotations

import gettext
import os
import re
from pathlib import Path

DOMAIN = "graph_duet"
CATALOGUES = Path(__file__).parent / "locale"
PSEUDO = "en_XA"

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "áƀçđéƒĝĥíĵķļɱñóþɋŕšţúṽŵẋýžÁƁÇĐÉƑĜĤÍĴĶĻṀÑÓÞɊŔŠŢÚṼŴẊÝŽ"
_LETTERS = str.maketrans(_PLAIN, _ACCENTED)


def _(text: str, /, **values: object) -> str:
    """`text` in the reader's language, with `{name}` replaced as `str.format` does when values are given."""
    shown = _catalogue.gettext(text)
    return shown.format(**values) if values else shown


def _n(one: str, many: str, number: int, /, **values: object) -> str:
    """Like `_`, in the form that the language has for `number`, which the text may name as `{number}`."""
    return _catalogue.ngettext(one, many, number).format(number=number, **values)


def front_end_texts() -> str:
    """The catalogue of the front end in the reader's language, as JSON; empty for English."""
    found = gettext.find(DOMAIN, CATALOGUES)
    path = found and Path(found).with_suffix(".json")
    return path.read_text("utf-8").strip() if path and path.is_file() else ""


def pseudo(text: str) -> str:
    """`text` with an accent on every letter outside `{placeholders}`."""
    parts = re.split(r"(\{[^{}]*\})", text)
    return "".join(part if part.startswith("{") else part.translate(_LETTERS) for part in parts)


class _Pseudo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return pseudo(msgid1 if n == 1 else msgid2)


def _chosen() -> gettext.NullTranslations:
    if os.environ.get("LANGUAGE") == PSEUDO:
        return _Pseudo()
    return gettext.translation(DOMAIN, CATALOGUES, fallback=True)


_catalogue = _chosen()
