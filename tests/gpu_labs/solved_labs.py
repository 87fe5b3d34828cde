"""The solutions of the labs, as modules: taken from the solution regions of each exercise.md."""

from __future__ import annotations

import ast
import importlib.util
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

from nbformat import NotebookNode

from gpu_labs.checks import Report
from graph_duet.authoring.answers import Answer
from graph_duet.authoring.notebooks_from_text import solved_notebook
from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.format import duet, kind

LABS = Path(__file__).resolve().parents[2] / "gpu_labs"


@cache
def solution(lab: str) -> ModuleType:
    """What the given and answer cells of a lab define, with its solutions."""
    return with_answer(lab)


def with_answer(lab: str, task: str = "", answer: Answer = "") -> ModuleType:
    """The same with another answer to one task. The module has a file, where kernels look up their source."""
    texts = [answer] if isinstance(answer, str) else list(answer)
    sources: list[str] = []
    for cell in solved_notebook(LABS / lab).cells:
        if kind(cell) in ("answer", "kernel") and duet(cell)["task"] == task:
            number = solution_regions.count(cell.source)
            sources.append(solution_regions.filled(cell.source, texts[:number]))
            texts = texts[number:]
        elif kind(cell) in ("answer", "kernel"):
            sources.append(solution_regions.solution(cell.source))
        elif cell.cell_type == "code" and kind(cell) in ("given", "seed"):
            sources.append(cell.source)
    path = Path(tempfile.mkdtemp(prefix="duet-solution-")) / f"{lab}_solution.py"
    path.write_text("\n\n".join(sources), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def instant_report(lab: str, task: str, answer: Answer) -> Report:
    """What the instant check of a task says of an answer: `job.check(kernel)`, as its cell writes it."""
    cell = _instant_check(lab, task)
    check = next(node for node in ast.walk(ast.parse(cell.source)) if _is_check(node))
    return eval(compile(ast.Expression(check), cell.id, "eval"), vars(with_answer(lab, task, answer)))


def _instant_check(lab: str, task: str) -> NotebookNode:
    cells = solved_notebook(LABS / lab).cells
    return next(cell for cell in cells if cell.id == f"instant-check-{task}")


def _is_check(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check"
