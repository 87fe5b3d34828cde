"""The pairs that the lessons step side by side are aligned, nearly every op."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import json
import sys
import types
from pathlib import Path

import pytest

import widgets
from graphviz_tools.alignment.align import align
from graphviz_tools.recording import Recording

LESSONS = Path(__file__).resolve().parents[3] / "lessons"


def statements(notebook: Path) -> list[tuple[ast.stmt, str]]:
    """The notebook's top-level statements, with their text; cell magics are left out."""
    found = []
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] == "code":
            text = "".join(line for line in cell["source"] if not line.startswith(("%", "!")))
            with contextlib.suppress(SyntaxError):
                lines = text.splitlines()
                for node in ast.parse(text).body:
                    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                    found.append((node, "\n".join(lines[first - 1 : node.end_lineno])))
    return found


def what_it_takes(notebook: Path) -> str:
    """The statements that show pairs, and those that they need, one on another."""
    every = statements(notebook)
    kept = {i for i, (_, text) in enumerate(every) if "Duet(" in text}
    while True:
        names = {n.id for i in kept for n in ast.walk(every[i][0]) if isinstance(n, ast.Name)}
        more = {i for i, (node, _) in enumerate(every) if i < max(kept, default=0) and bound(node) & names}
        if more <= kept:
            return "\n\n".join(every[i][1] for i in sorted(kept)) + "\n"
        kept |= more


def bound(node: ast.stmt) -> set[str]:
    """The names that a statement binds, or whose objects it may change: `model` in `model.eval()` or `model(x)`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return {object_of(node.value.func)} - {*dir(builtins)}
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def object_of(expression: ast.expr) -> str:
    """`a` of `a`, `a.b` and `a.b.c`, or ""."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression.id if isinstance(expression, ast.Name) else ""


WITH_PAIRS = [path for path in sorted(LESSONS.glob("L*/lesson.ipynb")) if "Duet(" in path.read_text()]


def pairs_shown(
    notebook: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[Recording, Recording]]:
    """Run what shows the pairs, and keep what is given to `Duet`."""
    shown: list[tuple[Recording, Recording]] = []
    monkeypatch.setattr(widgets, "Duet", lambda left, right, **_: shown.append((left, right)))
    program = folder / f"{notebook.parent.name}.py"  # a file, so that its lines can be read back
    program.write_text(what_it_takes(notebook))
    main = types.ModuleType("__main__")  # as in a notebook: TorchDynamo looks its globals up there
    monkeypatch.setitem(sys.modules, "__main__", main)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(program.read_text(), str(program), "exec"), vars(main))
    return shown


@pytest.mark.parametrize("notebook", WITH_PAIRS, ids=lambda path: path.parent.name)
def test_a_lessons_pair_is_aligned(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pairs_shown(notebook, tmp_path, monkeypatch)
    assert shown
    for eager, static in shown:
        alignment = align(eager, static)
        left = [eager.nodes[n].label for n in alignment.unmatched_eager]
        right = [static.nodes[n].name for n in alignment.unmatched_static]
        assert alignment.pairs
        assert alignment.matched >= 0.95, f"no partner for {left} and {right}"
