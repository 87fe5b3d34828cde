"""The solutions of the labs, as modules: taken from the solution regions of each exercise.md."""

from __future__ import annotations

import importlib.util
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

from graph_duet.authoring.notebooks_from_text import solved_notebook
from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.format import kind

LABS = Path(__file__).resolve().parents[2] / "gpu_labs"


@cache
def solution(lab: str) -> ModuleType:
    """What the given and answer cells of a lab define. The module has a file, where kernels look up their source."""
    cells = [
        cell
        for cell in solved_notebook(LABS / lab).cells
        if cell.cell_type == "code" and kind(cell) in ("given", "seed", "answer", "kernel")
    ]
    source = "\n\n".join(
        solution_regions.solution(cell.source) if kind(cell) in ("answer", "kernel") else cell.source
        for cell in cells
    )
    path = Path(tempfile.mkdtemp(prefix="duet-solution-")) / f"{lab}_solution.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
