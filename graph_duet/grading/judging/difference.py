"""Saying why a printed value was not the expected one, where it says so itself or the reason is its form."""

from __future__ import annotations

import re
from itertools import zip_longest

from graph_duet.grading.judging.tolerance import snap
from graphviz_tools.language import _

_KIND = re.compile(r"\b[a-z]+\d+\[[\d, ]*\]")  # what `show` prints before the elements, such as float32[2, 3]

_RIGHT = re.compile(r"(.+): right\b")  # a line of a lab's evidence: the launch, and the verdict on it
_REASON = re.compile(r"[a-z][a-z -]*?(?=( -?nan| -?inf| -?\d|$))")


def why(got: str, wanted: str, tolerance: float) -> str:
    """A sentence, or "" when the value itself is another one. It tells dtypes, shapes and a launch's verdict, never
    an element."""
    if _has_more(got, wanted, tolerance):
        return _("what was expected is there, and more: take the answer's own print calls out")
    verdict = _first_verdict(got, wanted)
    if verdict:
        return verdict
    kinds = zip_longest(_KIND.findall(wanted), _KIND.findall(got), fillvalue="")
    expected, came = next(((wanted, got) for wanted, got in kinds if wanted != got), ("", ""))
    if not expected:
        return ""
    return _("{expected} was expected, and {came} came", expected=expected, came=came or _("no such array"))


def _first_verdict(got: str, wanted: str) -> str:
    """The first launch that should have been right and was not, with the reason that was printed for it."""
    for line, line_wanted in zip(got.split("\n"), wanted.split("\n"), strict=False):
        right = _RIGHT.match(line_wanted)
        if right and line.startswith(f"{right[1]}: ") and not line.startswith(right[0]):
            reason = _REASON.match(line, right.end(1) + 2)
            return f"{right[1]}: {reason[0]}" if reason else ""
    return ""


def _has_more(got: str, wanted: str, tolerance: float) -> bool:
    """Whether the wanted lines are among those that came, in their order."""
    left = iter(got.split("\n"))
    return got != wanted and all(
        any(snap(line, line_wanted, tolerance) == line_wanted for line in left)
        for line_wanted in wanted.split("\n")
    )
