"""What a lesson, exercise or lab must have, checked on its text; each problem has its line in the .md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from graph_duet.authoring.lint import answers, code, glossary, links, outputs, parts, predictions, tasks
from graph_duet.authoring.lint.page import Page, Problem
from graph_duet.authoring.notebooks_from_text import notebook_of
from graph_duet.authoring.source import read_source
from graph_duet.authoring.source_error import SourceError

__all__ = ["Problem", "lint"]

_RULES: tuple[Callable[[Page], Iterator[Problem]], ...] = (
    parts.check,
    code.check,
    predictions.check,
    tasks.check,
    answers.check,
    links.check,
    glossary.check,
    outputs.check,
)


def lint(folder: Path) -> list[Problem]:
    """Every problem of the folder's texts and of the notebooks built from them, in the order of the lines."""
    problems: list[Problem] = []
    for name in ("lesson.md", "exercise.md"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            page = Page.of(read_source(path))
            notebook_of(page.source)
        except SourceError as error:
            problems.append(Problem(error.path, error.line, error.sentence))
            continue
        found = [problem for rule in _RULES for problem in rule(page)]
        problems += sorted(found, key=lambda problem: (problem.path.name, problem.line))
    return problems
