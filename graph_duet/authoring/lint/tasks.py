"""Points as the text states them, hints, and the answers that an exercise is tried with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _

MOST_HINTS = 3
MOST_TASKS, FEWEST_TASKS = 6, 3
_TASK = re.compile(r"Task (\w+) · .+ \((\d+(?:\.\d+)?) points?\)$")


def check(page: Page) -> Iterator[Problem]:
    if page.is_lesson:
        return
    answers = page.source.path.with_name("answers.py")
    if not answers.is_file():
        yield page.problem(
            1, _("answers.py is missing: write right and wrong answers there, to try the checks with")
        )
    stated = list(_stated(page))
    tasks = list(dict.fromkeys(task for task, _, _ in stated))
    if not FEWEST_TASKS <= len(tasks) <= MOST_TASKS:
        yield page.problem(
            1,
            _(
                "{count} tasks; an exercise has {fewest_tasks} to {most_tasks}",
                count=len(tasks),
                fewest_tasks=FEWEST_TASKS,
                most_tasks=MOST_TASKS,
            ),
        )
    for task, points, line in stated:
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
    for section in page.sections:
        if section.title.startswith("Task") and not _TASK.match(section.title):
            yield page.problem(section.line, _("write a task's heading as `## Task 1 · Its name (3 points)`"))


def _stated(page: Page) -> Iterator[tuple[str, float, int]]:
    """(task, points, line) as the headings say."""
    for section in page.sections:
        found = _TASK.match(section.title)
        if found:
            yield found[1], float(found[2]), section.line


def _points(page: Page, task: str) -> float:
    return sum(
        float(cell.options.get("points", 0))
        for cell, its in zip(page.source.cells, page.tasks, strict=True)
        if its == task and isinstance(cell.options.get("points", 0), int | float)
    )


def _hints(page: Page, task: str) -> int:
    cells = zip(page.source.cells, page.tasks, strict=True)
    return sum(cell.kind == "hint" and its == task for cell, its in cells)
