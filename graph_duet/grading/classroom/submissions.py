"""Finding a class's notebooks in a folder or an archive, as strangers filled it.

Nothing is extracted and no name is ever used as a path. A link is not followed, an archive member is read
no further than a notebook may be long. Whatever is wrong with one entry becomes that entry's own fault.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from graph_duet.grading.exercise.notebooks import MAX_BYTES, Unreadable
from graphviz_tools.errors import UserError

MAX_MEMBERS = 50_000
_ODD = re.compile(r"[^\w .@+=,()\[\]~-]+")


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's notebook. `read` gives its bytes, or raises Unreadable with a sentence."""

    student: str
    name: str
    read: Callable[[], bytes]


def collect(path: Path) -> Iterator[Submission]:
    """The submissions in `path`, by student: `ann.ipynb`, `ann/anything.ipynb`, `ann.zip`, in a folder or a
    .zip file.

    The file name or the first folder is the student. Raises UserError when there is no such place or
    none or the archive cannot be opened.
    """
    if not path.exists():
        raise UserError(f"there is no folder or archive {path}")
    found = _in_folder(path) if path.is_dir() else _in_archive(path)
    counts = Counter(submission.student for submission in found)
    if not counts:
        raise UserError(f"{path} holds no notebook: it should hold STUDENT.ipynb or STUDENT/NAME.ipynb")
    for student in sorted(counts):
        entries = [submission for submission in found if submission.student == student]
        yield (
            entries[0]
            if len(entries) == 1
            else _broken(student, f"{len(entries)} notebooks were handed in, not one")
        )


def _in_folder(folder: Path) -> list[Submission]:
    found: list[Submission] = []
    for entry in sorted(folder.iterdir()):
        student = safe_name(entry.stem if entry.suffix in (".ipynb", ".zip") else entry.name)
        if entry.is_symlink():
            found.append(_broken(student, "it is a symbolic link, which is not followed"))
        elif entry.is_dir():
            found += _in_students_folder(entry, student)
        elif entry.suffix == ".ipynb":
            found.append(Submission(student, _shown(entry.name), lambda entry=entry: _read_file(entry)))
        elif entry.suffix == ".zip":
            found.append(
                Submission(student, _shown(entry.name), lambda entry=entry: _read_only_member(entry))
            )
    return found


def _in_students_folder(folder: Path, student: str) -> list[Submission]:
    notebooks = [p for p in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
    return [Submission(student, _shown(p.name), lambda p=p: _read_file(p)) for p in notebooks]


def _read_file(path: Path) -> bytes:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Unreadable(f"{safe_name(path.name)} is no ordinary file")
    with path.open("rb") as file:
        return _read_bounded(file)


def _in_archive(path: Path) -> list[Submission]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = _notebook_members(archive)
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(f"{path} is no .zip archive that can be read: {error}") from None
    found: list[Submission] = []
    for member in members:
        first = PurePosixPath(member.filename).parts[0]
        student = safe_name(first.removesuffix(".ipynb"))
        if _escapes(member):
            found.append(
                _broken(safe_name(member.filename), "its name in the archive leads out of the archive")
            )
        else:
            found.append(Submission(student, _shown(member.filename), lambda m=member: _read_member(path, m)))
    return found


def _read_only_member(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            members = _notebook_members(archive)
    except (zipfile.BadZipFile, OSError, UserError) as error:
        raise Unreadable(f"{safe_name(path.name)} is no .zip archive that can be read: {error}") from None
    if len(members) != 1:
        raise Unreadable(f"the archive holds {len(members)} notebooks, not one")
    return _read_member(path, members[0])


def _notebook_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UserError(f"the archive has more than {MAX_MEMBERS} members")
    return [m for m in members if m.filename.endswith(".ipynb") and "__MACOSX" not in m.filename]


def _read_member(path: Path, member: zipfile.ZipInfo) -> bytes:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable("it is a symbolic link in the archive, which is not followed")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            return _read_bounded(file)
    # zipfile raises RuntimeError for a member that is encrypted.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise Unreadable(f"the archive cannot be read: {error}") from None


def _read_bounded(file: IO[bytes]) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the notebook has more than {MAX_BYTES // 2**20} MB")
    return data


def _escapes(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts


def _broken(student: str, why: str) -> Submission:
    def read() -> bytes:
        raise Unreadable(why)

    return Submission(student, student, read)


def _shown(name: str) -> str:
    """The name as text: what of a file's name is no UTF-8 could be stored nowhere."""
    return name.encode("utf-8", "replace").decode()


def safe_name(name: str) -> str:
    """A name that is one harmless file name and one harmless cell: no separators, no control characters,
    not long."""
    return _ODD.sub("_", name).strip(". ")[:100] or "unnamed"
