"""A class's folder or archive, as others filled it: no name is a path, no link is followed, nothing is unpacked."""

from __future__ import annotations

import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from graph_duet.grading.classroom.names import file_name, student_name
from graph_duet.grading.classroom.submissions import collect, intake
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


def test_of_several_notebooks_of_one_student_the_newest_is_graded_and_reported(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    for age, name in enumerate(("a", "b")):
        (tmp_path / "ann" / f"{name}.ipynb").write_bytes(NOTEBOOK)
        os.utime(tmp_path / "ann" / f"{name}.ipynb", (1000 - age, 1000 - age))
    (tmp_path / "bob.ipynb").write_bytes(NOTEBOOK)
    taken = intake(tmp_path)
    assert [(s.student, s.name) for s in taken.submissions] == [("ann", "ann/a.ipynb"), ("bob", "bob.ipynb")]
    assert "2 notebooks were handed in; the newest, a.ipynb, was graded" in taken.submissions[0].note
    assert taken.ignored == ("ann/b.ipynb: an earlier notebook of ann",)


def test_a_newer_notebook_of_something_else_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "exercise.ipynb").write_bytes(b'{"metadata": {"duet": {"exercise": "L02"}}}')
    (tmp_path / "ann" / "scratch.ipynb").write_bytes(NOTEBOOK)
    os.utime(tmp_path / "ann" / "exercise.ipynb", (1, 1))
    (submission,) = intake(tmp_path, "L02").submissions
    assert submission.name == "ann/exercise.ipynb"


def test_a_download_of_canvas(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("doejane_4711_90210_exercise.ipynb", NOTEBOOK)
        archive.writestr("doejane_4712_90211_exercise-1.ipynb", NOTEBOOK)
        archive.writestr("oneiljo_LATE_815_90212_exercise-2.ipynb", NOTEBOOK)
    taken = intake(tmp_path / "submissions.zip").submissions
    assert [(s.student, s.late) for s in taken] == [
        ("doejane_4711", False),
        ("doejane_4712", False),
        ("oneiljo_815", True),
    ]


def test_a_download_of_moodle(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "L02.zip", "w") as archive:
        archive.writestr("Jane Doe_4711_assignsubmission_file_/exercise.ipynb", NOTEBOOK)
        archive.writestr(
            "Jane Doe_4711_assignsubmission_file_/.ipynb_checkpoints/exercise-checkpoint.ipynb", b"{"
        )
        archive.writestr("Jane Doe_4712_assignsubmission_file_exercise.ipynb", NOTEBOOK)
        archive.writestr("Zoë Müller_9_assignsubmission_onlinetext_/onlinetext.html", b"<p>hello</p>")
    taken = intake(tmp_path / "L02.zip")
    assert [s.student for s in taken.submissions] == ["Jane Doe_4711", "Jane Doe_4712"]
    assert len(taken.ignored) == 2


METADATA = """submission_77:
  :submitters:
  - :name: Jane Doe
    :sid: '4711'
    :email: jane@school.edu
  - :name: Jo O'Neil
    :email: jo@school.edu
  :created_at: 2026-03-01 10:00:00.000000000 Z
submission_78:
  :submitters:
  - :name: Kim
    :sid: 12
    :email:
  :created_at: 2026-03-02 10:00:00.000000000 Z
"""


def test_a_download_of_gradescope_with_a_group(tmp_path: Path) -> None:
    root = "assignment_5_export"
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(f"{root}/submission_metadata.yml", METADATA)
        archive.writestr(f"{root}/submission_77/exercise.ipynb", NOTEBOOK)
        archive.writestr(f"{root}/submission_78/solution/exercise.ipynb", NOTEBOOK)
    taken = intake(tmp_path / "export.zip").submissions
    assert [s.student for s in taken] == ["Kim_12", "jane@school.edu", "jo@school.edu"]
    assert taken[1].note == "handed in together with jo@school.edu"
    assert taken[1].handed_in == 1772359200


def test_a_zip_made_on_a_mac(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Zoe.zip", "w") as archive:
        archive.writestr("exercise.ipynb", NOTEBOOK)
        archive.writestr("__MACOSX/._exercise.ipynb", b"\0")
        archive.writestr(".ipynb_checkpoints/exercise-checkpoint.ipynb", b"{")
    taken = intake(tmp_path)
    assert [(s.student, s.read()) for s in taken.submissions] == [("Zoe", NOTEBOOK)]
    assert sorted(line.partition(":")[0] for line in taken.ignored) == [
        "Zoe/.ipynb_checkpoints/exercise-checkpoint.ipynb",
        "Zoe/__MACOSX/._exercise.ipynb",
    ]


def test_no_two_students_are_merged_and_one_is_not_split(tmp_path: Path) -> None:
    long = "x" * 120
    apart = ["Ann", "ann", f"{long}1", f"{long}2", "Müller", "Muller", "a_b", "a b", "名前", "O'Neil"]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in (*apart, "Mu\u0308ller"):
            archive.writestr(f"{name}/exercise.ipynb", NOTEBOOK)
    taken = [s.student for s in intake(tmp_path / "all.zip").submissions]
    assert sorted(taken) == sorted(apart)
    files = {file_name(name).lower() for name in apart}
    assert len(files) == len(apart)
    assert all(file.isascii() and len(file) < 80 and "/" not in file for file in files)


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
    assert "not a readable .zip archive" in str(by_student(tmp_path)["eve"])


def test_a_name_is_one_harmless_file_name() -> None:
    assert file_name("ann") == "ann"
    assert file_name("Zoë O'Neil").startswith("zoe_o_neil-")
    assert file_name("Zoë O'Neil") != file_name("zoe o'neil")
    for name in ("../../etc/passwd", "...", "a\x00b\nc\u202e", "Ann Müller", "CON", ""):
        made = file_name(name)
        assert made == Path(made).name
        assert made.isascii()
        assert not made.startswith(".")
    assert student_name("a\u202eb").startswith("a_b-")


def test_an_empty_folder_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no notebook"):
        list(collect(tmp_path))
    with pytest.raises(UserError, match="no folder or archive"):
        list(collect(tmp_path / "nowhere"))


def test_an_undecodable_file_name_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad\xff.ipynb")).write_bytes(NOTEBOOK)
    (tmp_path / "ann.ipynb").write_bytes(NOTEBOOK)
    found = list(collect(tmp_path))
    assert [submission.name.encode() for submission in found] == [b"ann.ipynb", b"bad?.ipynb"]
    assert found[1].student.startswith("bad_-")
