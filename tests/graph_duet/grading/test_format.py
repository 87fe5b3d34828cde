"""An author's mistakes are one sentence each, and a learner's notebook differs from its master in the holes alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from graph_duet.grading import Bundle, differences, exercise_notebook, fill, solved
from graph_duet.grading.exercise import solution_regions
from graph_duet.grading.exercise.format import read_exercise
from graph_duet.grading.judging.cuda_source import kernels_only
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.masters import code, master


def test_a_hole_is_emptied_to_a_placeholder_with_its_indent() -> None:
    source = "def f(x):\n    # >>> your code\n    return x\n    # <<<"
    assert solution_regions.emptied(source, "1") == (
        'def f(x):\n    # >>> your code\n    raise NotImplementedError("task 1")\n    # <<<'
    )


def test_lines_marked_for_learners_are_what_they_see_and_the_solution_is_without_them() -> None:
    source = "# >>> predict\n#| n = None\nn = 3\n# <<<"
    assert solution_regions.emptied(source, "1") == "# >>> predict\nn = None\n# <<<"
    assert solution_regions.solution(source) == "# >>> predict\nn = 3\n# <<<"


@pytest.mark.parametrize("source", ["# >>> a", "# <<<", "# >>> a\n# >>> b\n# <<<"])
def test_a_marker_without_its_partner_is_refused(source: str) -> None:
    with pytest.raises(UserError, match="hole"):
        solution_regions.split(source)


def test_the_learners_notebook_differs_from_its_master_only_inside_the_holes(bundle: Bundle) -> None:
    learner = exercise_notebook(bundle)
    assert differences(master(), learner) == []
    assert "np.where" not in next(c.source for c in learner.cells if c.id == "relu")
    assert not [cell for cell in learner.cells if cell.id == "relu-hidden"]


def test_a_difference_outside_a_hole_is_named(bundle: Bundle) -> None:
    learner = exercise_notebook(bundle)
    next(c for c in learner.cells if c.id == "relu").source += "\nhelp()"
    next(c for c in learner.cells if c.id == "relu-seen").source = "show(1)"
    assert differences(master(), learner) == [
        "cell relu differs outside its holes",
        "cell relu-seen differs",
    ]


def test_a_prediction_shows_no_solution(bundle: Bundle) -> None:
    assert "mul" not in str(exercise_notebook(bundle))
    assert exercise_notebook(bundle).metadata.duet.release.sealed == ["predict-check"]


def test_filling_asks_for_as_many_texts_as_holes(bundle: Bundle) -> None:
    with pytest.raises(UserError, match="holes, and"):
        fill(exercise_notebook(bundle), {"1": ["return x", "return y"]})
    with pytest.raises(UserError, match="no task '9'"):
        fill(exercise_notebook(bundle), {"9": "x"})
    assert "return 5" in next(
        c.source for c in fill(exercise_notebook(bundle), {"1": "return 5"}).cells if c.id == "relu"
    )
    assert "np.where" in next(c.source for c in solved(bundle).cells if c.id == "relu")


def edit(id: str, **fields: object) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        next(c for c in notebook.cells if c.id == id).metadata.duet.update(fields)

    return change


MISTAKES: dict[str, Callable[[NotebookNode], None]] = {
    "exactly one cell of kind": lambda n: n.cells.append(code("seed2", "seed = 1", kind="seed")),
    "exactly one line like 'seed = 7'": lambda n: n.cells[2].update(source="seed = 7 + 1"),
    "is not one of": edit("relu", kind="answr"),
    "has no `pints`": edit("relu-seen", pints=3),
    '"points" is a number above 0': edit("relu-seen", points=0),
    '"deadline" is a number above 0': lambda n: n.metadata.duet.update(deadline="soon"),
    "has a hole": lambda n: n.cells[3].update(source="def relu(x): return x"),
    "two cells have the id": lambda n: n.cells.append(code("relu", "1")),
    "no task '9'": edit("serve-check", uses=["9"]),
    "needs at least one answer cell and one check": edit("predict-check", task="7"),
    "is not an exercise": lambda n: n.metadata.pop("duet"),
    "a cell of kind hint is Markdown": lambda n: n.cells[1].metadata.update(
        duet={"kind": "hint", "task": "1"}
    ),
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_mistake_in_a_master_is_one_sentence(sentence: str) -> None:
    notebook = master()
    MISTAKES[sentence](notebook)
    with pytest.raises(UserError, match=sentence.replace("(", r"\(")):
        read_exercise(notebook)


def test_only_kernels_and_literals_are_taken_out_of_a_kernel_cell() -> None:
    source = """import os
BLOCK = 128
EVIL = os.getcwd()

@cuda.jit(max_registers=32)
def scale(
    x: print("annotation"),
    n=print("default"),
):
    i = cuda.grid(1)
    x[i] *= 2

@cuda.jit(device=True)
@evil
def twice(x): return 2 * x

def helper(): pass
scale[1, 1](EVIL)"""
    kept = kernels_only(source)
    for line in (
        "BLOCK = 128",
        "def scale(x, n):",
        "    x[i] *= 2",
        "@cuda.jit(device=True)",
        "def twice(x): return 2 * x",
    ):
        assert line in kept.split("\n")
    for dropped in ("EVIL", "print", "evil", "helper", "import"):
        assert dropped not in kept
    assert kept.split("\n").index("    x[i] *= 2") == source.split("\n").index("    x[i] *= 2")
