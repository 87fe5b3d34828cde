"""Each rule finds what it is for, with the line in the text, and nothing in the course as it stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.lint import lint
from tests.graph_duet.authoring.small_course import EXERCISE

TEMPLATE = Path(__file__).resolve().parents[3] / "graph_duet" / "authoring" / "templates" / "lesson"
LESSON = (
    (TEMPLATE / "lesson.md")
    .read_text(encoding="utf-8")
    .replace("$id", "L90")
    .replace("$quoted_title", "Sample")
)


def folder_of(root: Path, lesson: str = LESSON, output: str = "") -> Path:
    """A folder with a lesson and a built notebook whose first cell printed `output`."""
    folder = root / "lessons" / "L90_sample"
    folder.mkdir(parents=True)
    (folder.parent / "README.md").touch()
    (folder / "lesson.md").write_text(lesson, encoding="utf-8")
    cell = nbformat.v4.new_code_cell("", id="imports")
    cell.outputs = [nbformat.v4.new_output("stream", text=output)] if output else []
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "lesson.ipynb")
    (folder / "exercise.ipynb").touch()
    return folder


def problems(folder: Path) -> list[str]:
    return [str(problem).removeprefix(f"{folder}/") for problem in lint(folder)]


@pytest.mark.parametrize("folder", course_folders(), ids=lambda folder: folder.name)
def test_the_course_has_no_problem(folder: Path) -> None:
    assert not problems(folder)


def test_the_template_of_a_lesson_has_no_problem(tmp_path: Path) -> None:
    assert problems(folder_of(tmp_path)) == []


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        ("## By hand", "## Somehow", "---", "the part `## By hand` is missing"),
        ("## Recall", "## Four corners", "## By hand", "comes before"),
        ("- say what a learner can do after this lesson;\n", "", "aims:", "`aims:`, a list of two to four"),
        ("guess = 3.0", "print(3)", "## Predict", "has no cell with a guess"),
        ('"you guessed", guess, ', "", "guess = 3.0", "no cell below answers this prediction"),
        ("mine = {1: None, 2: None}", "yours = 1", "## Check yourself", "has no cell with `mine"),
        ("assert x.grad", "print(x.grad)  # x", "## Run the pair", "asserts that the two frameworks agree"),
        ("import graphviz_tools as gt\n", "", "import tensorflow", "begins with `import graphviz_tools"),
        ("guess = 3.0", "guess = 3.0" + "\nguess += 0" * 15, "guess = 3.0", "16 lines of code"),
        ("guess = 3.0", "guess = 3.0  # " + "x" * 100, "guess = 3.0", "115 characters"),
        ("guess = 3.0", "guess = = 3.0", "guess = = 3.0", "not valid Python"),
        ("](exercise.ipynb)", "](elsewhere.ipynb)", "Now the [", "the link to elsewhere.ipynb leads nowhere"),
        (':seen: "seen: None"\n', "", "y = x * x\ny.back", "also has :seen:"),
        ("- Each says something", "Each says something", "## What to remember", "a list and nothing else"),
        ("- [Automatic differentiation]", "- Automatic differentiation", "## Further", "has 2 links"),
        ("A learner who has done", "A *new term* and a", "A *new term*", "is set as a new term"),
    ],
)
def test_a_lesson_that_lacks_something_gets_a_message_with_the_place(
    tmp_path: Path, old: str, new: str, at: str, sentence: str
) -> None:
    text = LESSON.replace(old, new, 1)
    if "new term" in new:
        folder = folder_of(tmp_path, text)
        (folder.parent / "glossary.md").write_text("# Glossary\n\n## Leaf\nA tensor.\n")
    else:
        folder = folder_of(tmp_path, text)
    found = [problem for problem in problems(folder) if sentence in problem]
    assert found, problems(folder)
    assert found[0].startswith(f"lesson.md:{line_of(text, at)}: "), found


def test_a_lesson_with_too_few_words_is_reported(tmp_path: Path) -> None:
    start, end = LESSON.index("One picture and one worked"), LESSON.index("## Predict")
    assert any(
        "words of prose" in each for each in problems(folder_of(tmp_path, LESSON[:start] + LESSON[end:]))
    )


@pytest.mark.parametrize(
    ("output", "what"),
    [
        ("<object at 0x7f12ab34cd56>", "an address"),
        ("saved in /tmp/x", "a path of this machine"),
        ("it took 12.3 ms", "a time"),
        ("12:34:56 done", "a time"),
    ],
)
def test_an_output_that_changes_is_found(tmp_path: Path, output: str, what: str) -> None:
    (problem,) = problems(folder_of(tmp_path, output=output))
    assert problem.startswith(f"lesson.md:{line_of(LESSON, 'import graphviz_tools')}: ")
    assert f"the output of cell imports has {what}" in problem


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        ("(2 points)", "(3 points)", "## Task 1", "task 1 says 3 points, its checks give 2"),
        (EXERCISE[EXERCISE.index(":::{hint}") :], "", "## Task 1", "task 1 has 0 hints"),
        ("What is x", "What *is* x", "What *is* x", "one paragraph of plain words"),
        (
            "What is x",
            "Read [this](https://x.org). What is x",
            "Read [this](https://x.org). What is x",
            "one paragraph of plain words",
        ),
        ("What is x", "One part.\n\nWhat is x", "One part.", "one paragraph of plain words"),
        ("## Task 1 · Twice (2 points)", "## Task 1: twice", "## Task 1", "write a task's heading as"),
        ("title: Count", "title: Count", "---", "answers.py is missing"),
    ],
)
def test_an_exercise_that_lacks_something_gets_a_message_with_the_place(
    tmp_path: Path, old: str, new: str, at: str, sentence: str
) -> None:
    folder = folder_of(tmp_path)
    text = EXERCISE.replace(old, new)
    (folder / "exercise.md").write_text(text)
    nbformat.write(nbformat.v4.new_notebook(), folder / "exercise.ipynb")
    found = [problem for problem in problems(folder) if sentence in problem]
    assert found and found[0].startswith(f"exercise.md:{line_of(text, at)}: "), problems(folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("## Why care", "## Somehow", "the part `## Why care` is missing"),
        ("## Recall", "## Further", "comes before"),
        ("- [CUDA C++ programming guide]", "- CUDA C++ programming guide", "`## Further` has 2 links"),
    ],
)
def test_a_lab_that_lacks_something_gets_a_message(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    lab = next(folder for folder in course_folders() if folder.name.startswith("G01"))
    folder = tmp_path / "gpu_labs" / lab.name
    shutil.copytree(lab, folder)
    text = (folder / "exercise.md").read_text(encoding="utf-8")
    assert old in text
    (folder / "exercise.md").write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(sentence in problem for problem in problems(folder))
