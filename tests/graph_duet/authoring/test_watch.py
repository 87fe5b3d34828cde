"""`duet build --watch`: save the text, see the notebook."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from graph_duet.authoring import course_build
from graph_duet.authoring.course_build import changed_folders
from tests.graph_duet.authoring.small_course import write_folder


def save(path: Path, text: str) -> None:
    """Write `text` with a time of saving that is later than before, however coarse the file system's clock."""
    before = path.stat().st_mtime
    path.write_text(text, encoding="utf-8")
    os.utime(path, (before + 5, before + 5))


def while_waiting(monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], None]) -> None:
    """Do one of `actions` at each pause between two looks at the folders."""
    left: Iterator[Callable[[], None]] = iter(actions)
    monkeypatch.setattr(course_build, "time", SimpleNamespace(sleep=lambda seconds: next(left)()))


def test_the_folder_whose_text_was_saved_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    folders = [write_folder(tmp_path / name) for name in ("a", "b")]
    lesson = folders[1] / "lesson.md"
    text = lesson.read_text(encoding="utf-8")
    while_waiting(
        monkeypatch,
        lambda: None,
        lambda: save(lesson, text + "One more sentence.\n"),
        lambda: None,
        lambda: save(folders[0] / "exercise.md", "changed"),
    )
    changes = changed_folders(folders)
    assert next(changes) == [folders[1]]
    assert next(changes) == [folders[0]]


def test_a_notebook_that_is_built_does_not_start_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_folder(tmp_path)
    (folder / "lesson.ipynb").write_text("{}", encoding="utf-8")
    lesson = folder / "lesson.md"
    looks: list[str] = []
    while_waiting(
        monkeypatch,
        lambda: save(folder / "lesson.ipynb", "{ }"),
        lambda: looks.append("nothing came of the notebook"),
        lambda: save(lesson, lesson.read_text(encoding="utf-8") + "More.\n"),
    )
    assert next(changed_folders([folder])) == [folder]
    assert looks == ["nothing came of the notebook"]
