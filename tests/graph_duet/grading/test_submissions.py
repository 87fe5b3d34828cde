"""A class's folder or archive, as strangers filled it: no name is a path, no link is followed, nothing is unpacked."""

from __future__ import annotations

import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from graph_duet.grading.classroom.submissions import collect, safe_name
from graph_duet.grading.exercise.notebooks import MAX_BYTES, Unreadable
from graphviz_tools.errors import UserError

NOTEBOOK = b'{"nbformat": 4, "cells": []}'


def by_student(path: Path) -> dict[str, bytes | str]:
    found: dict[str, bytes | str] = {}
    for submission in collect(path):
        try:
            found[submission.student] = submission.read()
        except Unreadable as error:
            found[submission.student] = str(error)
    return found


def test_students_are_files_folders_or_archives(tmp_path: Path) -> None:
    (tmp_path / "ann.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "exercise.ipynb").write_bytes(NOTEBOOK)
    with zipfile.ZipFile(tmp_path / "cyd.zip", "w") as archive:
        archive.writestr("deep/exercise.ipynb", NOTEBOOK)
    (tmp_path / "notes.txt").write_text("not a submission")
    assert by_student(tmp_path) == dict.fromkeys(("ann", "bob", "cyd"), NOTEBOOK)


def test_one_archive_can_hold_the_class(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("ann.ipynb", NOTEBOOK)
        archive.writestr("bob/exercise.ipynb", NOTEBOOK)
    assert by_student(tmp_path / "all.zip") == {"ann": NOTEBOOK, "bob": NOTEBOOK}


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(NOTEBOOK)
    folder = tmp_path / "in"
    (folder / "eve").mkdir(parents=True)
    (folder / "mal.ipynb").symlink_to(secret)
    (folder / "eve" / "exercise.ipynb").symlink_to(secret)
    (folder / "dir").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.ipynb")
    found = by_student(folder)
    assert set(found) == {"mal", "eve", "dir", "pipe"}
    assert all(isinstance(said, str) for said in found.values()), found


def test_two_notebooks_of_one_student_are_a_fault_of_that_student_alone(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    for name in ("a", "b"):
        (tmp_path / "ann" / f"{name}.ipynb").write_bytes(NOTEBOOK)
    (tmp_path / "bob.ipynb").write_bytes(NOTEBOOK)
    assert by_student(tmp_path) == {"ann": "2 notebooks were handed in, not one", "bob": NOTEBOOK}


def test_an_archive_cannot_name_a_way_out_or_link_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("../../etc/evil.ipynb", NOTEBOOK)
        link = zipfile.ZipInfo("eve.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.ipynb", NOTEBOOK)
    found = by_student(tmp_path / "all.zip")
    assert found.pop("good") == NOTEBOOK
    assert all("link" in said or "leads out" in said for said in found.values() if isinstance(said, str))
    assert len(found) == 2


def test_a_zip_bomb_is_read_no_further_than_a_notebook_may_be_long(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "eve.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.ipynb", "w", force_zip64=True) as file,
    ):
        for _ in range(300):
            file.write(bytes(2**20))
    tracemalloc.start()
    try:
        assert "more than" in str(by_student(tmp_path)["eve"])
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\0" * 100])
def test_a_broken_archive_is_that_students_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "eve.zip").write_bytes(content)
    assert "no .zip archive" in str(by_student(tmp_path)["eve"])


def test_a_name_is_one_harmless_file_name(tmp_path: Path) -> None:
    assert safe_name("../../etc/passwd") == "_.._etc_passwd"
    assert safe_name("a\x00b\nc\u202e") == "a_b_c_"
    assert safe_name("...") == "unnamed"
    assert safe_name("Ann Müller") == "Ann Müller"


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no notebook"):
        list(collect(tmp_path))
    with pytest.raises(UserError, match="no folder or archive"):
        list(collect(tmp_path / "nowhere"))


def test_a_file_name_that_is_no_text_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad\xff.ipynb")).write_bytes(NOTEBOOK)
    (tmp_path / "ann.ipynb").write_bytes(NOTEBOOK)
    found = list(collect(tmp_path))
    assert [submission.name.encode() for submission in found] == [b"ann.ipynb", b"bad?.ipynb"]
    assert found[1].student == "bad_"
