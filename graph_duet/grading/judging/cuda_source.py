"""Taking CUDA kernels out of a learner's cell, so that nothing else of it runs where they are judged."""

from __future__ import annotations

import ast


def kernels_only(source: str) -> str:
    """The `@cuda.jit` functions of `source` and its assignments of literals to plain names, line for line.

    Defaults, annotations and other decorators are dropped: they are code that would run at definition. A
    source that does not parse comes back as it is, so that the learner reads Python's own words.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return source
    # Every statement keeps its place, so that a finding names the learner's own line.
    written = source.split("\n")
    kept = [""] * len(written)
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and any(_is_jit(d) for d in statement.decorator_list):
            _place(statement, written, kept)
        elif _is_constant(statement):
            span = slice(statement.lineno - 1, statement.end_lineno)
            kept[span] = written[span]
    return "\n".join(kept)


def _place(function: ast.FunctionDef, written: list[str], kept: list[str]) -> None:
    """The function with a signature and a decorator that run no code, and its body as written."""
    device = "(device=True)" if any(_is_device(d) for d in function.decorator_list) else ""
    kept[function.decorator_list[0].lineno - 1] = f"@cuda.jit{device}"
    head = f"def {function.name}({_bare(function.args)}):"
    body = function.body[0].lineno - 1
    if body == function.lineno - 1:  # def f(x): return x
        kept[body] = head + " " + "; ".join(ast.unparse(statement) for statement in function.body)
        return
    kept[function.lineno - 1] = head
    kept[body : function.end_lineno] = written[body : function.end_lineno]


def _bare(arguments: ast.arguments) -> str:
    arguments.defaults, arguments.kw_defaults = [], [None] * len(arguments.kwonlyargs)
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    return ast.unparse(arguments)


def _is_jit(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) == "cuda.jit"


def _is_device(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(
        word.arg == "device" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in decorator.keywords
    )


def _is_constant(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign) or not all(isinstance(t, ast.Name) for t in statement.targets):
        return False
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
