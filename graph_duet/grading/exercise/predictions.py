"""Showing a learner what happened beside what was predicted."""

from __future__ import annotations

from collections.abc import Mapping

from graphviz_tools.language import _

RIGHT, WRONG, OPEN = "✓", "✗", _("Write your prediction first")


def compare(predicted: Mapping[str, object], seen: Mapping[str, object], blank: object = None) -> None:
    """Print each entry of `seen` beside the prediction of the same name: what a watch cell ends with.

    Entries that are still `blank` are named instead, and nothing that was seen is printed.
    """
    waiting = [name for name in seen if predicted.get(name, blank) == blank]
    if waiting:
        print(_("{open}; still open: {waiting}.", open=OPEN, waiting=", ".join(waiting)))
        return
    names = max(len(name) for name in seen)
    said = max(len(str(predicted[name])) for name in seen)
    for name, value in seen.items():
        mark = RIGHT if predicted[name] == value else WRONG
        yours = _("you said {said}", said=f"{predicted[name]!s:{said}}")
        theirs = _("it was {value}", value=value)
        print(f"{mark} {name:{names}}  {yours}  {theirs}")
