"""Saying why a printed value was not the expected one, where the reason is its form and not the value itself."""

from __future__ import annotations

import re
from itertools import zip_longest

from grading.tolerance import snap

_KIND = re.compile(r"\b[a-z]+\d+\[[\d, ]*\]")  # what `show` prints before the elements, such as float32[2, 3]


def why(got: str, wanted: str, tolerance: float) -> str:
    """A sentence, or "" when the value itself is another one. It tells dtypes and shapes, never an element."""
    if _has_more(got, wanted, tolerance):
        return "what was expected is there, and more: take the answer's own print calls out"
    kinds = zip_longest(_KIND.findall(wanted), _KIND.findall(got), fillvalue="")
    expected, came = next((pair for pair in kinds if pair[0] != pair[1]), ("", ""))
    if not expected:
        return ""
    return f"{expected} was expected, and {came or 'no such array'} came"


def _has_more(got: str, wanted: str, tolerance: float) -> bool:
    """Whether the wanted lines are among those that came, in their order."""
    left = iter(got.split("\n"))
    return got != wanted and all(
        any(snap(line, line_wanted, tolerance) == line_wanted for line in left)
        for line_wanted in wanted.split("\n")
    )
