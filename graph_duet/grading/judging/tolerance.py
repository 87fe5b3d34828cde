"""Comparing printed values: text exactly, numbers with a decimal point within a tolerance."""

from __future__ import annotations

import re

_REAL = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?![\w.])"
)


def snap(text: str, reference: str, tolerance: float) -> str:
    """`text` with each real number that is close to its counterpart in `reference` replaced by it.

    Then plain equality of texts is equality within the tolerance: |a - b| <= tolerance * max(1, |b|). Where
    the counts of real numbers differ, `text` comes back as it was. Integers are never touched.
    """
    wanted = _REAL.findall(reference)
    if len(_REAL.findall(text)) != len(wanted):
        return text
    counterparts = iter(wanted)

    def replace(match: re.Match[str]) -> str:
        counterpart = next(counterparts)
        close = abs(float(match[0]) - float(counterpart)) <= tolerance * max(1.0, abs(float(counterpart)))
        return counterpart if close else match[0]

    return _REAL.sub(replace, text)
