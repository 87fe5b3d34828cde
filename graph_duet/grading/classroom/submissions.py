"""Finding a class's notebooks in a folder or an archive, as students and course systems filled it.

Nothing is extracted and no name is ever used as a path. A link is not followed, an archive member is read
no further than a notebook may be long. Whatever is wrong with one entry becomes that entry's own fault.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from graph_duet.grading.classroom.groups import Groups
from graph_duet.grading.classroom.names import as_utf8, student_name
from graph_duet.grading.classroom.platforms import Handed, read_metadata, read_name
from graph_duet.grading.exercise.notebooks import MAX_BYTES, Unreadable
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

MAX_MEMBERS = 50_000
_METADATA = "submission_metadata.yml"
_WRAPPER = re.compile(r"submission|assignment|export|download", re.IGNORECASE)
_NOT_A_STUDENT = re.compile(r"submission_\d+|.*_assignsubmission_.*")


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's notebook. `student` is the true name, `read` gives the bytes or raises Unreadable with a
    sentence, `note` says what was decided: that it was late, or the newest of several. `handed_in` is when, in seconds
    since 1970, 0 where the platform does not say."""

    student: str
    name: str
    read: Callable[[], bytes]
    note: str = ""
    late: bool = False
    handed_in: float = 0.0


@dataclass(frozen=True, slots=True)
class Intake:
    """What a download holds: a submission for each student, and the files that are not one, with the reason."""

    submissions: tuple[Submission, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file: the parts of its path, when it was last changed, and how to read it, or what is wrong with it."""

    parts: tuple[str, ...]
    at: float
    read: Callable[[], bytes]
    fault: str = ""

    @property
    def name(self) -> str:
        return "/".join(self.parts).encode("utf-8", "replace").decode()


def collect(path: Path) -> Iterator[Submission]:
    """The submissions in `path`, by student. Raises as `intake` does."""
    yield from intake(path).submissions


def intake(
    path: Path, exercise: str = "", groups: Groups | None = None, all_attempts: bool = False
) -> Intake:
    """What is in a folder or a .zip file: `ann.ipynb`, `ann/anything.ipynb`, `ann.zip`, or a download of Canvas, Moodle
    or Gradescope.

    Of several notebooks of one student those that name `exercise` are meant, and of these the newest, or, with
    `all_attempts`, each, oldest first. What one of a group hands in counts for all of it. Raises UserError when there
    is no such place, no notebook in it, or the archive cannot be opened.
    """
    if not path.exists():
        raise UserError(_("there is no folder or archive {path}", path=path))
    entries = _unwrapped(_of_folder(path, ()) if path.is_dir() else _of_archive(path))
    metadata = next(
        (read_metadata(e.read().decode("utf-8", "replace")) for e in entries if e.parts[-1] == _METADATA), {}
    )
    found: dict[str, list[_HandedIn]] = {}
    ignored: list[str] = []
    for entry in entries:
        reason = _why_ignored(entry)
        if reason:
            ignored.append(f"{entry.name}: {reason}")
            continue
        handed = read_name(entry.parts, metadata)
        handed = replace(handed, students=(groups or Groups()).of(handed.students))
        for student in handed.students:
            found.setdefault(student, []).append(_HandedIn(handed, entry))
    if not found:
        raise UserError(
            _("{path} holds no notebook: it should hold STUDENT.ipynb or STUDENT/NAME.ipynb", path=path)
        )
    chosen = [_attempts(student, found[student], exercise) for student in sorted(found)]
    if not all_attempts:
        ignored += [
            _("{o}: an earlier notebook of {student}", o=o.name, student=o.student)
            for each in chosen
            for o in each[:-1]
        ]
        chosen = [each[-1:] for each in chosen]
    return Intake(tuple(submission for each in chosen for submission in each), tuple(ignored))


class _HandedIn(NamedTuple):
    """A file, and what its name says of it."""

    facts: Handed
    entry: _Entry

    @property
    def age(self) -> tuple[Any, ...]:
        """The smaller, the older."""
        return self.facts.attempt, self.facts.at or self.entry.at, self.entry.name


def _attempts(student: str, handed: list[_HandedIn], exercise: str) -> list[Submission]:
    """What a student handed in, oldest first."""
    if len(handed) > 1 and exercise:
        handed = [each for each in handed if _names(each.entry, exercise)] or handed
    ordered = sorted(handed, key=lambda each: each.age)
    several = (
        _(
            "{count} notebooks were handed in; the newest, {parts}, was graded",
            count=len(ordered),
            parts=ordered[-1].entry.parts[-1],
        )
        if len(ordered) > 1
        else ""
    )
    made: list[Submission] = []
    for facts, entry in ordered:
        group = ", ".join(name for name in facts.students if name != student)
        together = _("handed in together with {group}", group=group) if group else ""
        note = "; ".join(filter(None, ["late" if facts.late else "", several, together]))
        read = _raising(entry.fault) if entry.fault else entry.read
        made.append(Submission(student, entry.name, read, note, facts.late, facts.at))
    return made


def _names(entry: _Entry, exercise: str) -> bool:
    """Whether the notebook's text names the exercise; a file that cannot be read names none."""
    try:
        text = entry.read()
    except (Unreadable, OSError):
        return False
    return re.search(rb'"exercise"\s*:\s*"' + re.escape(exercise.encode()) + rb'"', text) is not None


def _why_ignored(entry: _Entry) -> str:
    if "__MACOSX" in entry.parts or entry.parts[-1].startswith("._"):
        return _("made by macOS beside the real files")
    if ".ipynb_checkpoints" in entry.parts:
        return _("Jupyter's own copy")
    if not entry.parts[-1].lower().endswith(".ipynb") and not entry.fault:
        return _("not a notebook")
    return ""


def _unwrapped(entries: list[_Entry]) -> list[_Entry]:
    """The entries without the one folder that a platform, or a zip of a folder, puts around all of them."""
    real = [e for e in entries if not _why_ignored(e) or e.parts[-1] == _METADATA]
    tops = {entry.parts[0] for entry in real}
    nested = all(len(entry.parts) > 1 for entry in real)
    if len(tops) != 1 or not nested or _NOT_A_STUDENT.fullmatch(next(iter(tops))):
        return entries
    below = {entry.parts[1] for entry in real if len(entry.parts) > 2}
    if _WRAPPER.search(next(iter(tops))) or len(below) > 1:
        return [
            replace(e, parts=e.parts[1:]) if e.parts[0] in tops and len(e.parts) > 1 else e for e in entries
        ]
    return entries


def _of_folder(folder: Path, above: tuple[str, ...]) -> list[_Entry]:
    found: list[_Entry] = []
    for path in sorted(folder.iterdir()):
        parts = (*above, as_utf8(path.name))
        state = path.lstat()
        if stat.S_ISLNK(state.st_mode):
            found.append(_faulty(parts, _("it is a symbolic link, which is not followed")))
        elif stat.S_ISDIR(state.st_mode):
            found += _of_folder(path, parts)
        elif not stat.S_ISREG(state.st_mode):
            found.append(
                _faulty(
                    parts, _("{student_name} is not an ordinary file", student_name=student_name(path.name))
                )
            )
        elif path.suffix.lower() == ".zip":
            found += _nested(parts, state.st_mtime, lambda path=path: path.open("rb"))
        else:
            found.append(_Entry(parts, state.st_mtime, lambda path=path: _read_file(path)))
    return found


def _of_archive(path: Path) -> list[_Entry]:
    try:
        return _members(lambda: path.open("rb"), ())
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(_("{path} is not a readable .zip archive: {error}", path=path, error=error)) from None


def _nested(parts: tuple[str, ...], at: float, opened: Callable[[], IO[bytes]]) -> list[_Entry]:
    """The members of a student's own archive, below its name."""
    folder = (*parts[:-1], parts[-1].rpartition(".")[0])
    try:
        members = _members(opened, folder)
    except (zipfile.BadZipFile, zlib.error, OSError, UserError, Unreadable) as error:
        return [
            _faulty(
                folder,
                _(
                    "{student_name} is not a readable .zip archive: {error}",
                    student_name=student_name(parts[-1]),
                    error=error,
                ),
            )
        ]
    if not any(not _why_ignored(member) for member in members):
        return [*members, _faulty(folder, _("the archive holds no notebook"))]
    return members


def _members(opened: Callable[[], IO[bytes]], above: tuple[str, ...]) -> list[_Entry]:
    with opened() as stream, zipfile.ZipFile(stream) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise UserError(_("the archive has more than {max_members} members", max_members=MAX_MEMBERS))
    found: list[_Entry] = []
    for info in infos:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts:
            found.append(
                _faulty(
                    (*above, info.filename.replace("/", "_")),
                    _("its name in the archive leads out of the archive"),
                )
            )
            continue
        parts, at = (*above, *inside.parts), _time_of(info)
        if stat.S_ISLNK(info.external_attr >> 16):
            found.append(_faulty(parts, _("it is a symbolic link in the archive, which is not followed")))
        elif inside.suffix.lower() == ".zip" and not above:
            found += _nested(parts, at, lambda info=info: io.BytesIO(_read_member(opened, info)))
        else:
            found.append(_Entry(parts, at, lambda info=info: _read_member(opened, info)))
    return found


def _time_of(info: zipfile.ZipInfo) -> float:
    """Seconds, good for comparing: a zip keeps local time without a zone."""
    year, month, day, hour, minute, second = info.date_time
    return ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60.0 + second


def _read_file(path: Path) -> bytes:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise Unreadable(_("{student_name} is not an ordinary file", student_name=student_name(path.name)))
    with path.open("rb") as file:
        return _read_bounded(file)


def _read_member(opened: Callable[[], IO[bytes]], info: zipfile.ZipInfo) -> bytes:
    try:
        with opened() as stream, zipfile.ZipFile(stream) as archive, archive.open(info) as file:
            return _read_bounded(file)
    # zipfile raises RuntimeError for a member that is encrypted.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise Unreadable(_("the archive cannot be read: {error}", error=error)) from None


def _read_bounded(file: IO[bytes]) -> bytes:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Unreadable(_("the notebook has more than {max_bytes} MB", max_bytes=MAX_BYTES // 2**20))
    return data


def _faulty(parts: tuple[str, ...], why: str) -> _Entry:
    return _Entry(parts, 0.0, _raising(why), why)


def _raising(why: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise Unreadable(why)

    return read
