"""Every lesson and lab has the shape that a teacher copies: docs/write-a-lesson.md, docs/write-a-lab.md."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from packaging.requirements import Requirement

from graph_duet.authoring.source import read_source
from tests.lessons.course import EXERCISES, FOLDERS, LABS, LESSONS, ROOT, lesson, name, solved

NOTEBOOKS = sorted(path for folder in FOLDERS for path in folder.glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INSTALLED = {Requirement(each).name.replace("-", "_") for each in PROJECT["dependencies"]}
INSTALLED |= {"graphviz_tools", "widgets", "gpu_labs", "graph_duet"}
CYCLE = [
    "Predict",
    "Run the pair",
    "Step the graphs",
    "Break it",
    "Repair it",
    "Check yourself",
    "What to remember",
]
SHAPE_2 = [
    "Why care",
    "Recall",
    "By hand",
    "Predict",
    "Run the pair",
    "Four corners",
    "Step the graphs",
    "Break it",
    "Repair it",
    "Check yourself",
    "What to remember",
    "Further",
]
LAB = [
    "The idea",
    "The shape of the problem",
    "Task",
    "A second opinion",
    "The profile page",
    "What to remember",
]
WORDS_PER_LINE = 8
FEWEST_WORDS = 600
LINE = 100
LINES = 15


def has_shape_2(folder: Path) -> bool:
    return read_source(folder / "lesson.md").front.get("shape") == 2


SECOND = [folder for folder in LESSONS if has_shape_2(folder)]
FIRST = [folder for folder in LESSONS if folder not in SECOND]


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def headings(notebook: NotebookNode) -> list[str]:
    return re.findall(r"^## (.+)$", prose(notebook), re.MULTILINE)


@pytest.mark.parametrize("folder", SECOND, ids=name)
def test_a_lesson_has_all_parts_in_order_and_enough_words(folder: Path) -> None:
    assert headings(lesson(folder)) == SHAPE_2
    assert len(prose(lesson(folder)).split()) >= FEWEST_WORDS
    for cell in code(lesson(folder)):
        assert len(cell.source.splitlines()) <= LINES, cell.id


@pytest.mark.parametrize("folder", FIRST, ids=name)
def test_a_lesson_goes_through_the_cycle_in_order(folder: Path) -> None:
    expected = CYCLE
    if folder.name.startswith("L00"):  # a map steps through time, and shows a table
        expected = [step.replace("Step the graphs", "Step through time") for step in CYCLE]
        expected.insert(3, "Who offers which mode")
    assert headings(lesson(folder)) == expected


@pytest.mark.parametrize("folder", LABS, ids=name)
def test_a_lab_goes_from_the_idea_to_the_profile(folder: Path) -> None:
    found = [re.sub(r"^Task \d+ · .*", "Task", heading) for heading in headings(solved(folder))]
    assert list(dict.fromkeys(part for part in found if part in LAB)) == LAB


@pytest.mark.parametrize("folder", LESSONS, ids=name)
def test_a_lesson_says_its_aims_minutes_and_neighbours_at_the_top(folder: Path) -> None:
    top = lesson(folder).cells[0].source
    assert re.match(r"# L\d\d · ", top)
    assert re.search(r"^\*\d+ minutes · before: .+ · next: .+\*$", top, re.MULTILINE)
    assert 2 <= top.partition("You will be able to")[2].partition("\n\n")[0].count("\n- ") <= 4


@pytest.mark.parametrize("folder", LESSONS, ids=name)
def test_the_two_frameworks_are_asserted_to_agree(folder: Path) -> None:
    cells = "\n".join(cell.source for cell in code(lesson(folder)))
    assert "import torch" in cells and "import tensorflow as tf" in cells
    assert re.search(r"^\s*(assert |torch\.testing\.assert_close)", cells, re.MULTILINE)


@pytest.mark.parametrize("folder", [*LESSONS, *LABS], ids=name)
def test_there_are_at_most_five_things_to_remember(folder: Path) -> None:
    notebook = solved(folder) if folder in LABS else lesson(folder)
    last = prose(notebook).partition("## What to remember")[2].partition("\n## ")[0]
    assert 1 <= last.count("\n- ") <= 5
    assert not [line for line in last.splitlines() if line and not line.startswith("- ")]


@pytest.mark.parametrize("folder", [f for f in FIRST if not f.name.startswith("L00")], ids=name)
def test_prose_stays_under_eight_words_for_each_line_of_code(folder: Path) -> None:
    notebook = lesson(folder)
    lines = [line for cell in code(notebook) for line in cell.source.splitlines() if line.strip()]
    words = [word for word in prose(notebook).split() if any(letter.isalnum() for letter in word)]
    assert len(words) <= WORDS_PER_LINE * len(lines)


@pytest.mark.parametrize("folder", [*LESSONS, *LABS], ids=name)
def test_no_line_of_code_is_cut_off_on_a_screen(folder: Path) -> None:
    notebooks = [lesson(folder)] if folder in LESSONS else []
    notebooks += [solved(folder)] if folder in EXERCISES else []
    for notebook in notebooks:
        for cell in code(notebook):
            assert max((len(line) for line in cell.source.splitlines()), default=0) <= LINE, cell.id


@pytest.mark.parametrize("folder", [*LESSONS, *LABS], ids=name)
def test_the_first_code_cell_silences_tensorflow_before_it_is_imported(folder: Path) -> None:
    notebook = solved(folder) if folder in LABS else lesson(folder)
    imports = [line for line in code(notebook)[0].source.splitlines() if "import" in line]
    assert imports[0] == "import graphviz_tools as gt"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_imported_is_always_installed_or_its_absence_is_handled(path: Path) -> None:
    for cell in code(nbformat.read(path, as_version=4)):
        words = "\n".join(line for line in cell.source.splitlines() if not line.startswith("#|"))
        tree = ast.parse(words)
        names = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        optional = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - INSTALLED
        assert not optional or "except ModuleNotFoundError" in words, f"{cell.id}: {optional}"


@pytest.mark.parametrize("folder", EXERCISES, ids=name)
def test_every_task_states_its_points_and_has_hints(folder: Path) -> None:
    points: dict[str, float] = {}
    hints: dict[str, int] = {}
    for cell in solved(folder).cells:
        duet = cell.metadata.get("duet", {})
        if "points" in duet:
            points[duet["task"]] = points.get(duet["task"], 0) + duet["points"]
        if duet.get("kind") == "hint":
            hints[duet["task"]] = hints.get(duet["task"], 0) + 1
    stated = dict(re.findall(r"^## Task (\d+) · .*\((\d+) points\)$", prose(solved(folder)), re.MULTILINE))
    assert {task: int(number) for task, number in stated.items()} == points
    assert set(hints) == set(points) and max(hints.values()) <= 3
    assert f"{sum(points.values())} points" in solved(folder).cells[0].source


@pytest.mark.parametrize("folder", [*LESSONS, *LABS], ids=name)
def test_every_link_inside_the_course_leads_somewhere(folder: Path) -> None:
    for notebook in folder.glob("*.ipynb"):
        for target in re.findall(r"\]\(([^)#]+)\)", prose(nbformat.read(notebook, as_version=4))):
            assert "://" in target or (folder / target).exists(), f"{notebook.name} links to {target}"


def test_the_map_names_every_lesson_and_lab() -> None:
    text = (ROOT / "lessons" / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / "lessons" / target).exists(), target
    for folder in (*LESSONS, *LABS):
        assert f"{folder.name}/" in text
