"""Only adapter files touch the private names of a framework."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet", "lessons", "benchmarks", "website")
FRAMEWORKS = ("torch", "functorch", "tensorflow", "jax", "numba", "keras", "onnx", "onnxruntime")
# What the pages of Numba and of numba-cuda document; every other module of theirs is their own.
NUMBAS = {"cuda", "experimental", "extending", "typed", "types"}
NUMBA_CUDAS = {"bf16", "cg", "fp16", "libdevice", "random"}


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
ADAPTERS = ("private_names.py",)
NUMBAS_ADAPTER = "gpu_labs/executor/frontend/private_names.py"
# PyTorch's own guide to extending it uses these: https://docs.pytorch.org/docs/stable/notes/extending.html
DOCUMENTED = {"torch._C", "torch._C.DisableTorchFunction", "torch._C.DisableTorchFunctionSubclass"}
# Private names of Python's own that are in its documentation.
PYTHONS = {"_getframe", "_exit", "_replace", "_asdict", "_fields"}
# Two more of Python's, for which it offers nothing public, each with the one file that may use it.
PYTHONS_HIDDEN = {
    "graph_duet/notebook_kernels/zygote.py": {
        "_shutdown"
    },  # threading: what an interpreter does before it ends
    "widgets/magics.py": {
        "_get_running_loop",
        "_set_running_loop",
    },  # asyncio: a cell that awaits runs in a loop
}


def private_names(source: str) -> set[str]:
    """The private names of frameworks in `source`, dotted: imported ones and attributes of what is imported."""
    tree = ast.parse(source)
    bound = dict(_imports(tree))
    names = {path for path in bound.values() if _is_private(path)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            path = _dotted(node, bound)
            if path is not None and _is_private(path):
                names.add(path)
    return names


def private_attributes(source: str) -> set[str]:
    """The private attributes that `source` reads of objects, but for `self` and `cls`: `x._name`, and
    `getattr(x, "_name")`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and not _is_own(node):
            found.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
            name = node.args[1]
            if node.func.id in ("getattr", "hasattr", "setattr") and isinstance(name, ast.Constant):
                found.add(str(name.value))
    return {name for name in found if _is_hidden(name)}


def defined_names(source: str) -> set[str]:
    """The private names that `source` defines: functions, classes, variables, fields, and attributes of `self`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_own(node):
            found.add(node.attr)
    return {name for name in found if _is_hidden(name)}


def _is_own(attribute: ast.Attribute) -> bool:
    """True for `self._x` and `cls._x`."""
    return isinstance(attribute.value, ast.Name) and attribute.value.id in ("self", "cls")


def _is_hidden(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def declared_attributes(source: str) -> set[str]:
    """The keys of `ATTRIBUTES` in an adapter."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
            continue
        if [target.id for target in node.targets if isinstance(target, ast.Name)] == ["ATTRIBUTES"]:
            return set(map(ast.literal_eval, filter(None, node.value.keys)))
    return set()


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What each imported name stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name
                if alias.asname is None:
                    yield alias.name.partition(".")[0], alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr, bound: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return bound.get(node.id)
    if isinstance(node, ast.Attribute):
        start = _dotted(node.value, bound)
        return None if start is None else f"{start}.{node.attr}"
    return None


def _is_private(path: str) -> bool:
    root, *parts = path.split(".")
    if root not in FRAMEWORKS:
        return False
    internal = any(f"{path}.".startswith(f"{module}.") for module in INTERNAL)
    return internal or any(part.startswith("_") and not part.endswith("__") for part in parts)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import torch\ntorch._C.x", {"torch._C", "torch._C.x"}),
        ("from torch import _dynamo as d", {"torch._dynamo"}),
        ("from tensorflow.python.eager import context", {"tensorflow.python.eager.context"}),
        ("from numba.core import types", {"numba.core.types"}),
        ("from numba.cuda.misc.special import x", {"numba.cuda.misc.special.x"}),
        ("import torch as t\nt.nn.Module.__call__\nt.ones(1)", set()),
        ("from numba import cuda\ncuda.atomic.add\nfrom numba.cuda import types", {"numba.cuda.types"}),
        ("import mine\nmine._x", set()),
    ],
)
def test_a_private_name_is_recognised(source: str, names: set[str]) -> None:
    assert private_names(source) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("tensor._version", {"_version"}),
        ('getattr(fn, "_orig_mod", None)', {"_orig_mod"}),
        ("self._mine\ncls._ours", set()),
        ("x.__class__\nx.public", set()),
    ],
)
def test_a_private_attribute_is_recognised(source: str, names: set[str]) -> None:
    assert private_attributes(source) == names


def _sources() -> dict[str, str]:
    paths = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _is_adapter(file: str) -> bool:
    return file.endswith(tuple(f"/{name}" for name in ADAPTERS))


def test_only_adapters_touch_private_names() -> None:
    touching = {
        file: sorted(names)
        for file, source in _sources().items()
        if not _is_adapter(file) and (names := private_names(source) - DOCUMENTED)
    }
    assert touching == {}


class _WithoutFunctions(ast.NodeTransformer):
    """Leaves what runs when a module is imported."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        return None


def at_import(source: str) -> str:
    """`source` without the functions in it."""
    return ast.unparse(_WithoutFunctions().visit(ast.parse(source)))


def test_what_runs_at_import_is_recognised() -> None:
    source = "import torch\ndef later():\n    torch._C.x\ntorch._D.x"
    assert private_names(at_import(source)) == {"torch._D", "torch._D.x"}
    assert "find()" in at_import("found = NAME.find()") and "find()" not in at_import("def f(): NAME.find()")


@pytest.mark.parametrize("file", sorted(filter(_is_adapter, _sources())))
def test_an_adapter_touches_nothing_private_at_import(file: str) -> None:
    runs = at_import(_sources()[file])
    assert private_names(runs) == set(), "look it up with a PrivateName when it is needed"
    assert ".find()" not in runs and "import_module(" not in runs


def test_a_private_attribute_of_an_object_is_declared_in_an_adapter() -> None:
    """An attribute that nothing of ours defines belongs to a framework: its adapter lists it with a version."""
    sources = _sources()
    known = PYTHONS.union(*(defined_names(source) for source in sources.values()))
    declared = set[str]().union(*(declared_attributes(s) for file, s in sources.items() if _is_adapter(file)))
    touching = {
        file: sorted(names)
        for file, source in sources.items()
        if not _is_adapter(file)
        and (
            names := private_attributes(source) - known - declared - PYTHONS_HIDDEN.get(file, set()) - {"_C"}
        )
    }
    assert touching == {}


def test_one_file_holds_all_that_is_private_of_numba() -> None:
    """Its modules, named in imports or in text, and the private attributes of its objects."""
    sources = _sources()
    attributes = declared_attributes(sources.pop(NUMBAS_ADAPTER))
    modules = tuple(name for name in INTERNAL if name.startswith("numba."))
    touching = {
        file: sorted(found)
        for file, source in sources.items()
        if (found := (private_attributes(source) & attributes) | _texts_naming(source, modules))
    }
    assert attributes and touching == {}


def _texts_naming(source: str, modules: tuple[str, ...]) -> set[str]:
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {
        text
        for text in texts
        if isinstance(text, str) and any(f"{text}.".startswith(f"{name}.") for name in modules)
    }


def test_a_private_module_in_a_text_is_found() -> None:
    assert _texts_naming('import_module("numba.cuda.target")', ("numba.cuda.target",)) == {
        "numba.cuda.target"
    }
