"""A text that lacks a part gets the line where it stands and one sentence, though it can be built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph_duet.authoring.sample_lesson import TEXTS, folder_of, line_of, problems


@pytest.mark.parametrize(
    ("name", "old", "new", "at", "sentence"),
    [
        (
            "lesson.md",
            "lesson: L90",
            "lesson: L91",
            "lesson:",
            "is L90, as the folder L90_sample says, not L91",
        ),
        ("lesson.md", "## Recall\n", "## Recall\na\n\n## Recall\n", "## Recall\nTwo", "a second `## Recall`"),
        ("lesson.md", "Now the", "![p](p.png) Now the", "![p]", "the link to p.png leads nowhere"),
        ("lesson.md", "Now the", '<img src="p.png"> Now the', "<img", "the link to p.png leads nowhere"),
        (
            "lesson.md",
            "Now the",
            "[a](#nowhere) Now the",
            "[a]",
            "the link to #nowhere names no heading there",
        ),
        ("lesson.md", "Now the", "[a](exercise.ipynb#no) Now the", "[a]", "names no heading there"),
        ("lesson.md", "Now the", "[a](an exercise.md) Now the", "[a]", "has a space in it"),
        ("lesson.md", "Now the", "[a][b] Now the", "[a]", "the link [b] is not defined"),
        ("lesson.md", "Now the", "[a] (../x.md) Now the", "[a]", "a link is written [words](address)"),
        (
            "lesson.md",
            "One question.",
            "One question.\n[a](../x.md",
            "[a]",
            "a link is written [words](address)",
        ),
        (
            "lesson.md",
            "](exercise.ipynb)",
            "](exercise.md)",
            "](exercise.md)",
            "link to the notebook, exercise.ipynb",
        ),
        ("lesson.md", "## Recall", "### Recall", "### Recall", "write this heading as `## Recall`"),
        ("lesson.md", "## Recall", "##Recall", "##Recall", "write this heading as `## Recall`"),
        ("lesson.md", "## Why care", "## Why Care", "## Why Care", "write this heading as `## Why care`"),
        ("lesson.md", "## By hand", "## By hands", "## By hands", "write this heading as `## By hand`"),
        (
            "answers.py",
            "ANSWERS = Answers(",
            "exit()\nANSWERS = Answers(",
            "exit()",
            "this raised SystemExit",
        ),
        ("answers.py", "wrong={", "wrong=None,\n    instant={", "wrong=None", "`wrong` is written {"),
        (
            "answers.py",
            '"gradient = 2 * 3"',
            '"gradient = = 6"',
            '"gradient = = 6"',
            "task 1: this answer is not valid",
        ),
        ("lesson.md", "README.md)", "READ.md)", "before:", "the link to ../READ.md leads nowhere"),
        (
            "lesson.md",
            "A learner who",
            "A [leaf](../glossary.md#leafs) who",
            "A [leaf]",
            "has no entry #leafs",
        ),
        (
            "exercise.md",
            "## Task 2 ·",
            "## Task 1 ·",
            "## Task 1 · Write",
            "has a heading already, on line 25",
        ),
        (
            "exercise.md",
            "{hint}\nThe derivative of x · x is 2 · x.",
            "{hint}\n",
            "\n:::\n\n## Task 2",
            "this hint is empty",
        ),
        (
            "answers.py",
            "ANSWERS = Answers(",
            "ANSWERS = = Answers(",
            "ANSWERS",
            "not valid Python: invalid syntax",
        ),
        (
            "answers.py",
            "ANSWERS = Answers(",
            "1 / 0\nANSWERS = Answers(",
            "1 / 0",
            "this raised ZeroDivisionError",
        ),
        ("answers.py", "ANSWERS =", "ANSWER =", '"""', "the file defines no ANSWERS"),
        (
            "answers.py",
            '        "3": "return',
            '        "4": "return',
            '"4"',
            "`right` answers task '4'; the exercise has",
        ),
        (
            "answers.py",
            '        "3": [',
            '        "33": [',
            '"33"',
            "`wrong` answers task '33'; the exercise has",
        ),
        (
            "answers.py",
            '"error"),',
            '"eror"),',
            '"no leaf"',
            "unknown fault 'eror'; the faults are empty, wrong",
        ),
        (
            "answers.py",
            '"gradient = 2 * 3"',
            '["gradient = 6", "x"]',
            '"1"',
            "one text for each of its solution",
        ),
        ("answers.py", '"gradient = 2 * 3"', "6", '"1"', "an answer is a text, or a list of texts, not 6"),
        (
            "answers.py",
            'Wrong("forgets the 2", "gradient = 3")',
            '"gradient = 3"',
            '"gradient = 3"',
            "write Wrong(",
        ),
        (
            "answers.py",
            ', "gradient = 3")',
            ', "gradient = 3", most="no")',
            '"forgets',
            "`most` is a number of points",
        ),
        ("answers.py", '            Wrong("forgets the 2", "gradient = 3"),\n', "", "wrong={", "at least 3"),
    ],
)
def test_a_text_that_lacks_something_says_where_and_what(
    tmp_path: Path, name: str, old: str, new: str, at: str, sentence: str
) -> None:
    assert old in TEXTS[name]
    text = TEXTS[name].replace(old, new, 1)
    found = [each for each in problems(folder_of(tmp_path, name, text)) if sentence in each]
    assert found and "\n" not in found[0]
    assert found[0].startswith(f"{name}:{line_of(text, at)}: "), found
