"""Only adapter files touch the private names of a framework."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet")
FRAMEWORKS = ("torch", "functorch", "tensorflow", "jax", "numba", "keras", "onnx", "onnxruntime")
# Modules that no page of the framework documents.
INTERNAL = (
    "tensorflow.python",
    "numba.core",
    *(
        f"numba.cuda.{name}"
        for name in ("compiler", "core", "cudadrv", "descriptor", "dispatcher", "simulator")
    ),
    *(f"numba.cuda.{name}" for name in ("stubs", "target", "types", "typing", "utils")),
)
ADAPTERS = ("private.py", "private_names.py")
# TODO: these still touch private names; each must move them into its framework's adapter. Only remove lines.
NOT_YET = {
    "graphviz_tools/sources/compiled/dynamo.py",
    "graphviz_tools/sources/compiled/dynamo_state.py",
    "graphviz_tools/sources/compiled/export.py",
    "graphviz_tools/sources/compiled/fx_graph.py",
    "graphviz_tools/sources/compiled/torchscript.py",
    "graphviz_tools/sources/compiled/torchscript_run.py",
    "graphviz_tools/sources/compiled/values.py",
    "graphviz_tools/sources/tensorflow/cache_lookup.py",
    "graphviz_tools/sources/tensorflow/graph_reader.py",
    "graphviz_tools/sources/tensorflow/grappler.py",
    "graphviz_tools/sources/tensorflow/op_kernel.py",
    "graphviz_tools/sources/torch/dataloader.py",
    "graphviz_tools/sources/torch/engine.py",
    "graphviz_tools/sources/torch/function_mode.py",
    "graphviz_tools/sources/torch/recorder.py",
    "graphviz_tools/sources/torch/tensor_registry.py",
    "graphviz_tools/sources/torch/trace.py",
    "graph_duet/notebook_kernels/zygote.py",
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
        ("import torch as t\nt.nn.Module.__call__\nt.ones(1)", set()),
        ("from numba import cuda\ncuda.atomic.add\nfrom numba.cuda import types", {"numba.cuda.types"}),
        ("import mine\nmine._x", set()),
    ],
)
def test_a_private_name_is_recognised(source: str, names: set[str]) -> None:
    assert private_names(source) == names


def test_only_adapters_touch_private_names() -> None:
    touching = {
        path.relative_to(ROOT).as_posix(): sorted(names)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path.name not in ADAPTERS and (names := private_names(path.read_text(encoding="utf-8")))
    }
    assert {file: names for file, names in touching.items() if file not in NOT_YET} == {}
