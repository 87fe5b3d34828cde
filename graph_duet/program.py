"""A user's own program, named on the command line as `model.py:fn`."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

FRAMEWORKS = {"torch": "torch", "tensorflow": "tensorflow", "keras": "tensorflow", "jax": "jax"}


@dataclass(frozen=True)
class Program:
    """Something callable, its arguments, and the framework that it is written in."""

    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    framework: str
    title: str


def load(target: str, inputs: tuple[str, ...] = ()) -> Program:
    """Import the file of `file.py:name` and find `name` in it.

    `inputs` are Python expressions, evaluated with the file's own names (`torch.randn(2, 3)`), one for each
    argument. A class is first called without arguments, so that `model.py:Net` shows a module.

    Raises UserError when `target` has not that form, names nothing callable, or lacks arguments, when there
    is no such file, and when the file itself raises.
    """
    file, _colon, name = target.rpartition(":")
    if not file or not name.isidentifier():
        raise UserError(_("{target!r} names no function: write it as file.py:function", target=target))
    path = Path(file)
    if not path.is_file():
        raise UserError(_("there is no file {file}", file=file))
    if path.suffix != ".py":
        raise UserError(_("{file} is not a Python file: write it as file.py:function", file=file))
    imported = imported_frameworks(path.read_bytes(), file)
    module = run_file(path)
    call = function_in(module, name, file)
    framework = framework_of(call, imported)
    arguments = tuple(evaluate(expression, module) for expression in inputs)
    require_arguments(call, arguments, target)
    return Program(call, arguments, framework, target)


def imported_frameworks(source: str | bytes, file: str) -> dict[str, str]:
    """The framework behind each name that the file imports from one, in the file's order."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError as mistake:
        raise UserError(
            _("{file}, line {lineno}: {msg}", file=file, lineno=mistake.lineno, msg=mistake.msg)
        ) from None
    except ValueError as mistake:  # a null byte
        raise UserError(_("{file} is not a Python file: {mistake}", file=file, mistake=mistake)) from None
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            origin = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
            framework = FRAMEWORKS.get(origin.partition(".")[0])
            if framework:
                found[alias.asname or alias.name.partition(".")[0]] = framework
    return found


def framework_of(call: Callable[..., Any], imported: dict[str, str]) -> str:
    """That of the object (a model, a `tf.function`), else that of the first imported name which the function
    mentions, else the first that the file imports; torch when it imports none."""
    for cls in inspect.getmro(type(call)):
        if framework := FRAMEWORKS.get(cls.__module__.partition(".")[0]):
            return framework
    code = getattr(inspect.unwrap(call), "__code__", None)
    mentioned = [imported[name] for name in (code.co_names if code is not None else ()) if name in imported]
    return next(iter([*mentioned, *imported.values()]), "torch")


def run_file(path: Path) -> dict[str, Any]:
    """The names that a file defines. Its folder is importable, as it is for `python file.py`."""
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UserError(
            _("{path} raised {kind}: {error}", path=path, kind=type(error).__name__, error=error)
        ) from error
    return vars(module)


def function_in(names: dict[str, Any], name: str, file: str) -> Callable[..., Any]:
    if name not in names:
        offered = [key for key, value in names.items() if callable(value) and not key.startswith("_")]
        raise UserError(
            _(
                "{file} has no {name}; it has {offered}",
                file=file,
                name=name,
                offered=", ".join(sorted(offered)[:8]) or _("no function"),
            )
        )
    value = names[name]
    if inspect.isclass(value):
        value = instance(value, name, file)
    if not callable(value):
        raise UserError(
            _(
                "{name} in {file} is a {kind}, which cannot be called",
                name=name,
                file=file,
                kind=type(value).__name__,
            )
        )
    return value


def instance(cls: type, name: str, file: str) -> Any:
    """An instance of a class that needs no arguments."""
    try:
        inspect.signature(cls).bind()
    except TypeError as mistake:
        raise UserError(
            _(
                "{name} in {file} needs arguments ({mistake}): write `model = {name}(...)` in the "
                "file and show {file}:model",
                name=name,
                file=file,
                mistake=mistake,
            )
        ) from None
    except ValueError:  # it has no signature: the call says what is missing
        pass
    try:
        return cls()
    except Exception as error:
        raise UserError(
            _(
                "{name}() in {file} raised {kind}: {error}",
                name=name,
                file=file,
                kind=type(error).__name__,
                error=error,
            )
        ) from error


def evaluate(expression: str, names: dict[str, Any]) -> Any:
    try:
        return eval(expression, dict(names))
    except Exception as error:
        raise UserError(
            _(
                "--input {expression!r}: {kind}: {error}",
                expression=expression,
                kind=type(error).__name__,
                error=error,
            )
        ) from None


def require_arguments(call: Callable[..., Any], arguments: tuple[Any, ...], target: str) -> None:
    """Say which arguments are missing before anything runs."""
    # A framework's model hides its arguments behind *args; its forward() or python_function names them.
    try:
        signature = inspect.signature(
            getattr(call, "forward", None) or getattr(call, "python_function", call)
        )
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*arguments)
    except TypeError as mistake:
        raise UserError(
            _(
                "{target}: {mistake}; give each argument with --input 'expression'",
                target=target,
                mistake=mistake,
            )
        ) from None
