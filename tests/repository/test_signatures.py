"""No function takes more arguments than a reader keeps apart, or is too long to read at a glance."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from .source_files import nodes, sources

BY_POSITION = 6
IN_ALL = 10  # with those that a call must name
LINES = 60  # without the docstring

# Each option of a command is a parameter, which typer passes by name.
COMMANDS = "graph_duet/commands/"
# A framework decides these signatures.
GIVEN = {
    ("gpu_labs/launching.py", "_launch_operator"),  # an op of PyTorch takes no record of ours
    ("gpu_labs/launching.py", "_launch_without_data"),
    ("graphviz_tools/sources/tensorflow/eager/tape_steps.py", "op_gradient"),
    ("graphviz_tools/sources/tensorflow/eager/tape_steps.py", "original"),
    ("graph_duet/grading/classroom/tables.py", "sa.Table"),  # a column each
}
# Runs once a step, a node or a tensor, and takes two or three times as long with named arguments.
OFTEN = {
    *(("benchmarks/least_recorder.py", name) for name in ("_node", "_step", "_value")),
    ("graphviz_tools/sources/torch/assemble.py", "_make_node"),
    ("graphviz_tools/sources/torch/assemble.py", "_make_step"),
    ("graphviz_tools/sources/torch/assemble.py", "_make_value"),
}
LONG = {
    ("graph_duet/grading/judging/source_policy.py", "_reaching"),  # one `match`, whose order decides
    # Runs for each tensor: a call costs time.
    ("graphviz_tools/sources/torch/tensor_registry.py", "describe"),
}


def too_many_parameters(source: str) -> Iterator[str]:
    """The functions of `source` that take too many arguments. A record, whose `__init__` only stores, may."""
    for node in nodes(source):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _only_stores(node):
            continue
        given = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        by_position = len(given) - (given[:1] in (["self"], ["cls"]))
        if by_position > BY_POSITION or by_position + len(node.args.kwonlyargs) > IN_ALL:
            yield node.name


def too_many_arguments(source: str) -> Iterator[str]:
    """What `source` calls with too many arguments that have no name."""
    for node in nodes(source):
        if isinstance(node, ast.Call) and len(node.args) > BY_POSITION:
            yield ast.unparse(node.func)


def too_long(source: str) -> Iterator[str]:
    for node in nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            text = ast.get_docstring(node, clean=False) or ""
            if node.end_lineno - node.lineno + 1 - len(text.splitlines()) > LINES:
                yield node.name


def _only_stores(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.name == "__init__" and all(
        isinstance(each, ast.Assign | ast.AnnAssign) for each in function.body
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(a, b, c, d, e, g, h): pass", ["f"]),
        ("def f(self, a, b, c, d, e, g): pass", []),
        ("def f(a, *, b, c, d, e, g, h, i, j, k, l): pass", ["f"]),
        ("def __init__(self, a, b, c, d, e, g, h): self.a = a", []),
        ("def __init__(self, a, b, c, d, e, g, h): work()", ["__init__"]),
    ],
)
def test_too_many_parameters_are_found(source: str, found: list[str]) -> None:
    assert list(too_many_parameters(source)) == found


def test_too_many_arguments_are_found() -> None:
    assert list(too_many_arguments("x.f(1, 2, 3, 4, 5, 6, 7)\ng(1, 2, 3, 4, 5, 6, h=7)")) == ["x.f"]


def test_a_function_that_is_too_long_is_found() -> None:
    body = "".join(f"    x = {number}\n" for number in range(LINES - 1))
    assert list(too_long(f"def f():\n{body}")) == []
    assert list(too_long(f"def f():\n{body}    x = 0\n")) == ["f"]
    assert list(too_long(f'def f():\n    """One.\n    Two."""\n{body}')) == []


def test_no_function_takes_too_many_arguments() -> None:
    found = {
        (file, name)
        for file, source in sources().items()
        for name in too_many_parameters(source)
        if not file.startswith(COMMANDS)
    }
    assert found - GIVEN == set(), "pass a record"


def test_no_call_gives_too_many_arguments_without_names() -> None:
    found = {(file, name) for file, source in sources().items() for name in too_many_arguments(source)}
    assert found - GIVEN - OFTEN == set(), "name the arguments"


def test_no_function_is_too_long() -> None:
    found = {(file, name) for file, source in sources().items() for name in too_long(source)}
    assert found - LONG == set(), "split it"
