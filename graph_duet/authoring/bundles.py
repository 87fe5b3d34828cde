"""The grader's bundles: made from the sources where they are needed, kept in a cache outside the repository."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import platformdirs

from graph_duet.authoring.notebooks_from_text import solved_notebook
from graph_duet.grading.exercise.bundle import Bundle
from graph_duet.grading.exercise.notebooks import Unreadable
from graph_duet.grading.releasing import make_bundle
from graphviz_tools.errors import UserError

_PACKAGES = ("torch", "numpy", "numba", "graph-duet")
_HERE = Path(__file__).resolve().parent
_MAKERS = (
    *("source.py", "cell_ids.py", "title_cell.py", "notebooks_from_text.py"),
    *("../grading/releasing.py", "../grading/exercise/format.py", "../grading/exercise/solution_regions.py"),
)


def cache_folder() -> Path:
    """Where built bundles are kept: `DUET_CACHE`, else the user's cache folder."""
    named = os.environ.get("DUET_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("graph-duet") / "bundles"


def bundle_of(folder: Path, fresh: bool = False) -> Bundle:
    """The bundle of the exercise whose `exercise.md` is in `folder`.

    It is made (the solution runs twice) when the sources or what makes it changed, or when `fresh`. Raises
    UserError, with the line where the text is wrong, or as `make_bundle` does.
    """
    solved = solved_notebook(folder)
    cached = cache_folder() / f"{folder.resolve().name}-{fingerprint(folder)}.json"
    if cached.is_file() and not fresh:
        try:
            return Bundle.load(cached)
        except Unreadable:
            pass  # half written or damaged: make it again
    try:
        bundle = make_bundle(solved, folder)
    except UserError as error:
        raise UserError(f"{folder / 'exercise.md'}: {error}") from None
    cached.parent.mkdir(parents=True, exist_ok=True)
    partial = cached.with_suffix(f".{os.getpid()}.tmp")
    bundle.save(partial)
    partial.replace(cached)
    return bundle


def fingerprint(folder: Path) -> str:
    """A hash of all that a bundle is made from: the folder's own files, the code that reads them, and versions."""
    digest = hashlib.sha256()
    for name in _PACKAGES:
        digest.update(f"{name} {version(name)}\n".encode())
    for path in (*_own_files(folder), *((_HERE / name) for name in _MAKERS)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _own_files(folder: Path) -> Iterable[Path]:
    """Sources and data of an exercise; not what is built, nor the answers that are tried on it."""
    for path in sorted(folder.rglob("*")):
        made = path.suffix in (".ipynb", ".pyc") or path.name == "answers.py"
        if path.is_file() and not made and not path.name.startswith("."):
            yield path
