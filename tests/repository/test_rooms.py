"""Who may import whom: exactly what the table of docs/architecture.md says."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tools import rooms

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("torch", "tensorflow", "jax", "numba", "onnxruntime")


@pytest.mark.parametrize("room", rooms.ROOMS)
def test_a_room_imports_only_what_the_table_allows(room: str) -> None:
    wrong = [f"{made.file} imports {made.target}" for made in rooms.upward(room)]
    assert not wrong, "docs/architecture.md, under Rooms, does not allow it"


@pytest.mark.parametrize("room", rooms.ROOMS)
def test_the_files_of_a_room_import_each_other_in_no_circle(room: str) -> None:
    assert rooms.circle(room) == []


@pytest.mark.parametrize(
    ("folder", "target"),
    [
        ("graphviz_tools/drawing", "graphviz_tools/sources/torch/recorder.py"),
        ("graphviz_tools/transforms", "graphviz_tools/drawing/picture.py"),
        ("graphviz_tools/transforms", "graphviz_tools/sources/torch/recorder.py"),
        ("graphviz_tools/transforms", "graphviz_tools/__init__.py"),
        ("graphviz_tools/analysis", "graphviz_tools/sources/common/budget.py"),
        ("graphviz_tools/sources/torch", "graphviz_tools/sources/jax/recorder.py"),
        ("graphviz_tools", "gpu_labs/executor/inspect.py"),
        ("gpu_labs/executor/observers", "gpu_labs/executor/lockstep/runtime.py"),
        ("gpu_labs/executor/observers", "gpu_labs/executor/serial/thread.py"),
        ("gpu_labs/executor/serial", "gpu_labs/executor/lockstep/runtime.py"),
        ("gpu_labs/executor/lockstep", "gpu_labs/executor/serial/thread.py"),
        ("gpu_labs/executor/runtime", "gpu_labs/executor/lockstep/runtime.py"),
        ("gpu_labs/executor/runtime", "gpu_labs/executor/observers/races.py"),
        ("gpu_labs/executor", "widgets/kernel_view.py"),
        ("widgets", "gpu_labs/executor/inspect.py"),
        ("graph_duet/grading/judging", "graph_duet/grading/classroom/gradebook.py"),
        ("graph_duet/grading/judging", "graph_duet/grading/grader.py"),
        ("graph_duet/grading/exercise", "graph_duet/grading/judging/judge.py"),
        ("graph_duet/notebook_kernels", "graph_duet/grading/grader.py"),
        ("lessons/L01_define_by_run", "graph_duet/grading/grader.py"),
        ("widgets", "torch"),
        ("graph_duet", "torch"),
    ],
)
def test_the_table_forbids(folder: str, target: str) -> None:
    assert target in {"torch"} or (ROOT / target).is_file()
    assert not rooms.is_allowed(rooms.Import(f"{folder}/new.py", target), rooms.rows())


def test_every_path_of_the_table_exists() -> None:
    paths = [path for row in rooms.rows() for path in row.paths]
    assert len(paths) == len(set(paths))
    files = [file for room in rooms.ROOMS for file in rooms.files_of(room)]
    assert [path for path in paths if not any(rooms.covers(path, file) for file in files)] == []


@pytest.mark.parametrize(
    "room",
    [
        *rooms.ROOMS[:-1],
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


@pytest.mark.drawn("order")
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
