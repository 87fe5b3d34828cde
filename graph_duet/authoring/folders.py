"""Where the course's sources are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graph_duet.workspace import package_folder
from graphviz_tools.errors import UserError
from graphviz_tools.language import _

SOURCES = ("lesson.md", "exercise.md")


def course_folders() -> list[Path]:
    """Every folder of the course with a source in it: lessons first, then labs."""
    folders: list[Path] = []
    for room, pattern in (("lessons", "L*"), ("gpu_labs", "G*")):
        folders += sorted(path for path in package_folder(room).glob(pattern) if has_source(path))
    return folders


def has_source(folder: Path) -> bool:
    return any((folder / name).is_file() for name in SOURCES)


def named_folders(names: Iterable[str]) -> list[Path]:
    """The folders that `names` mean: a path, a folder's name or its beginning (`L07`); all when none is named.

    Raises UserError for a name without a folder.
    """
    course = course_folders()
    chosen: list[Path] = []
    for name in names:
        path = Path(name)
        folder = path.parent if path.name in SOURCES else path
        if has_source(folder):
            chosen.append(folder)
            continue
        matches = [each for each in course if each.name == name or each.name.partition("_")[0] == name]
        if not matches:
            known = ", ".join(each.name.partition("_")[0] for each in course) or _("none")
            raise UserError(
                _(
                    "no lesson or lab {name!r} with a lesson.md or exercise.md; there are {known}",
                    name=name,
                    known=known,
                )
            )
        chosen += matches
    return chosen or course
