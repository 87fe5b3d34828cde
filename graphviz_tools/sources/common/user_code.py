"""Which lines are the user's own, and what they say."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from graphviz_tools.recording import Source, SourceLine

_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[3] / "widgets")}
)


@lru_cache(maxsize=4096)
def is_user_file(file: str) -> bool:
    """True for a script, a notebook cell or a test: not Python's own, not installed, not of this package."""
    if file.startswith("<"):
        return file == "<string>" or file.startswith("<ipython-input")
    return not file.startswith(_LIBRARIES)


def source_line(file: str, line: int, function: str = "") -> SourceLine:
    """The line with its text, stripped ("" when the file cannot be read)."""
    return SourceLine(file, line, linecache.getline(file, line).strip(), function)


def caller_line() -> SourceLine | None:
    """The user's line that called into this package."""
    frame = sys._getframe(1)
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    return (
        None if frame is None else source_line(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
    )


def function_of(fn: Any) -> Any:
    """The Python function behind decorators, `functools.partial`, objects with a `__call__`, and models.

    Keras and PyTorch run a model's `call` and `forward` from a `__call__` of their own.
    """
    while isinstance(fn, functools.partial):
        fn = fn.func
    fn = inspect.unwrap(fn)
    if inspect.isroutine(fn) or isinstance(fn, type) or not callable(fn):
        return fn
    methods = [getattr(type(fn), name, None) for name in ("__call__", "call", "forward")]
    return next(filter(_is_users_function, methods), methods[0])


def _is_users_function(fn: Any) -> bool:
    return inspect.isfunction(fn) and is_user_file(fn.__code__.co_filename)


def definition_line(fn: Callable[..., Any]) -> SourceLine | None:
    """The `def` line of a user's Python function, below its decorators; None where there is no such line."""
    fn = function_of(fn)
    try:
        texts, first = inspect.getsourcelines(fn)
    except (OSError, TypeError):
        return None
    if not is_user_file(inspect.getsourcefile(fn) or ""):
        return None
    start = next((i for i, text in enumerate(texts) if text.lstrip().startswith(("def ", "async def "))), 0)
    return SourceLine(
        inspect.getsourcefile(fn) or "", first + start, texts[start].strip(), getattr(fn, "__name__", "")
    )


def return_line(fn: Callable[..., Any]) -> SourceLine | None:
    """The line of a function's only `return`; None when it has none, several, or no source."""
    definition, fn = definition_line(fn), function_of(fn)
    if definition is None:
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(fn)))
    except SyntaxError:  # a lambda in the middle of a call
        return None
    returns = [node for node in _own_nodes(tree.body[0]) if isinstance(node, ast.Return)]
    if len(returns) != 1:
        return None
    first = inspect.getsourcelines(fn)[1]
    return source_line(definition.file, first + returns[0].lineno - 1, definition.function)


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The syntax of a function without that of the functions inside it."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own_nodes(child)


class Stretch(NamedTuple):
    """Lines `first` to `last` of a file, counted from 1."""

    file: str
    first: int
    last: int


def whole_function(fn: Callable[..., Any] | None) -> Stretch | None:
    """Where the text of a user's function lies, its decorators included; None where it is not known."""
    definition = definition_line(fn) if fn is not None else None
    if definition is None:
        return None
    texts, first = inspect.getsourcelines(function_of(fn))
    return Stretch(definition.file, first, first + len(texts) - 1)


def source_texts(
    lines: Iterable[SourceLine],
    whole: Stretch | None = None,
    read: Callable[[str], Sequence[str]] = linecache.getlines,
) -> tuple[Source, ...]:
    """The code around `lines`, one stretch a file: the lines that were recorded, and all of `whole`. The user's own
    files come before those of a library. `read` gives the lines of a file."""
    spans: dict[str, tuple[int, int]] = {}
    for file, begin, end in (
        *((line.file, line.line, line.line) for line in lines),
        *([whole] if whole else []),
    ):
        first, last = spans.get(file, (begin, end))
        spans[file] = min(first, begin), max(last, end)
    own_first = sorted(spans.items(), key=lambda span: not is_user_file(span[0]))
    return tuple(
        Source(file, first, "".join(read(file)[first - 1 : last]).rstrip("\n"))
        for file, (first, last) in own_first
    )
