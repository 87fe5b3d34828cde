"""What the linter cannot see in one text alone: what lessons import, and the map of the course."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from graph_duet.authoring.notebooks_from_text import points_of
from graph_duet.authoring.source import read_source
from tests.lessons.course import FOLDERS, ROOT, name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INSTALLED = {Requirement(each).name.replace("-", "_") for each in PROJECT["dependencies"]}
INSTALLED |= {"graphviz_tools", "widgets", "gpu_labs", "graph_duet"}
INSTALLED |= {"IPython"}  # runs every notebook's kernel
INSTALLED |= {"keras"}  # TensorFlow requires it


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_what_is_imported_is_always_installed_or_its_absence_is_handled(folder: Path) -> None:
    for path in folder.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                optional = imported(cell.source) - set(sys.stdlib_module_names) - INSTALLED
                assert not optional or "except ModuleNotFoundError" in cell.source, f"{cell.id}: {optional}"


def imported(source: str) -> set[str]:
    """The packages that a cell imports."""
    tree = ast.parse(source)
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {each.partition(".")[0] for each in names}


def test_the_map_leads_somewhere() -> None:
    text = (ROOT / "lessons" / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in target or (ROOT / "lessons" / target).exists(), target


def test_a_link_to_a_term_finds_a_heading() -> None:
    """JupyterLab keeps a heading's capitals in its anchor, GitHub and the site do not; bold words have none."""
    headings = re.findall(r"^## (.+)$", (ROOT / "lessons" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    texts = [path.read_text("utf-8") for folder in FOLDERS for path in folder.glob("*.md")]
    links = {anchor for text in texts for anchor in re.findall(r"glossary\.md#([^)\s]+)\)", text)}
    assert len(links) > 100 and links <= {heading.replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("folder", [f for f in FOLDERS if (f / "exercise.md").is_file()], ids=name)
def test_the_map_gives_the_points_of_the_exercise_s_tasks(folder: Path) -> None:
    source = read_source(folder / "exercise.md")
    rows = (ROOT / "lessons" / "README.md").read_text("utf-8").splitlines()
    row = next(row for row in rows if row.startswith(f"| {source.front['exercise']} |"))
    tasks = [re.search(r"\((\d+) points?\)", cell.text) for cell in source.cells if cell.type == "markdown"]
    assert row.split("|")[-2].strip() == f"{points_of(source):g}"
    assert sum(int(found[1]) for found in tasks if found) == points_of(source)


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_the_map_names_every_lesson_and_lab(folder: Path) -> None:
    assert f"{folder.name}/" in (ROOT / "lessons" / "README.md").read_text("utf-8")
