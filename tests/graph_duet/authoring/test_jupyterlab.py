"""A text that is opened as a notebook in JupyterLab, and saved there, still says the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.source import parse_source

ROOT = Path(__file__).resolve().parents[3]
TEXTS = [path for folder in course_folders() for path in sorted(folder.glob("*.md"))]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_saved_text_has_the_same_front_matter_and_cells(path: Path, tmp_path: Path) -> None:
    for source in (ROOT / "jupytext.toml", path):
        shutil.copy(source, tmp_path)
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(tmp_path))
    model = manager.get(path.name, type="notebook")
    manager.save(model, path.name)
    before, after = (parse_source(text.read_text(), path) for text in (path, tmp_path / path.name))
    assert after.front == before.front
    assert [(cell.type, cell.text, cell.options) for cell in after.cells] == [
        (cell.type, cell.text, cell.options) for cell in before.cells
    ]
