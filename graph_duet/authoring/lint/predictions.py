"""A prediction is written down by the learner and answered by running something below it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from graph_duet.authoring.lint.page import Page, Problem, Section
from graph_duet.authoring.source import SourceCell
from graphviz_tools.language import _


def check(page: Page) -> Iterator[Problem]:
    if not page.is_lesson:
        return
    predict = page.section("Predict")
    if predict:
        yield from _answered(page, predict, _("a guess, such as `guess = 2`"))
    yourself = page.section("Check yourself")
    if yourself:
        yield from _answered(page, yourself, _("`mine = ...`, to be written over"), name="mine")
    if not any("assert" in cell.text for cell in page.code()):
        pair = page.section("Run the pair")
        yield page.problem(pair.line if pair else 1, _("no cell asserts that the two frameworks agree"))


def _answered(page: Page, section: Section, wanted: str, name: str = "") -> Iterator[Problem]:
    """A cell of the section assigns a name, and a later cell uses it."""
    for cell in section.cells:
        if cell.type != "code":
            continue
        assigned = _assigned(cell.text)
        if (name and name in assigned) or (assigned and not name):
            later = [other for other in page.code() if other.line > cell.line]
            if not any(_uses(other, {name} if name else assigned) for other in later):
                sentence = _(
                    "no cell below answers this prediction: none uses {assigned}",
                    assigned=", ".join(sorted(assigned)),
                )
                yield page.problem(cell.line, sentence)
            return
    yield page.problem(
        section.line, _("`## {title}` has no cell with {wanted}", title=section.title, wanted=wanted)
    )


def _assigned(text: str) -> set[str]:
    """Names that a cell assigns at its top level."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return set()
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _uses(cell: SourceCell, names: set[str]) -> bool:
    try:
        tree = ast.parse(cell.text)
    except SyntaxError:
        return False
    return any(
        isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
    )
