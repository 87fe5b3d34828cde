"""Every wrong thing that an author can type gets the line where it stands and one sentence, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from graph_duet.authoring.notebooks_from_text import lesson_notebook, solved_notebook
from graph_duet.authoring.source_error import SourceError
from tests.graph_duet.authoring.sample_lesson import TEXTS, folder_of, line_of, problems

# What is typed in a lesson.md or exercise.md instead of what; the line of which text is named; and with what words.
# These texts cannot be built: `duet build` says the same.
UNREADABLE = [
    (
        "lesson.md",
        "```{code-cell}\ngu",
        "```{code-cell}\n:name: imports\n\ngu",
        "guess =",
        "the other is on line 22",
    ),
    ("lesson.md", "title: Sample", "title: [Sample", "minutes: 45", "not valid YAML (expected ','"),
    ("lesson.md", "title: Sample", "title: a: b", "title: a", "not valid YAML (mapping values are not"),
    ("lesson.md", 'before: "[The course]', "before: [The course]", "before:", "not valid YAML"),
    ("lesson.md", "title: Sample\n", "", "---", "the front matter needs `title:`"),
    ("lesson.md", "lesson: L90\n", "", "---", "the front matter needs `lesson:`"),
    ("lesson.md", "lesson: L90", "exercise: L90", "---", "the front matter needs `lesson:`"),
    ("lesson.md", "minutes: 45\n", "", "---", "the front matter needs `minutes:`"),
    ("lesson.md", "title: Sample", "title: [a, b]", "title:", "`title:` is a text, not ['a', 'b']"),
    ("lesson.md", "title: Sample", "title: 2024", "title:", "`title:` is a text, not 2024"),
    ("lesson.md", "minutes: 45", "minutes: long", "minutes:", "`minutes:` is a number above 0, not 'long'"),
    ("lesson.md", "minutes: 45", "minutes: yes", "minutes:", "`minutes:` is a number above 0, not True"),
    ("lesson.md", "- say what", "- say: what", "aims:", "`aims:` line 1 of the list is a text, not {'say'"),
    (
        "lesson.md",
        "- say what a learner can do after this lesson;",
        "-",
        "aims:",
        "line 1 of the list is empty",
    ),
    ("lesson.md", "aims:\n- say what", "aims: say\n#", "- say it", "not valid YAML"),
    (
        "lesson.md",
        "minutes: 45",
        "minutes: 45\nminuets: 5",
        "minuets",
        "no `minuets:`; did you mean `minutes:`?",
    ),
    (
        "lesson.md",
        "minutes: 45",
        "minutes: 45\nminutes: 5",
        "minutes: 5",
        "is here twice (first on line 4)",
    ),
    ("lesson.md", "or repair.\n---", "or repair.", "---", "the front matter is not closed"),
    ("lesson.md", "---\nlesson", "lesson", "lesson", "the file begins with front matter"),
    ("lesson.md", ":name: imports", ":nmae: imports", ":nmae", "has no `nmae:`; did you mean `name:`?"),
    ("lesson.md", ":name: imports", ":kind: check", ":kind", "has no `kind:`; it may have name, tags"),
    ("lesson.md", ":name: imports", ":name: [a]", ":name", "`name:` is a text, not ['a']"),
    ("lesson.md", ":name: imports", ":name imports", ":name", "an option is written `:name: value`"),
    ("lesson.md", ":name: imports", ":tags: hide", ":tags", "`tags:` is a list"),
    ("lesson.md", '"believer: 6.0"', "believer: 6.0", ":predicted:", "not valid YAML"),
    (
        "lesson.md",
        "guess = 3.0\n```",
        "guess = 3.0\n",
        "```{code-cell}\nguess",
        "this block is not closed: write ```",
    ),
    ("lesson.md", "## Recall\n", "## Recall\n```python\n1\n", "```python", "this block is not closed"),
    (
        "lesson.md",
        "```{code-cell}\nguess",
        "```{code-cel}\nguess",
        "```{code-cel}\n",
        "unknown block {code-cel}",
    ),
    (
        "lesson.md",
        "```{code-cell}\nguess",
        "```{code-cell} R\nguess",
        "```{code-cell} R",
        "in Python, not 'R'",
    ),
    ("lesson.md", "```{code-cell}\nguess", "  ```{code-cell}\nguess", "  ```{code", "at the left margin"),
    ("lesson.md", "One question.", ":::{note}\na\n:::\n\nOne question.", ":::{note}", "unknown box '{note}'"),
    ("lesson.md", "One question.", '+++ {"nmae": "a"}\n\nOne question.', "+++", "has no `nmae:`"),
    ("lesson.md", "One question.", '+++ {"name": \n\nOne question.', "+++", "could not be read"),
    ("lesson.md", "```{code-cell}\ngu", "```{code-cell}\n:name: title\ngu", "guess =", "the id 'title'"),
    ("lesson.md", "aims:\n- say", "aims:\n\t- say", "\t- say", "this line has a tab: write spaces"),
    (
        "lesson.md",
        "## Recall",
        "## Recall\0",
        "## Recall",
        "a character that no editor shows ('\\x00'): delete it",
    ),
    (
        "lesson.md",
        "```{code-cell}\ngu",
        "``{code-cell}\ngu",
        "``{code-cell}\ngu",
        "a cell opens with ```{code-cell}",
    ),
    (
        "lesson.md",
        "```{code-cell}\ngu",
        "```code-cell\ngu",
        "```code-cell",
        "a cell opens with ```{code-cell}",
    ),
    (
        "lesson.md",
        "```{code-cell}\ngu",
        "``` {code-cell}\ngu",
        "``` {code",
        "a cell opens with ```{code-cell}",
    ),
    (
        "exercise.md",
        ":::{hint}\nThe d",
        "::{hint}\nThe d",
        "::{hint}\nThe d",
        "a box opens with three colons",
    ),
    ("exercise.md", ":points: 1", ":points: -1", ":points: -1", "`points:` is a number above 0, not -1"),
    ("exercise.md", ":kind: hidden", "kind: hidden", "kind: hidden", "options go at the top of a cell"),
    (
        "exercise.md",
        ":kind: hidden",
        " :kind: hidden",
        " :kind: hidden",
        "options go at the top of a cell",
    ),
    ("exercise.md", "print(gradient)", "print(1)\n:fresh: true", ":fresh: true", "options go at the top"),
    (
        "lesson.md",
        ":name: imports",
        ":name: impörts",
        "import graph",
        "use letters, digits, - and _, at most 64",
    ),
    ("exercise.md", "deadline: 60", "deadline: soon", "deadline:", "`deadline:` is a number above 0"),
    ("exercise.md", ":kind: hidden", ":kind: secret", ":kind: secret", "'secret' is not one of given, seed"),
    ("exercise.md", ":points: 1", ":points: one", ":points:", "`points:` is a number above 0, not 'one'"),
    ("exercise.md", ":points: 1", ":points: .inf", ":points:", "`points:` is a number above 0, not inf"),
    ("exercise.md", ":points: 1\n", "", "print(gradient)", '"points" is a number above 0, not None'),
    ("exercise.md", ":expects:", ":expcts:", ":expcts", "did you mean `expects:`?"),
    ("exercise.md", ":title: a prediction", ":expects: a", "### BEGIN", "kind answer has no `expects`"),
    ("exercise.md", ":sealed: true", ":sealed: maybe", ":sealed:", "`sealed:` is true or false"),
    ("exercise.md", ":sealed: true", ":uses: 1", ":uses:", "`uses:` is a list of tasks"),
    ("exercise.md", ":sealed: true", ":uses: [7]", "print(gradient)", "no task '7'; it has 1, 2, 3"),
    ("exercise.md", ":sealed: true", ":tolerance: -1", ":tolerance:", "`tolerance:` is a number above 0"),
    ("exercise.md", ":title: slope", ":task: 9\n:title: slope", "def slope", "task 9 needs at least one"),
    (
        "exercise.md",
        ":::{hint}\nThe d",
        "## More\n\n:::{hint}\nThe d",
        "The derivative",
        "this hint belongs below",
    ),
    (
        "exercise.md",
        "2 · x.\n:::",
        "2 · x.",
        ":::{hint}\nThe d",
        "this hint is not closed: write ::: on a line of its own before line 54",
    ),
    (
        "exercise.md",
        "2 · x.\n:::",
        "2 · x.\n:::{hint}\na\n:::\n:::",
        ":::{hint}\nThe d",
        "this hint is not closed",
    ),
    ("exercise.md", "2 · x.\n:::", "2 · x.\n:::\n\n::::", "::::", "::: closes nothing here"),
    ("exercise.md", "in `.grad` already.\n:::", "", ":::{hint}\n`backward()`", "this hint is not closed"),
    ("exercise.md", "    ### END SOLUTION\n", "", "    ### BEGIN SOLUTION your", "this region is not closed"),
    (
        "exercise.md",
        "    ### BEGIN SOLUTION your code, about 3 lines\n",
        "",
        "    ### END",
        "without a BEGIN",
    ),
    (
        "exercise.md",
        "    f(x).backward",
        "    ### BEGIN SOLUTION\n    f(x).backward",
        "    ### BEGIN SOLUTION\n",
        "inside",
    ),
    (
        "exercise.md",
        "### BEGIN SOLUTION your pred",
        "## begin solution",
        "## begin",
        "write this line as `### BEGIN",
    ),
    (
        "exercise.md",
        "print(gradient)",
        "### BEGIN SOLUTION\n### END SOLUTION",
        "### BEGIN SOLUTION\n",
        "of :kind: answer",
    ),
    ("exercise.md", "gradient = 6\n", "", "### BEGIN", "this region holds no solution"),
    ("exercise.md", "seed = 7", "seed = None", "seed = None", "exactly one line like 'seed = 7'"),
    ("exercise.md", ":kind: seed\n", "", "---", 'exactly one cell of kind "seed"; this one has 0'),
]


@pytest.mark.parametrize(("name", "old", "new", "at", "sentence"), UNREADABLE)
def test_a_text_that_cannot_be_built_says_where_and_why(
    tmp_path: Path, name: str, old: str, new: str, at: str, sentence: str
) -> None:
    right = TEXTS[name].replace("minutes: 25", "minutes: 25\ndeadline: 60")
    assert old in right
    text = right.replace(old, new, 1)
    folder = folder_of(tmp_path, name, text)
    said = next(each for each in problems(folder) if each.startswith(name))
    assert said.startswith(f"{name}:{line_of(text, at)}: ") and sentence in said and "\n" not in said, said
    with pytest.raises(SourceError) as caught:
        (lesson_notebook if name == "lesson.md" else solved_notebook)(folder)
    assert str(caught.value) == f"{folder}/{said}"


def test_bytes_that_are_not_utf_8_have_a_line(tmp_path: Path) -> None:
    latin = TEXTS["lesson.md"].replace("minutes: 45", "minutes: 45\n# é").encode("latin1", "replace")
    assert problems(folder_of(tmp_path, "lesson.md", latin))[0] == (
        "lesson.md:5: not UTF-8 text: save the file as UTF-8"
    )


@pytest.mark.parametrize("text", ["", "\n", "---\n---\n", "---\n"])
def test_a_file_with_nothing_in_it_is_named(tmp_path: Path, text: str) -> None:
    (said,) = [each for each in problems(folder_of(tmp_path, "exercise.md", text)) if "exercise.md" in each]
    assert said.startswith("exercise.md:1: the f")


@pytest.mark.parametrize("front", ["- a\n- b", "a text"])
def test_front_matter_is_written_in_fields(tmp_path: Path, front: str) -> None:
    said = problems(folder_of(tmp_path, "lesson.md", f"---\n{front}\n---\n\nText.\n"))
    assert "lesson.md:2: these lines are written `name: value`" in said


@pytest.mark.parametrize("as_saved", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_windows_way_of_saving_a_text_is_fine(tmp_path: Path, as_saved) -> None:
    folder = folder_of(tmp_path)
    before = lesson_notebook(folder)
    (folder / "lesson.md").write_bytes(as_saved(TEXTS["lesson.md"]).encode())
    assert lesson_notebook(folder) == before


def test_a_belief_is_in_what_a_reader_sees(tmp_path: Path) -> None:
    text = TEXTS["lesson.md"].replace('"believer: 6.0"', '"cows"').replace('"seen: 12.0"', '"horses"')
    folder = folder_of(tmp_path, "lesson.md", text)
    nbformat.write(lesson_notebook(folder), folder / "lesson.ipynb")
    line = line_of(text, '(x * x).backward()\nprint("believer: 6.0')
    assert (
        f"lesson.md:{line}: :predicted: 'cows' is not in the cell, its output or the text above"
        in problems(folder)
    )
    assert f"lesson.md:{line}: :seen: 'horses' is not in the output of the cell" in problems(folder)
