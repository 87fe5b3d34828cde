"""What is built outside the repository: the grader's bundles, and marks of notebooks that are up to date."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from graph_duet.notebook_kernels.sandbox import PROJECT

_PACKAGES = ("torch", "numpy", "numba", "graph-duet")
_HERE = Path(__file__).resolve().parent
_BUNDLE_MAKERS = (
    *("source.py", "cell_ids.py", "elsewhere.py", "title_cell.py", "notebooks_from_text.py"),
    *("../grading/releasing.py", "../grading/exercise/format.py", "../grading/exercise/solution_regions.py"),
)
_ROOMS = ("graphviz_tools", "widgets", "gpu_labs", "graph_duet/authoring", "graph_duet/grading/exercise")
_CODE = (".py", ".js", ".css")


def cache_folder() -> Path:
    """`DUET_CACHE`, else the user's cache folder."""
    import platformdirs

    named = os.environ.get("DUET_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("graph-duet")


def bundle_fingerprint(folder: Path) -> str:
    """A hash of all that a bundle is made from: the folder's own files, the code that reads them, versions."""
    return _hash([*_own_files(folder), *((_HERE / name) for name in _BUNDLE_MAKERS)])


def outputs_fingerprint(folder: Path) -> str:
    """A hash of all that saved outputs depend on: the folder's own files, this project's code, versions."""
    return _hash([*_own_files(folder), *_project_code()])


def is_up_to_date(notebook: Path, fingerprint: str) -> bool:
    """Whether `mark_up_to_date` was called for this very content of the file."""
    return notebook.is_file() and _mark(notebook, fingerprint).is_file()


def mark_up_to_date(notebook: Path, fingerprint: str) -> None:
    """Remember that the file holds what a build with this fingerprint gives."""
    mark = _mark(notebook, fingerprint)
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _mark(notebook: Path, fingerprint: str) -> Path:
    content = hashlib.sha256(notebook.read_bytes()).hexdigest()[:16]
    return cache_folder() / "built" / f"{notebook.parent.name}-{notebook.stem}-{fingerprint}-{content}"


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for name in _PACKAGES:
        digest.update(f"{name} {version(name)}\n".encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _own_files(folder: Path) -> list[Path]:
    """Sources and data of a lesson or lab; not what is built, nor the answers that are tried on it."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in (".ipynb", ".pyc")
        and path.name != "answers.py"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _project_code() -> list[Path]:
    """The code that lessons run; not the labs, whose folders are sources themselves."""
    return sorted(
        path
        for room in _ROOMS
        for path in (PROJECT / room).rglob("*")
        if path.suffix in _CODE and not path.relative_to(PROJECT).match("gpu_labs/G*/*")
    )
