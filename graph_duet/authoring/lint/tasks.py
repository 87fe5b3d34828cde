"""Points as the text states them, and hints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _, _n

MOST_HINTS = 3
MOST_TASKS, FEWEST_TASKS = 6, 3
_CODE = re.compile(r"`[^`]*`")
_MARKED = re.compile(r"\n\s*\n|^\s*([-#>]|\d+\.) |[*_]{2}|\]\(|(?<!\w)[*_]\w|</?[a-z]", re.MULTILINE)
_TASK = re.compile(r"Task (?P<task>\w+) · .+ \((?P<points>\d+(?:\.\d+)?) points?\)$")


def check(page: Page) -> Iterator[Problem]:
    if page.is_lesson:
        return
    stated = list(_stated(page))
    tasks = list(dict.fromkeys(task for task, _points, _line in stated))
    if not FEWEST_TASKS <= len(tasks) <= MOST_TASKS:
        sentence = _n(
            "{number} task; an exercise has {fewest} to {most}",
            "{number} tasks; an exercise has {fewest} to {most}",
            len(tasks),
            fewest=FEWEST_TASKS,
            most=MOST_TASKS,
        )
        yield page.problem(1, sentence)
    yield from _tasks(page, stated)
    yield from _hint_cells(page)
    for section in page.sections:
        if section.title.startswith("Task") and not _TASK.match(section.title):
            yield page.problem(section.line, _("write a task's heading as `## Task 1 · Its name (3 points)`"))


def _tasks(page: Page, stated: Iterable[tuple[str, float, int]]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for task, points, line in stated:
        if task in first:
            sentence = _("task {task} has a heading already, on line {line}", task=task, line=first[task])
            yield page.problem(line, sentence)
            continue
        first[task] = line
        of_checks = _points(page, task)
        if points != of_checks:
            yield page.problem(
                line,
                _(
                    "the heading of task {task} says {points:g} points, its checks give {of_checks:g}",
                    task=task,
                    points=points,
                    of_checks=of_checks,
                ),
            )
        hints = _hints(page, task)
        if not 1 <= hints <= MOST_HINTS:
            yield page.problem(
                line,
                _(
                    "task {task} has {hints} hints; give it 1 to {most_hints}",
                    task=task,
                    hints=hints,
                    most_hints=MOST_HINTS,
                ),
            )


def _hint_cells(page: Page) -> Iterator[Problem]:
    for cell in page.source.cells:
        if cell.kind == "hint" and not cell.text:
            yield page.problem(cell.line, _("this hint is empty"))
        elif cell.kind == "hint" and _MARKED.search(_CODE.sub("", cell.text)):
            sentence = _(
                "a hint is one paragraph of plain words and `code`: JupyterLab's panel shows no more"
            )
            yield page.problem(cell.line, sentence)


def _stated(page: Page) -> Iterator[tuple[str, float, int]]:
    """(task, points, line) as the headings say."""
    for section in page.sections:
        found = _TASK.match(section.title)
        if found:
            yield found["task"], float(found["points"]), section.line


def _points(page: Page, task: str) -> float:
    return sum(
        float(cell.options.get("points", 0))
        for cell, its in zip(page.source.cells, page.tasks, strict=True)
        if its == task and isinstance(cell.options.get("points", 0), int | float)
    )


def _hints(page: Page, task: str) -> int:
    cells = zip(page.source.cells, page.tasks, strict=True)
    return sum(cell.kind == "hint" and its == task for cell, its in cells)
