"""The page of answers that are alike. It accuses nobody: short answers to one task often are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from graph_duet.grading.classroom.similarity import Pair
from graph_duet.grading.pages.page import element, page
from graphviz_tools.language import _

_CAUTION = _(
    "Answers to one task are often alike because the task is. Read both before you ask anybody: what is alike may be "
    "the only way to write it."
)


def write_similarity(exercise: str, pairs: Sequence[Pair], to: Path) -> None:
    """Write the page. Raises OSError when it cannot be written."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(
        page(_("{exercise}: answers that are alike", exercise=exercise), _body(pairs)), encoding="utf-8"
    )


def _body(pairs: Sequence[Pair]) -> Iterator[str]:
    yield element("p", _CAUTION, "note")
    if not pairs:
        yield element("p", _("No two are."))
    for pair in pairs:
        shares = _(
            "{of_first:.0%} of {first}, {of_second:.0%} of {second}",
            of_first=pair.of_first,
            first=pair.first,
            of_second=pair.of_second,
            second=pair.second,
        )
        both = "".join(
            f"<h3>{escape(name)}</h3><pre>{escape(code)}</pre>"
            for name, code in zip((pair.first, pair.second), pair.codes, strict=True)
        )
        yield f"<details><summary>{escape(shares)}</summary>{both}</details>"
