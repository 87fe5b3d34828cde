"""Every system that docs/systems.md names is imported and called by a lesson, and the lesson shows that it ran."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "systems.md"
NAMED = ["torch.compile", "torch.export", "TorchScript", "ONNX", "SavedModel", "TensorFlow Serving", "LiteRT"]
NAMED += [
    "XLA",
    "JAX",
    "Keras, `fit`",
    "TensorBoard",
    "tf.data",
    "DataLoader",
    "DistributedDataParallel",
    "Hugging Face",
]


class Row(NamedTuple):
    """A row of the page: a system, the calls of it, the lesson that makes them, and what the lesson prints."""

    system: str
    calls: list[str]
    lesson: Path
    prints: str


class Lesson(NamedTuple):
    """`called` has the calls of a lesson, by full name; `printed` is all that its cells print."""

    called: list[tuple[str, ast.Call]]
    printed: str


def rows() -> list[Row]:
    lines = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [row(*(cell.strip("| ") for cell in cells)) for cells in lines if "`" in cells[1]]


def row(system: str, calls: str, lesson: str, prints: str) -> Row:
    target = re.search(r"\]\((.+)\)", lesson)
    assert target, f"{system}: no link to a lesson"
    return Row(
        system, re.findall(r"`([^`]+)`", calls), (PAGE.parent / target[1]).resolve(), prints.strip("`")
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.system)
def test_a_system_is_imported_and_called_by_its_lesson_and_shows_that_it_ran(row: Row) -> None:
    lesson = read(row.lesson)
    for call in row.calls:
        assert any(is_call(name, node, call) for name, node in lesson.called), f"no cell calls {call}"
    assert row.prints in lesson.printed


def test_the_page_has_every_system_that_a_lesson_runs() -> None:
    systems = [row.system for row in rows()]
    assert [name for name in NAMED if not any(system.startswith(name) for system in systems)] == []


def test_a_comment_a_name_without_import_and_another_option_do_not_count() -> None:
    called = [*calls_in("# import jax; jax.jit(f)\nmine.jit(f)\nimport tensorflow as tf\ntf.function(f)")]
    assert [name for name, _ in called] == ["tensorflow.function"]
    assert is_call(*called[0], "tf.function")
    assert not is_call(*called[0], "tf.function(jit_compile=True)")


@cache
def read(path: Path) -> Lesson:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    program = "\n\n".join(re.sub(r"^[%!].*", "pass", cell.source, flags=re.MULTILINE) for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    printed = "".join(output.get("text", "") or str(output.get("data", "")) for output in outputs)
    return Lesson([*calls_in(program)], printed)


def calls_in(program: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of what the program imports, by full name; also in texts that are programs, run in another process."""
    tree = ast.parse(program)
    yield from imported_calls(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for start in ("", "import "):  # as L15 completes the programs of its readers
                try:
                    inner = ast.parse(start + node.value)
                except (SyntaxError, ValueError):
                    continue
                yield from imported_calls(inner)


def imported_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Calls of what the program imports, by full name, and of what it binds itself, such as `model.fit`."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                modules[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            modules |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            modules.setdefault(node.id, node.id)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            root, dot, rest = ast.unparse(node.func).partition(".")
            if root in modules:
                yield modules[root] + dot + rest, node


def is_call(name: str, node: ast.Call, wanted: str) -> bool:
    """Whether a call of `name` is the one on the page, with at least the options that stand there."""
    shown = ast.parse(wanted, mode="eval").body
    options = shown.keywords if isinstance(shown, ast.Call) else []
    function = ast.unparse(shown.func if isinstance(shown, ast.Call) else shown)
    full = re.sub(r"^tf\.", "tensorflow.", function)
    given = {ast.unparse(keyword) for keyword in node.keywords}
    return name == full and {ast.unparse(option) for option in options} <= given
