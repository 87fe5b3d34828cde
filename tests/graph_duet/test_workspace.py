"""A learner's folder is filled from the course and never loses the learner's work."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from graph_duet import workspace
from graphviz_tools.errors import UserError


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A small course in place of the installed one; a test changes it to publish a new version."""
    files = {"lessons/L01_x/lesson.ipynb": b"first", "lessons/README.md": b"map"}
    monkeypatch.setattr(workspace, "course_files", lambda: iter(files.items()))
    monkeypatch.setattr(workspace, "trust", lambda content: None)
    return files


def test_an_empty_folder_gets_the_whole_course(course: dict[str, bytes], tmp_path: Path) -> None:
    assert workspace.fill(tmp_path) == workspace.Copied(new=2, updated=(), kept=())
    assert (tmp_path / "lessons/L01_x/lesson.ipynb").read_bytes() == b"first"


def test_a_second_run_changes_nothing(course: dict[str, bytes], tmp_path: Path) -> None:
    workspace.fill(tmp_path)
    assert workspace.fill(tmp_path) == workspace.Copied(0, (), ())


def test_what_the_learner_changed_is_kept_and_the_rest_is_updated(
    course: dict[str, bytes], tmp_path: Path
) -> None:
    workspace.fill(tmp_path)
    (tmp_path / "lessons/L01_x/lesson.ipynb").write_bytes(b"my work")
    course["lessons/L01_x/lesson.ipynb"] = b"second"
    course["lessons/README.md"] = b"new map"
    copied = workspace.fill(tmp_path)
    assert copied.sentence(Path("mine")) == (
        "Lessons in mine: 1 updated (lessons/README.md), 1 kept as you changed them (lessons/L01_x/lesson.ipynb)."
    )
    assert copied.new == 0
    assert (tmp_path / "lessons/L01_x/lesson.ipynb").read_bytes() == b"my work"
    assert (tmp_path / "lessons/README.md").read_bytes() == b"new map"


def test_a_damaged_manifest_loses_nothing(course: dict[str, bytes], tmp_path: Path) -> None:
    workspace.fill(tmp_path)
    (tmp_path / workspace.MANIFEST).write_text("{")
    course["lessons/README.md"] = b"new map"
    assert workspace.fill(tmp_path).kept == ("lessons/README.md",)
    assert (tmp_path / "lessons/README.md").read_bytes() == b"map"


def test_three_files_are_named_and_the_others_counted() -> None:
    names = tuple("abcde")
    assert workspace.Copied(0, names, names[:3]).sentence(Path("mine")) == (
        "Lessons in mine: 5 updated (a, b, c and 2 more), 3 kept as you changed them (a, b, c)."
    )


def test_a_file_that_a_full_disk_cut_short_is_copied_by_the_next_run(
    course: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", half)
        with pytest.raises(OSError, match="No space left"):
            workspace.fill(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert workspace.fill(tmp_path) == workspace.Copied(new=2, updated=(), kept=())


def test_lessons_are_not_put_inside_lessons(
    course: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert workspace.own_folder() == Path("my-lessons")
    workspace.fill(workspace.own_folder())
    monkeypatch.chdir(tmp_path / "my-lessons")
    assert workspace.own_folder() == tmp_path / "my-lessons"


def test_a_file_in_the_folder_s_place_is_named(course: dict[str, bytes], tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("")
    with pytest.raises(UserError, match="is a file: name a folder"):
        workspace.fill(place)


def test_a_shipped_notebook_is_trusted_and_one_that_was_changed_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """JupyterLab hides an untrusted notebook's pictures until it has run."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data")])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    workspace.trust(nbformat.writes(notebook).encode())
    assert NotebookNotary().check_signature(notebook)
    cell.source = "2"
    assert not NotebookNotary().check_signature(notebook)


def test_solutions_are_never_copied() -> None:
    names = [name for name, _ in workspace.course_files()]
    assert "lessons/README.md" in names
    assert not [name for name in names if name.endswith(workspace.KEPT_BACK)]


def test_every_link_of_the_copied_pages_and_notebooks_leads_to_a_copied_file(tmp_path: Path) -> None:
    workspace.fill(tmp_path)
    for path in tmp_path.rglob("*.*"):
        if path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        elif path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
        else:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            assert "://" in target or (path.parent / target).exists(), f"{path.name} links to {target}"
