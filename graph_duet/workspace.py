"""A learner's copy of the lessons: filled from the installed course, never over the learner's own work.

`.duet/shipped.json` keeps the hash of each file as it was shipped. A file that still has that hash may be
brought up to date; any other is the learner's and stays.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graphviz_tools.errors import NotInstalledError, UserError
from graphviz_tools.language import _
from graphviz_tools.whole_file import write_whole

NAMED = 3  # files that a sentence names
MANIFEST = Path(".duet") / "shipped.json"
SHIPPED = {".ipynb", ".md", ".png", ".svg", ".csv"}
KEPT_BACK = (
    "lesson.md",
    "exercise.md",
    "answers.py",
    ".bundle.json",
)  # ends of names that learners never get


@dataclass(frozen=True)
class Copied:
    """How many files were new, and which were brought up to date or left because the learner had changed them."""

    new: int
    updated: tuple[str, ...]
    kept: tuple[str, ...]

    def sentence(self, folder: Path) -> str:
        parts = [_("{new} new", new=self.new)] if self.new else []
        if self.updated:
            parts += [_("{updated} updated ({names})", updated=len(self.updated), names=named(self.updated))]
        if self.kept:
            parts += [
                _("{kept} kept as you changed them ({names})", kept=len(self.kept), names=named(self.kept))
            ]
        return _("Lessons in {folder}: {parts}.", folder=folder, parts=", ".join(parts) or _("nothing new"))


def named(files: tuple[str, ...]) -> str:
    """The first three, and how many more."""
    first = ", ".join(files[:NAMED])
    if len(files) <= NAMED:
        return first
    return _("{first} and {more} more", first=first, more=len(files) - NAMED)


def own_folder() -> Path:
    """Where a learner's lessons are when no folder is named: here, if here they are, else in my-lessons."""
    return Path.cwd() if Path(MANIFEST).is_file() else Path("my-lessons")


def fill(folder: Path) -> Copied:
    """Copy the course into `folder`. Each file is written whole or not at all, so that half of one, on a full disk,
    is never taken for the learner's own.

    Raises UserError when `folder` is a file, and OSError when it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(_("{folder} is a file: name a folder for the lessons", folder=folder))
    shipped = read_manifest(folder)
    new, updated, kept = 0, list[str](), list[str]()
    for name, content in course_files():
        target = folder / name
        digest = hashlib.sha256(content).hexdigest()
        present = hashlib.sha256(target.read_bytes()).hexdigest() if target.exists() else None
        if present == digest:
            pass
        elif present is None:
            new += 1
        elif present == shipped.get(name):
            updated.append(name)
        else:
            kept.append(name)
            continue
        if present != digest:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, content)
            if target.suffix == ".ipynb":
                trust(content)
        shipped[name] = digest
    write_manifest(folder, shipped)
    return Copied(new, tuple(updated), tuple(kept))


def trust(content: bytes) -> None:
    """Sign a notebook as we ship it: JupyterLab then shows its saved pictures before anything has run."""
    import nbformat  # only here: it takes half a second
    from nbformat.sign import NotebookNotary

    NotebookNotary().sign(nbformat.reads(content.decode(), as_version=nbformat.NO_CONVERT))


def course_files() -> Iterator[tuple[str, bytes]]:
    """(path in the learner's folder, content) of every file of the installed lessons and labs."""
    for room, folders in (("lessons", "*"), ("gpu_labs", "G[0-9]*")):
        home = package_folder(room)
        for path in sorted(home.glob(f"{folders}/**/*")) + sorted(home.glob("*.md")):
            hidden = any(part.startswith((".", "__")) for part in path.relative_to(home).parts)
            if path.is_file() and path.suffix in SHIPPED and not path.name.endswith(KEPT_BACK) and not hidden:
                yield f"{room}/{path.relative_to(home).as_posix()}", path.read_bytes()


def package_folder(name: str) -> Path:
    """Where an installed package's files are, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalledError(_("{name} is not installed: run `pip install graph-duet` again", name=name))
    return Path(next(iter(spec.submodule_search_locations)))


def read_manifest(folder: Path) -> dict[str, str]:
    try:
        return json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}  # without it nothing counts as shipped, so everything that differs is kept


def write_manifest(folder: Path, shipped: dict[str, str]) -> None:
    path = folder / MANIFEST
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(shipped, indent=1, sort_keys=True))
