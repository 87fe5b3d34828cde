"""The first cell of a notebook, made from the front matter: title, minutes, points, neighbours and aims."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graph_duet.authoring.elsewhere import links
from graph_duet.authoring.source import Source

HOW_FAR = (
    "How far are you? Click **Check** in the toolbar: it saves, runs your answers, and shows points and the next hint. "
    "Where there is no such button, save, and run `%load_ext graph_duet.lab` and then `%duet check` in a new cell."
)

# Names in an exercise's given cells, each with what it is.
TERMS = {
    "seed": "`seed` sets the random numbers that the checks use: another seed gives other numbers;",
    "show": "`show` prints values with their type and shape;",
    "compare": "`compare` prints what happened beside what you predicted;",
    "submit": "`submit` sends what you built to the cell below it, which gets it from `received` and measures it;",
}


def title_cell(source: Source, preface: str, points: float = 0, lesson_title: str = "") -> str:
    """Markdown for the first cell. `preface` is the text above the first heading or cell; `lesson_title` is
    that of the lesson beside an exercise."""
    front = source.front
    parts = [_heading(source, lesson_title) + "\n" + _facts(source, points, lesson_title)]
    if source.is_exercise and "duet check" not in preface:
        parts.append(HOW_FAR)
    if source.is_exercise and (terms := _terms(source)):
        parts.append("\n- ".join(["In the cells that are given", *terms]))
    if front.get("aims"):
        parts.append("\n- ".join(["You will be able to", *(str(aim) for aim in front["aims"])]))
    if preface:
        parts.append(preface)
    return "\n\n".join(parts)


def _terms(source: Source) -> list[str]:
    """What the exercise's code uses and does not explain."""
    code = "\n".join(cell.text for cell in source.cells if cell.type == "code")
    found = [words for name, words in TERMS.items() if re.search(rf"\b{name}\b", code)]
    return [*found[:-1], f"{found[-1][:-1]}."] if found else []


def _heading(source: Source, lesson_title: str) -> str:
    front = source.front
    if not source.is_exercise:
        return f"# {front['lesson']} · {front['title']}"
    kind = " exercise" if lesson_title else ""
    return f"# {front['exercise']}{kind} · {front.get('heading', front['title'])}"


def _facts(source: Source, points: float, lesson_title: str) -> str:
    front: Mapping[str, Any] = source.front
    facts = [f"{front['minutes']} minutes"]
    if source.is_exercise:
        facts.append(f"{points:g} points")
    if lesson_title:
        facts.append(f"lesson: [{lesson_title}](lesson.ipynb)")
    facts += [f"{name}: {front[name]}" for name in ("before", "next") if name in front]
    facts.append(links(source.path))
    return f"*{' · '.join(facts)}*"
