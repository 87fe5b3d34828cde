"""Windows has none of POSIX's modules, and learners check their work there: only the forking process needs Linux."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("graph_duet", "graphviz_tools", "widgets", "gpu_labs", "website")
POSIX = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
KERNELS = "graph_duet.notebook_kernels"
LINUX = {f"{KERNELS}.namespaces", f"{KERNELS}.zygote"}  # run in a process of their own, where that can fork


def needed_at_import(code: str) -> set[str]:
    """Modules that Python imports as soon as it imports `code`: those inside functions come later."""
    names: set[str] = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_our_code_imports_on_windows() -> None:
    files = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")]
    linux = {ROOT / f"{name.replace('.', '/')}.py" for name in LINUX}
    assert linux <= set(files)
    missing = {
        str(file.relative_to(ROOT)): needed_at_import(file.read_text("utf-8")) & (POSIX | LINUX)
        for file in files
        if file not in linux
    }
    assert {file: names for file, names in missing.items() if names} == {}


def test_an_import_of_linux_alone_is_seen() -> None:
    code = f"import os, resource\nfrom {KERNELS} import zygote\ndef later():\n    import pwd"
    assert needed_at_import(code) & (POSIX | LINUX) == {"resource", f"{KERNELS}.zygote"}
