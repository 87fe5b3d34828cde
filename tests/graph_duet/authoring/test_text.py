"""A text becomes a notebook whose cells keep their ids."""

from __future__ import annotations

from pathlib import Path

from graph_duet.authoring.cell_ids import cell_ids
from graph_duet.authoring.elsewhere import links
from graph_duet.authoring.notebooks_from_text import lesson_notebook, solved_notebook
from graph_duet.authoring.source import parse_source
from graph_duet.grading.exercise.solution_regions import emptied
from tests.graph_duet.authoring.small_course import LESSON, write_folder

PATH = Path("exercise.md")


def test_the_title_cell_is_made_from_the_front_matter(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    top = lesson_notebook(folder).cells[0]
    assert top.source == (
        f"# L90 · Counting\n*5 minutes · before: nothing · next: nothing · {links(folder / 'lesson.md')}*\n\n"
        "You will be able to\n- count;\n- count on.\n\nAbove the first heading."
    )
    exercise = solved_notebook(folder).cells[0].source
    assert exercise.startswith(
        "# L90 exercise · Count\n*5 minutes · 2 points · lesson: [Counting](lesson.ipynb) · "
    )


def test_the_title_cell_explains_the_names_that_checks_use(tmp_path: Path) -> None:
    text = solved_notebook(write_folder(tmp_path)).cells[0].source
    assert "In the cells that are given\n- `seed` sets the random numbers" in text
    assert "`show` prints" in text and "`submit`" not in text


def test_ids_come_from_task_and_name(tmp_path: Path) -> None:
    ids = [cell.id for cell in solved_notebook(write_folder(tmp_path)).cells]
    assert ids == [
        *("title", "install", "imports", "seed", "task-1", "answer-1", "check-1", "hidden-1"),
        *("hint-1a", "hint-1b"),
    ]


def test_a_cell_in_another_section_changes_no_id() -> None:
    longer = LESSON.replace("## Predict", "## Recall\nText.\n\n```{code-cell}\nprint(0)\n```\n\n## Predict")
    before, after = (cell_ids(parse_source(text, Path("lesson.md"))) for text in (LESSON, longer))
    assert [id for id in after if not id.startswith("recall")] == before


def test_learners_get_the_marker_and_a_reminder_in_place_of_a_solution(tmp_path: Path) -> None:
    answer = next(cell for cell in solved_notebook(write_folder(tmp_path)).cells if cell.id == "answer-1")
    assert emptied(answer.source, "1") == (
        'def twice(x):\n    # >>> your code, about 1 line\n    raise NotImplementedError("task 1")\n    # <<<'
    )


def test_a_hint_is_folded_and_numbered(tmp_path: Path) -> None:
    hints = [cell for cell in solved_notebook(write_folder(tmp_path)).cells if cell.id.startswith("hint")]
    assert hints[1].source == "<details><summary>Hint 2</summary>\n\n`2 * x`\n\n</details>"
    assert hints[1].metadata.duet == {"kind": "hint", "task": "1"}
