"""Who may import whom, as docs/architecture.md says it."""

from __future__ import annotations

import ast
import graphlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "graphviz_tools": set[str](),
    "gpu_labs": {"graphviz_tools"},
    "widgets": {"graphviz_tools", "gpu_labs"},
    "graph_duet": {"graphviz_tools", "gpu_labs", "widgets"},
}
FRAMEWORKS = ("torch", "tensorflow", "jax", "numba", "onnxruntime")


def imports(path: Path) -> set[str]:
    """Roots of everything that a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_modules_of_graphviz_tools_import_each_other_in_no_circle() -> None:
    needs: dict[str, set[str]] = {}
    for path in (ROOT / "graphviz_tools").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        modules = {node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module}
        needs[name] = {module for module in modules if module.startswith("graphviz_tools.")}
    graphlib.TopologicalSorter(needs).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    forbidden = set(ALLOWED) - ALLOWED[room] - {room}
    wrong = {
        str(path.relative_to(ROOT)): sorted(imports(path) & forbidden)
        for path in (ROOT / room).rglob("*.py")
        if path.name != "answers.py"  # an exercise's, beside its text: no code of the room
        if imports(path) & forbidden
    }
    assert not wrong


@pytest.mark.parametrize(
    "room",
    [
        *ALLOWED,
        "graphviz_tools.recording",
        "graphviz_tools.drawing.picture",
        "graph_duet.cli",
        "graph_duet.grading",
    ],
)
def test_importing_a_room_imports_no_framework(room: str) -> None:
    """A learner waits for a framework when the lesson uses it, and not before."""
    code = f"import sys, {room}; print(*[name for name in {FRAMEWORKS} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert done.stderr == ""


@pytest.mark.parametrize("order", ["tensorflow, torch", "torch, tensorflow"])
def test_both_frameworks_import_quietly_in_either_order(order: str) -> None:
    code = f"import graphviz_tools\nimport {order}\ntensorflow.add(1, 2); torch.ones(1)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_picture_of_the_rooms_shows_every_import() -> None:
    """`python tools/architecture_picture.py` draws it again."""
    spec = importlib.util.spec_from_file_location("picture", ROOT / "tools" / "architecture_picture.py")
    assert spec is not None and spec.loader is not None
    picture = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(picture)
    drawn = picture.PICTURE.read_text(encoding="utf-8")
    arrows = sum(len(picture.used_by(room)) for room in picture.ROOMS)
    assert drawn.count('fill="none" stroke=') == arrows
    assert all(f"{room}/" in drawn for room in picture.ROOMS)
