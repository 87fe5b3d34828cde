"""The code of all rooms, read and parsed once for all tests that look through it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("graphviz_tools", "gpu_labs", "widgets", "graph_duet", "lessons", "benchmarks", "website", "tools")


@cache
def sources() -> dict[str, str]:
    """The text of each file of the rooms, by its path in the repository."""
    paths = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """Every node of the parsed `source`; the first is the module."""
    return tuple(ast.walk(ast.parse(source)))
