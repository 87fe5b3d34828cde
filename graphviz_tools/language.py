"""The reader's language: each text of ours that a person reads is written as `_("text with {name}", name=...)`.

The text in the code is English. Other languages come from catalogues that `duet translate` makes. LANGUAGE chooses
among them; without it JupyterLab's setting (Settings, Language) does; without that the system's LC_ALL, LC_MESSAGES
and LANG do, as for any program. `LANGUAGE=en_XA` is a pseudo-locale, English with an accent on every letter: what has
no accent there cannot be translated.
"""

from __future__ import annotations

import gettext
import os
import re
from pathlib import Path

DOMAIN = "graph_duet"
CATALOGUES = Path(__file__).parent / "locale"
PSEUDO = "en_XA"
_JUPYTERLAB = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED = "áƀçđéƒĝĥíĵķļɱñóþɋŕšţúṽŵẋýžÁƁÇĐÉƑĜĤÍĴĶĻṀÑÓÞɊŔŠŢÚṼŴẊÝŽ"
_LETTERS = str.maketrans(_PLAIN, _ACCENTED)


def _(text: str, /, **values: object) -> str:
    """`text` in the reader's language, with `{name}` replaced as `str.format` does when values are given."""
    shown = _catalogue.gettext(text)
    return shown.format(**values) if values else shown


def _n(one: str, many: str, number: int, /, **values: object) -> str:
    """Like `_`, with the language's singular or plural for `number`; the text may use `{number}`."""
    return _catalogue.ngettext(one, many, number).format(number=number, **values)


def front_end_texts() -> str:
    """The catalogue of the front end in the reader's language, as JSON; empty for English."""
    found = gettext.find(DOMAIN, CATALOGUES, _languages())
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
    return gettext.translation(DOMAIN, CATALOGUES, _languages(), fallback=True)


def _languages() -> list[str] | None:
    """The languages to look for, the first one first; None: those of the system's variables."""
    if os.environ.get("LANGUAGE"):
        return None
    chosen = _in_jupyterlab()
    return [chosen] if chosen not in ("", "default") else None


def _in_jupyterlab() -> str:
    """The language chosen in JupyterLab's settings; empty when none is."""
    settings, config = (os.environ.get(name) for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTER_CONFIG_DIR"))
    try:
        home = Path(config) if config else Path.home() / ".jupyter"
        folder = Path(settings) if settings else home / "lab" / "user-settings"
        text = (folder / _JUPYTERLAB).read_text("utf-8")
    except (OSError, RuntimeError):  # no such file; no home
        return ""
    found = re.search(r'^(?!\s*//).*"locale"\s*:\s*"([\w-]+)"', text, re.MULTILINE)  # JSON with comments
    return found[1] if found else ""


_catalogue = _chosen()


def choose() -> None:
    """Choose the language again, where the environment has changed since this process began."""
    global _catalogue
    _catalogue = _chosen()
