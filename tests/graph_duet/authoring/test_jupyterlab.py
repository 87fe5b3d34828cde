"""A text that is opened as a notebook in JupyterLab, run and saved there, differs by what was edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

from graph_duet.authoring.folders import course_folders
from graph_duet.lab.saved_text import before_saving, in_the_form_of

ROOT = Path(__file__).resolve().parents[3]
TEXTS = [path for folder in course_folders() for path in sorted(folder.glob("*.md"))]
KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    "language_info": {"name": "python", "version": "3.11.7", "pygments_lexer": "ipython3"},
}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_saved_text_differs_by_what_was_changed(path: Path, tmp_path: Path) -> None:
    for source in (ROOT / "jupytext.toml", path):
        shutil.copy(source, tmp_path)
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(tmp_path))
    manager.register_pre_save_hook(before_saving)
    model = manager.get(path.name, type="notebook")
    model["content"].metadata.update(KERNEL)
    code = next(cell for cell in model["content"].cells if cell.cell_type == "code")
    code.metadata["trusted"] = True
    code.update(execution_count=1, outputs=[nbformat.v4.new_output("stream", text="it ran")])
    manager.save(model, path.name)
    assert (tmp_path / path.name).read_text() == path.read_text()

    code.source += "\nprint(1)"
    manager.save(model, path.name)
    before, after = path.read_text().splitlines(), (tmp_path / path.name).read_text().splitlines()
    after.remove("print(1)")
    assert after == before


def test_a_changed_option_is_one_changed_line() -> None:
    as_written = '```{code-cell}\n:title: "a: b"\n:points: 2\n:kind: check\n\nx = 1\n```\n'
    as_saved = "```{code-cell}\n---\nkind: check\npoints: 3\ntitle: 'a: b'\n---\nx = 1\n```\n"
    assert in_the_form_of(as_written, as_saved) == as_written.replace("2", "3")


def test_a_changed_aim_is_one_changed_line() -> None:
    as_written = "---\ntitle: A\nminutes: 5\naims:\n- one;\n- two.\n---\nText.\n"
    as_saved = "---\naims: [one;, three.]\nminutes: 5\ntitle: A\n---\nText.\n"
    assert in_the_form_of(as_written, as_saved) == as_written.replace("two", "three")


def test_what_is_new_is_kept_as_jupyterlab_writes_it() -> None:
    as_written = "```{code-cell}\n:name: a\n\nx\n```\n"
    as_saved = "```{code-cell}\n:tags: [hide]\n\ny\n```\n\n```{code-cell}\n:name: a\n\nx\n```\n"
    assert in_the_form_of(as_written, as_saved) == as_saved
