"""Finds in source code where it touches private names: of modules, of objects, and in texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from .source_files import nodes

FRAMEWORKS = ("torch", "functorch", "tensorflow", "jax", "numba", "keras", "onnx", "onnxruntime")
# What the pages of Numba and of numba-cuda document; every other module of theirs is their own.
NUMBAS = {"cuda", "experimental", "extending", "typed", "types"}
NUMBA_CUDAS = {"bf16", "cg", "fp16", "libdevice", "random"}
# Functions that take an attribute's name as text, and the place of that name among their arguments.
BY_TEXT = {"getattr": 1, "hasattr": 1, "setattr": 1, "delattr": 1, "attrgetter": 0, "methodcaller": 0}


def _modules(package: str, *folders: str) -> set[str]:
    """The modules and folders in a package, which is not imported."""
    spec = find_spec(package)
    assert spec is not None and spec.submodule_search_locations
    home = Path(spec.submodule_search_locations[0]).joinpath(*folders)
    return {path.stem for path in home.iterdir() if path.is_dir() or path.suffix == ".py"}


# Modules that no page of the framework documents.
INTERNAL = (
    "tensorflow.python",
    *(f"numba.{name}" for name in _modules("numba") - NUMBAS),
    *(f"numba.cuda.{name}" for name in _modules("numba_cuda", "numba", "cuda") - NUMBA_CUDAS),
)


def private_names(source: str) -> set[str]:
    """The private names of frameworks in `source`, dotted: imported ones and attributes of what is imported, also
    under a second name (`core = torch._C`)."""
    bound = dict(_imports(source))
    for node in nodes(source):
        if isinstance(node, ast.Assign) and (path := _dotted(node.value, bound)) is not None:
            bound |= {target.id: path for target in node.targets if isinstance(target, ast.Name)}
    names = {path for path in bound.values() if _is_private(path)}
    for node in nodes(source):
        path = _dotted(node, bound)
        if path is not None and _is_private(path):
            names.add(path)
    return names


def private_attributes(source: str) -> set[str]:
    """The private attributes that `source` reads of objects, but for `self` and `cls`: `x._name`,
    `getattr(x, "_name")`, `attrgetter("_name")`, `vars(x)["_name"]` and `x.__dict__["_name"]`."""
    found: set[str] = set()
    for node in nodes(source):
        if isinstance(node, ast.Attribute) and not _is_own(node):
            found.add(node.attr)
        found |= set(_text_for_attribute(node).split("."))
    return {name for name in found if _is_hidden(name)}


def _text_for_attribute(node: ast.AST) -> str:
    """The name of an attribute that `node` gives as text; empty where it gives none."""
    text: ast.expr | None = None
    if isinstance(node, ast.Call):
        place = BY_TEXT.get(_called(node), len(node.args))
        text = node.args[place] if place < len(node.args) else None
    elif isinstance(node, ast.Subscript):
        holder = node.value
        of_vars = isinstance(holder, ast.Call) and _called(holder) == "vars"
        of_dict = isinstance(holder, ast.Attribute) and holder.attr == "__dict__"
        text = node.slice if of_vars or of_dict else None
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""


def _called(call: ast.Call) -> str:
    """The last name of what is called: `f` of `f()` and `m.f()`."""
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def defined_names(source: str) -> set[str]:
    """The private names that `source` defines: functions, classes, variables, fields, and attributes of `self`."""
    found: set[str] = set()
    for node in nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_own(node):
            found.add(node.attr)
    return {name for name in found if _is_hidden(name)}


def private_texts(source: str) -> set[str]:
    """The texts in `source` that name a private module or object: `"torch._dynamo"` for `sys.modules` or
    `import_module`."""
    return {text for text in texts_in(source) if _is_dotted(text) and _is_private(text)}


def texts_in(source: str) -> set[str]:
    constants = (node.value for node in nodes(source) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str)}


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _is_own(attribute: ast.Attribute) -> bool:
    """True for `self._x` and `cls._x`."""
    return isinstance(attribute.value, ast.Name) and attribute.value.id in ("self", "cls")


def _is_hidden(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def declared_attributes(source: str) -> set[str]:
    """The keys of `ATTRIBUTES` in an adapter."""
    for node in nodes(source):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
            continue
        if [target.id for target in node.targets if isinstance(target, ast.Name)] == ["ATTRIBUTES"]:
            return set(map(ast.literal_eval, filter(None, node.value.keys)))
    return set()


class _WithoutFunctions(ast.NodeTransformer):
    """Leaves what runs when a module is imported."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        return None


def at_import(source: str) -> str:
    """`source` without the functions in it."""
    return ast.unparse(_WithoutFunctions().visit(ast.parse(source)))


def _imports(source: str) -> Iterator[tuple[str, str]]:
    """What each imported name stands for."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name
                if alias.asname is None:
                    yield alias.name.partition(".")[0], alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.AST, bound: dict[str, str]) -> str | None:
    """The dotted path that an expression stands for: `torch._C.x`, and `getattr(torch, "_C").x`."""
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Attribute):
        start = _dotted(node.value, bound)
        return None if start is None else f"{start}.{node.attr}"
    if isinstance(node, ast.Call) and _called(node) == "getattr" and len(node.args) > 1:
        start, name = _dotted(node.args[0], bound), node.args[1]
        return f"{start}.{name.value}" if start is not None and isinstance(name, ast.Constant) else None
    return None


def _is_private(path: str) -> bool:
    root, *parts = path.split(".")
    if root not in FRAMEWORKS:
        return False
    internal = any(f"{path}.".startswith(f"{module}.") for module in INTERNAL)
    return internal or any(part.startswith("_") and not part.endswith("__") for part in parts)
