"""What a notebook in the repository may hold."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

from graphviz_tools.drawing.appearance import STORED_TYPE

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "*.ipynb"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split()


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / name, as_version=nbformat.NO_CONVERT)


@pytest.mark.parametrize("name", TRACKED)
def test_a_notebook_is_valid_and_names_its_kernel(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5), "cells need ids"
    assert notebook.metadata.kernelspec.name == "python3", "JupyterLab asks in a dialog where none is named"


@pytest.mark.parametrize("name", TRACKED)
def test_a_notebook_saves_nothing_volatile(name: str) -> None:
    notebook = read(name)
    assert "widgets" not in notebook.metadata, "widget state belongs to one kernel"
    for cell in notebook.cells:
        assert "execution" not in cell.metadata, "time stamps differ from run to run"
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"noise in the output of {cell.id}"


@pytest.mark.parametrize("name", TRACKED)
def test_no_saved_output_names_the_machine_that_made_it(name: str) -> None:
    """A path or an address in memory differs for every reader."""
    private = re.compile(r"(/root/|/home/|/Users/|/tmp/|0x7f[0-9a-f]{6})[^\"\\ ]*")
    for cell in read(name).cells:
        found = private.search(json.dumps(cell.get("outputs", [])))
        assert found is None, f"{found and found.group()} in the output of {cell.id}"


@pytest.mark.parametrize("name", [name for name in TRACKED if name.endswith("lesson.ipynb")])
def test_a_lesson_s_cells_fit_on_a_stage(name: str) -> None:
    for cell in read(name).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 15, f"{cell.id} is too long to type on stage"


def test_a_notebook_takes_less_than_300_kilobytes() -> None:
    sizes = {name: (ROOT / name).stat().st_size for name in TRACKED}
    assert {name: size for name, size in sizes.items() if size >= 300_000} == {}


def test_what_cannot_run_a_widget_shows_its_picture() -> None:
    """nbconvert is asked; GitHub and VS Code choose from the same outputs."""
    cells = [cell for name in TRACKED for cell in read(name).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs if STORED_TYPE in output.get("data", {})]
    assert all(output.data["image/svg+xml"] and output.data["text/plain"] for output in outputs)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("view", outputs=outputs)])
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert len(re.findall("<img [^>]*data:image/svg", page)) == len(outputs) > 10
