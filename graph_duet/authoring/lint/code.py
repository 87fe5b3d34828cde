"""Code that fits on a screen, valid Python, and first of all the import that silences TensorFlow."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from graph_duet.authoring.lint.page import Page, Problem
from graphviz_tools.language import _

MOST_LINES = 15
LONGEST_LINE = 100
FIRST_IMPORT = "import graphviz_tools as gt"


def check(page: Page) -> Iterator[Problem]:
    for cell in page.code():
        lines = cell.text.splitlines()
        if page.is_lesson and len(lines) > MOST_LINES:
            yield page.problem(
                cell.line,
                _(
                    "{count} lines of code; a cell has at most {most_lines}",
                    count=len(lines),
                    most_lines=MOST_LINES,
                ),
            )
        for number, line in enumerate(lines, start=cell.line):
            if len(line) > LONGEST_LINE:
                yield page.problem(
                    number,
                    _(
                        "{count} characters; a line of code has at most {longest_line}",
                        count=len(line),
                        longest_line=LONGEST_LINE,
                    ),
                )
        yield from _syntax(page, cell.text, cell.line)
    if page.is_lesson or page.is_lab:
        yield from _first_import(page)


def _syntax(page: Page, text: str, line: int) -> Iterator[Problem]:
    if text.lstrip().startswith(("%", "!")) or "\n%" in text:
        return  # a magic
    try:
        ast.parse(text)
    except SyntaxError as error:
        yield page.problem(line + (error.lineno or 1) - 1, _("not valid Python: {msg}", msg=error.msg))


def _first_import(page: Page) -> Iterator[Problem]:
    first = next(page.code(), None)
    imports = [line for line in first.text.splitlines() if "import" in line] if first else []
    if first and imports[:1] != [FIRST_IMPORT]:
        yield page.problem(
            first.line, _("the first code cell begins with `{first_import}`", first_import=FIRST_IMPORT)
        )
