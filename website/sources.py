"""The site's sources in one folder, laid out as the repository is, so that relative links go on working."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from graph_duet.authoring.execute import execute, forked_kernels
from graph_duet.authoring.folders import course_folders
from website.stored_views import with_page_views

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "website" / "pages"
REPOSITORY = "https://github.com/graph-duet/graph-duet"
TEXTS = ("lessons/README.md", "lessons/glossary.md", "gpu_labs/README.md", "CONTRIBUTING.md", "CHANGELOG.md")

# A Markdown link or picture to a file: [text](path#part). Whatever has a scheme, or is only a part, stays.
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|//)([^)#\s]+)(#[^)\s]*)?(?=\))")


def gather(folder: Path) -> None:
    """Put every page of the site into `folder`: notebooks with their widgets, texts, and the site's own pages."""
    notebooks = sorted(path for each in course_folders() for path in each.glob("*.ipynb"))
    texts = [ROOT / name for name in TEXTS if (ROOT / name).is_file()]
    texts += sorted((ROOT / "docs").glob("*.md"))
    known = {path.relative_to(ROOT).as_posix() for path in (*notebooks, *texts)}
    shutil.copytree(ROOT / "docs" / "images", folder / "docs" / "images")
    for path in texts:
        _write(folder / path.relative_to(ROOT), linked(path.read_text("utf-8"), path.parent, known))
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = linked(cell.source, path.parent, known)
        notebook.cells = [
            cell for cell in notebook.cells if cell.id != "install"
        ]  # for Colab and Kaggle alone
        _write(folder / path.relative_to(ROOT), nbformat.writes(with_page_views(notebook)))
    for name, notebook in _own_notebooks():
        _write(folder / name, nbformat.writes(with_page_views(notebook)))
    for path in sorted(PAGES.glob("*.rst")):
        _write(folder / path.name, path.read_text("utf-8"))


def _own_notebooks() -> Iterable[tuple[str, NotebookNode]]:
    """The landing page and the gallery, run from the top."""
    with forked_kernels():
        for path in sorted(PAGES.glob("*.md")):
            notebook = jupytext.read(path)
            execute(notebook, PAGES)
            yield f"{path.stem}.ipynb", notebook


def linked(text: str, folder: Path, known: set[str]) -> str:
    """`text` with each link to a file that is not a page here turned into one to the repository."""

    def replaced(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(folder / found[1]))
        inside = target.is_relative_to(ROOT) and target.exists()
        name = target.relative_to(ROOT).as_posix() if inside else ""
        if not inside or name in known or name.startswith("docs/images/"):
            return found[0]
        kind = "tree" if target.is_dir() else "blob"
        return f"{REPOSITORY}/{kind}/main/{name}{found[2] or ''}"

    return _LINK.sub(replaced, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
