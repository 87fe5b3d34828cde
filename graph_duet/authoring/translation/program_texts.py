"""The texts of the program itself: what Python says (`_("...")`) and what the front end shows (`t("...")`)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.extract import extract_javascript

from graph_duet.notebook_kernels.sandbox import PROJECT

_PYTHON = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet")
_FRONT_END = ("widgets/static/*.js", "labextension/src/*.ts")
_COMMANDS = ("graph_duet/commands/", "graph_duet/cli.py")
_KINDS = (
    "FaultKind",
    "Kind",
    "State",
    "MemoryKind",
)  # the words for findings: code compares them, and what shows them translates them
_CALLS: dict[str, tuple[int, ...] | None] = {
    "t": None,
    "tn": (1, 2),
    **{
        f"{home}trans.{name}": forms
        for home in ("", "this.")
        for name, forms in (("__", None), ("_n", (1, 2)))
    },
}
_IN_TEMPLATE = re.compile(r"""\b_n?\((["'])(?P<one>.*?)\1(?:, (["'])(?P<many>.*?)\3)?""")
_OPTIONS: Any = {"parse_template_string": True}  # calls inside `${...}`, too


class Text(NamedTuple):
    """A text, with its other form where a number decides; `file` and `line` say where it is."""

    text: str
    many: str
    file: str
    line: int


@cache
def python_texts(root: Path = PROJECT) -> tuple[Text, ...]:
    """Every text that Python or a page's template passes through `_` or `_n`, the help of commands, and the kinds
    of findings."""
    return tuple(_of_python(root))


def _of_python(root: Path) -> Iterator[Text]:
    for room in _PYTHON:
        for path in sorted((root / room).rglob("*.py")):
            file = path.relative_to(root).as_posix()
            tree = ast.parse(path.read_text("utf-8"))
            helps = _help(tree, file) if file.startswith(_COMMANDS) else ()
            yield from (*_calls(tree, file), *_kinds(tree, file), *helps)
        for path in sorted((root / room).rglob("templates/*.html")):
            for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
                for found in _IN_TEMPLATE.finditer(line):
                    yield Text(found["one"], found["many"] or "", path.relative_to(root).as_posix(), number)


def front_end_texts(root: Path = PROJECT) -> Iterator[Text]:
    """Every text that the widgets or the JupyterLab extension show."""
    for pattern in _FRONT_END:
        for path in sorted(root.glob(pattern)):
            file = path.relative_to(root).as_posix()
            with path.open("rb") as source:
                for line, call, given, _comments in extract_javascript(source, _CALLS, (), _OPTIONS):
                    one, *more = (given,) if isinstance(given, str) else given
                    yield Text(one, more[0] if _CALLS[str(call)] and more else "", file, line)
    appearance = root / "graphviz_tools" / "drawing" / "appearance.json"
    for words in json.loads(appearance.read_text("utf-8"))["phases"].values():
        for text in words.values():
            yield Text(text, "", appearance.relative_to(root).as_posix(), 1)


def _calls(tree: ast.AST, file: str) -> Iterator[Text]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("_"), args=[ast.Constant(str(text))]):
                yield Text(text, "", file, node.lineno)
            case ast.Call(
                func=ast.Name("_n"), args=[ast.Constant(str(one)), ast.Constant(str(many)), *_rest]
            ):
                yield Text(one, many, file, node.lineno)


def _kinds(tree: ast.Module, file: str) -> Iterator[Text]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=ast.Subscript(slice=ast.Tuple(kinds))) if (
                name in _KINDS
            ):
                for kind in kinds:
                    assert isinstance(kind, ast.Constant)
                    yield Text(str(kind.value), "", file, kind.lineno)


def _help(tree: ast.Module, file: str) -> Iterator[Text]:
    """What `duet COMMAND --help` prints: the docstrings of commands, and `help=` of their parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and ast.get_docstring(node):
            yield Text(ast.get_docstring(node) or "", "", file, node.lineno)
        elif isinstance(node, ast.keyword) and node.arg == "help" and isinstance(node.value, ast.Constant):
            yield Text(str(node.value.value), "", file, node.value.lineno)
