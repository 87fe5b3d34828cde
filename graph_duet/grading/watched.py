"""Predictions that a learner's own check can judge: those with a cell below them that watches what happens.

The learner's file holds no right prediction. It holds a look cell that runs the program and ends with
`compare(predicted, seen)`; what was right is what that cell sees.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from nbformat import NotebookNode

from graph_duet.grading.exercise.format import kind
from graph_duet.grading.exercise.predictions import OPEN, RIGHT, WRONG
from graph_duet.grading.judging.judge import Outcome, printed
from graph_duet.grading.report import CheckResult
from graphviz_tools.language import _


def watches(notebook: NotebookNode, sealed: Collection[str]) -> dict[str, str]:
    """For each of the `sealed` check cells that is watched, source that runs what its prediction was about and
    compares only that prediction."""
    found: dict[str, str] = {}
    for place, cell in enumerate(notebook.cells):
        if cell.id in sealed:
            for look in _looks_below(notebook, place):
                source = _comparing(look.source, _names(ast.parse(cell.source)))
                if source:
                    found[cell.id] = source
                    break
    return found


def with_sources(notebook: NotebookNode, sources: Mapping[str, str]) -> NotebookNode:
    """A copy of the notebook in which these cells, by id, have these sources."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        cell.source = sources.get(cell.id, cell.source)
    return changed


def judged(check: CheckResult, watched: Outcome) -> CheckResult:
    """The check with the points that its watch cell gives it. It says how many entries were right, not which."""
    lines = printed(watched.outputs).splitlines()
    right = sum(line.startswith(f"{RIGHT} ") for line in lines)
    wrong = sum(line.startswith(f"{WRONG} ") for line in lines)
    if wrong:
        said = _(
            "{right} of {all} happened as you predicted; run the watch cell below to see what happened",
            right=right,
            all=right + wrong,
        )
        return replace(check, points=0.0, fault="wrong", message=said, got="")
    if not right:
        waiting = next((line for line in lines if line.startswith(OPEN)), "")
        return replace(check, points=0.0, fault="empty", message=waiting, got="")
    return check


def _looks_below(notebook: NotebookNode, place: int) -> Iterator[NotebookNode]:
    """The look cells between a check and the next answer."""
    for cell in notebook.cells[place + 1 :]:
        if kind(cell) in ("answer", "kernel"):
            return
        if kind(cell) == "look":
            yield cell


def _comparing(source: str, predictions: set[str]) -> str:
    """The cell without its comparisons of other predictions; "" where it compares none of these."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic: not a cell that compares
        return ""
    compared = {id(node): name for node in tree.body if (name := _compared(node))}
    if predictions.isdisjoint(compared.values()):
        return ""
    tree.body = [node for node in tree.body if compared.get(id(node), "") in {"", *predictions}]
    return ast.unparse(tree)


def _compared(node: ast.stmt) -> str:
    """The name that the statement `compare(name, ...)` compares; "" for another statement."""
    match node:
        case ast.Expr(ast.Call(func=ast.Name("compare"), args=[ast.Name(name), *_])):
            return name
    return ""


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
