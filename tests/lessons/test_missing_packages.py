"""A lesson that finds no JAX, ONNX, TensorBoard, LiteRT, Transformers, C++ compiler or gloo says so and goes on.

Only the cells that ask for the package run, and those whose names they need: a whole lesson would take too long.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbformat import NotebookNode

from graph_duet.authoring.execute import execute, noise
from tests.lessons.course import FOLDERS


class Lack(NamedTuple):
    """`cells` finds the cells of a lesson that use what is missing; `hide` is code that takes it away; the lesson
    then prints each line of `says`."""

    lesson: str
    cells: str
    hide: str
    says: list[str]


def without(*packages: str) -> str:
    return f"import sys; sys.modules.update(dict.fromkeys({packages}))"


NO_GLOO = """
import time
import torch.distributed as dist

def refuse(*_, rank, **__):  # one rank is told why, the other never hears
    if rank == 0:
        raise RuntimeError("[gloo] no interface lo. A long story follows")
    time.sleep(60)

dist.init_process_group = refuse"""

LACKS = [
    Lack(
        "L13",
        r"\bjnp\b|torch\.onnx|guess\[",
        without("jax", "onnx", "onnxscript"),
        [
            "JAX is not installed: pip install jax, and run this cell again",
            "ONNX is not installed: pip install onnx onnxscript, and run this cell again",
            "TensorFlow graph  you said 5, it holds 6",  # the count that follows
        ],
    ),
    Lack(
        "L14",
        r"tensorboard|\bprogram\b",
        without("tensorboard"),
        ["TensorBoard is left out: pip install tensorboard", "TensorBoard is not running; the picture"],
    ),
    Lack(
        "L15",
        r"installed\(|^readers = \{",
        without("ai_edge_litert", "onnx", "onnxruntime", "onnxscript"),
        [
            "left out: pip install onnx onnxscript onnxruntime",
            "its runtime is left out: pip install ai-edge-litert",
        ],
    ),
    Lack(
        "L16",
        r"ranks\(alone",
        NO_GLOO,
        ["['RuntimeError: no interface lo', 'RuntimeError: no answer in 4 seconds']"],
    ),
    Lack(
        "L17",
        r"def inductor|cpp_fused",
        "import os; os.environ['PATH'] = ''",
        ["no C++ compiler is installed (g++)", "torch.ops.aten.tanh.default"],
    ),
    Lack("L20", r"\bbig\b", without("transformers"), ["left out: pip install transformers"]),
]


@pytest.mark.drawn("lack", number=2)
@pytest.mark.parametrize("lack", LACKS, ids=lambda lack: lack.lesson)
def test_a_lesson_says_what_is_missing_and_goes_on(lack: Lack, kernels: None, tmp_path: Path) -> None:
    folder = next(each for each in FOLDERS if each.name.startswith(lack.lesson))
    lesson = nbformat.read(folder / "lesson.ipynb", as_version=4)
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    users = [number for number, cell in enumerate(code) if re.search(lack.cells, cell.source, re.MULTILINE)]
    lesson.cells = [nbformat.v4.new_code_cell(lack.hide), *(code[number] for number in needed(code, users))]
    execute(lesson, tmp_path)
    printed = "".join(printed_by(lesson))
    assert [line for line in lack.says if line not in printed] == [], printed
    assert noise(lesson) == []


def needed(code: list[NotebookNode], users: list[int]) -> list[int]:
    """The cells `users` and, for each name that a cell reads, the nearest cell above that makes it; in order."""
    trees = [ast.parse(cell.source) for cell in code]
    makes, reads = [set(made_by(tree)) for tree in trees], [read_by(tree) for tree in trees]
    open_cells, chosen = [*users], set(users)
    while open_cells:
        cell = open_cells.pop()
        for name in reads[cell]:
            above = [number for number in range(cell) if name in makes[number]]
            if above and above[-1] not in chosen:
                chosen.add(above[-1])
                open_cells.append(above[-1])
    return sorted(chosen)


def read_by(tree: ast.Module) -> set[str]:
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def made_by(tree: ast.AST) -> Iterator[str]:
    """What a cell binds itself, not inside of its functions and classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        else:
            yield from made_by(node)


def printed_by(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        yield from (output.text for output in cell.outputs if output.output_type == "stream")
