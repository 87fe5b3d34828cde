"""Every sentence of the course can be translated, and a translated exercise is graded by the same bundle."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from babel.messages.pofile import write_po
from nbformat import NotebookNode

from graph_duet import grading
from graph_duet.authoring.bundles import bundle_of
from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.translation.build import build_translation
from graph_duet.authoring.translation.catalogue import read_catalogue, translation_of, update_catalogue
from graph_duet.authoring.translation.markdown import translate_markdown
from graph_duet.authoring.translation.notebook import messages, translated
from graphviz_tools.errors import UserError
from tests.graph_duet.authoring.small_course import LESSON, write_folder

FENCE = re.compile(r"^```.*?^```[^\n]*$", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"[A-Za-z]{3,}")


def pseudo(text: str, *_: object) -> str:
    """The text in a language that shows what was translated."""
    return f"⟦{text}⟧"


@pytest.mark.parametrize("folder", course_folders(), ids=lambda folder: folder.name)
def test_a_pseudo_language_leaves_no_english_sentence(folder: Path) -> None:
    for path in folder.glob("*.ipynb"):
        original = nbformat.read(path, as_version=4)
        shown = translated(original, pseudo)
        for cell, before in zip(shown.cells, original.cells, strict=True):
            if cell.cell_type != "markdown":
                assert cell.source == before.source
                continue
            left = re.sub(r"⟦[^⟧]*⟧", "", FENCE.sub("", cell.source))
            left = re.sub(r"</?\w+>", "", re.sub(r"^    .*$", "", left, flags=re.MULTILINE))
            assert not WORD.search(left), (path.name, cell.id, left.strip())
        assert [cell.id for cell in shown.cells] == [cell.id for cell in original.cells]


@pytest.mark.parametrize("folder", course_folders(), ids=lambda folder: folder.name)
def test_what_is_not_translated_stays_as_it_is_letter_by_letter(folder: Path) -> None:
    for path in folder.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        assert translated(notebook, lambda text, cell, line: text) == notebook


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("## A heading\nA line\nand another.", "## ⟦A heading⟧\n⟦A line and another.⟧"),
        ("- one\n- two\n  goes on", "- ⟦one⟧\n- ⟦two goes on⟧"),
        ("1. first\n2. second", "1. ⟦first⟧\n2. ⟦second⟧"),
        (
            "| a word | 3 |\n|---|---|\n| b word | c word |",
            "| ⟦a word⟧ | 3 |\n|---|---|\n| ⟦b word⟧ | ⟦c word⟧ |",
        ),
        ("```\ncode here\n```\n\n    more code", "```\ncode here\n```\n\n    more code"),
        ("> quoted", "> ⟦quoted⟧"),
        (
            "<details><summary>Hint 1</summary>\n\nThink.\n\n</details>",
            "<details><summary>⟦Hint 1⟧</summary>\n\n⟦Think.⟧\n\n</details>",
        ),
        ("| x | y |\n|---|---|\n| yes | yes, too |", "| ⟦x⟧ | ⟦y⟧ |\n|---|---|\n| ⟦yes⟧ | ⟦yes, too⟧ |"),
    ],
)
def test_each_piece_of_markdown_is_translated_by_itself(text: str, shown: str) -> None:
    assert translate_markdown(text, pseudo) == shown


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def test_a_po_file_names_the_line_of_each_sentence(folder: Path, tmp_path: Path) -> None:
    text = update_catalogue(folder, "zh_CN", tmp_path).read_text()
    line = LESSON.splitlines().index("Text after the cell.") + 1
    assert f'{folder.name}/lesson.md:{line}\nmsgid "Text after the cell."' in text


def test_an_update_keeps_what_was_translated_and_marks_what_changed(folder: Path, tmp_path: Path) -> None:
    path = update_catalogue(folder, "de", tmp_path)
    catalogue = read_catalogue(path, "de")
    for source, target in {"How many?": "Wie viele?", "Text after the cell.": "Text danach."}.items():
        message = catalogue.get(source)
        assert message is not None
        message.string = target
    with path.open("wb") as file:
        write_po(file, catalogue)
    (folder / "lesson.md").write_text(LESSON.replace("Text after the cell.", "Text after this cell."))
    updated = read_catalogue(update_catalogue(folder, "de", tmp_path), "de")
    assert translation_of(updated, "How many?") == "Wie viele?"
    changed = updated.get("Text after this cell.")
    assert changed is not None and changed.fuzzy and changed.string == "Text danach."
    assert translation_of(updated, "Text after this cell.") == "Text after this cell."


def test_an_update_without_a_change_leaves_the_file_alone(folder: Path, tmp_path: Path) -> None:
    before = update_catalogue(folder, "de", tmp_path).read_bytes()
    assert update_catalogue(folder, "de", tmp_path).read_bytes() == before


def test_a_translated_notebook_links_what_is_not_translated_where_it_is(tmp_path: Path) -> None:
    lessons = tmp_path / "lessons"
    text = "[leaf](../glossary.md#leaf) [next](../L91_next/lesson.ipynb) [web](https://a.b/c) [own](exercise.ipynb#x)"
    folder = write_folder(lessons, LESSON.replace("Another cell.", text))
    (lessons / "glossary.md").write_text("## leaf\n")
    following = lessons / "L91_next"
    following.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), following / "lesson.ipynb")
    for name, cells in (("lesson", [nbformat.v4.new_markdown_cell(text)]), ("exercise", [])):
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
    update_catalogue(folder, "de", tmp_path)

    def links() -> list[str]:
        target = build_translation(folder, "de", tmp_path)[1]
        found = re.findall(r"\]\(([^)]*)\)", nbformat.read(target, as_version=4).cells[0].source)
        assert all("://" in link or (target.parent / link.partition("#")[0]).is_file() for link in found[:2])
        return found

    elsewhere = "../../../../lessons"
    assert links() == [
        f"{elsewhere}/glossary.md#leaf",
        f"{elsewhere}/L91_next/lesson.ipynb",
        "https://a.b/c",
        "exercise.ipynb#x",
    ]
    (tmp_path / "locales" / "de" / "L91.po").touch()
    translated_next = tmp_path / "locales" / "de" / "lessons" / "L91_next" / "lesson.ipynb"
    translated_next.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), translated_next)
    assert links()[1] == "../L91_next/lesson.ipynb"


def test_an_unknown_language_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'klingonisch' is not a language"):
        update_catalogue(folder, "klingonisch", tmp_path)


def test_the_same_bundle_grades_a_translated_exercise(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUET_CACHE", str(tmp_path / "cache"))
    bundle = bundle_of(folder)
    exercise = grading.exercise_notebook(bundle)
    nbformat.write(exercise, folder / "exercise.ipynb")
    path = update_catalogue(folder, "de", tmp_path)
    catalogue = read_catalogue(path, "de")
    for text, _, _ in messages(exercise):
        message = catalogue.get(text)
        assert message is not None, text
        message.string = pseudo(text)
    with path.open("wb") as file:
        write_po(file, catalogue)
    (target,) = build_translation(folder, "de", tmp_path)
    german: NotebookNode = nbformat.read(target, as_version=4)
    assert "⟦Write `twice(x)`.⟧" in target.read_text()
    with grading.Grader(bundle) as grader:
        report = grader.grade(grading.fill(german, {"1": "return x + x"}))
    assert (report.points, report.possible) == (2, 2)
