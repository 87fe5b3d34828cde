"""What a check submits is measured in a process that never ran the answer, on inputs that it never saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import NotebookNode

from graph_duet.grading import Bundle, Grader, exercise_notebook, fill, release, solved
from graph_duet.grading.exercise.format import read_exercise
from graph_duet.grading.exercise.measuring_rule import demand_measured_apart, measured_beside_the_answer
from graph_duet.grading.grader import seeds_for
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.conftest import LIGHT
from tests.graph_duet.grading.masters import code, write_master
from tests.graph_duet.grading.same_seeds import SameSeeds

pytestmark = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")

BUILD = """def build(a):
    # >>> your code, about 2 lines
    node = helper.make_node("Mul", ["x", "a"], ["y"])
    return model([node], a)
    # <<<"""
GIVEN = """import numpy as np
from onnx import TensorProto, helper, numpy_helper
from graph_duet import received, show, submit

def model(nodes, a):
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [None]) for n in "xy")
    constant = numpy_helper.from_array(np.float32([a]), "a")
    return helper.make_model(helper.make_graph(nodes, "g", [x], [y], [constant]))"""
MEASURE = """model = received("model")
show(model(np.random.default_rng(seed).normal(size=5).astype("float32")))
print(model.counts())"""


def measured_master() -> NotebookNode:
    cells = [
        code("imports", GIVEN),
        code("seed", "seed = 7", kind="seed"),
        code("build", BUILD, kind="answer", task="1"),
        code(
            "check",
            'submit("model", build(seed % 9 + 2.5))',
            kind="check",
            task="1",
            points=2,
            expects="a * x",
        ),
        code("measure", MEASURE, kind="measure", task="1"),
        code("check-2", 'submit("model", build(seed % 7 + 2.5))', kind="hidden", task="1", points=1),
        code("measure-2", MEASURE, kind="measure", task="1"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.duet = {"exercise": "T02", "title": "Measured", "deadline": 60, "cell_seconds": 10}
    return notebook


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return release(write_master(tmp_path_factory.mktemp("measured"), measured_master())).bundle


@pytest.fixture(scope="module")
def grader(bundle: Bundle) -> Grader:
    return SameSeeds(bundle, 1, replace(LIGHT, preload=None))  # with what the exercise imports


@pytest.mark.parametrize(
    ("answer", "points", "faults"),
    [
        ('return model([helper.make_node("Mul", ["a", "x"], ["y"])], a)', 3, ["", ""]),
        # Right for what was asked in its process, and no program of x.
        ('return model([helper.make_node("Identity", ["a"], ["y"])], a)', 0, ["wrong", "wrong"]),
        # Right values in too many operations.
        (
            'n = [helper.make_node("Neg", ["x"], ["h"]), helper.make_node("Neg", ["h"], ["i"])]\n'
            'return model([*n, helper.make_node("Mul", ["i", "a"], ["y"])], a)',
            0,
            ["wrong", "wrong"],
        ),
        ("return None", 0, ["error", "error"]),
        ("return open", 0, ["error", "error"]),
        # What would count and compare is replaced where the answer runs, which is not where it is measured.
        (
            'global show, received\nshow = received = lambda *a: print("right")\n'
            'return model([helper.make_node("Neg", ["x"], ["y"])], a)',
            0,
            ["wrong", "wrong"],
        ),
        # An artifact written by hand is judged as any other.
        (
            "from IPython.display import display\n"
            'display({"application/vnd.graph-duet.artifact": "not JSON", "text/plain": ""}, raw=True)\n'
            'return model([helper.make_node("Mul", ["a", "x"], ["y"])], a)',
            3,
            ["", ""],
        ),
        (
            'import graph_duet.grading.artifacts.transfer as t\nt.encoded = lambda *a, **k: {"kind": "pickle"}\n'
            "return 1",
            0,
            ["error", "error"],
        ),
    ],
)
def test_a_model_is_judged_by_what_it_computes(
    bundle: Bundle, grader: Grader, answer: str, points: float, faults: list[str]
) -> None:
    report = grader.grade(fill(exercise_notebook(bundle), {"1": answer}))
    assert ([c.fault for c in report.checks], report.points) == (faults, points), report.checks


def test_the_learners_notebook_has_the_measured_values_and_no_artifact(bundle: Bundle) -> None:
    cells = {cell.id: cell for cell in exercise_notebook(bundle).cells}
    assert set(cells) == {"imports", "seed", "build", "check", "measure"}
    assert not cells["check"].outputs
    assert "{'Mul': 1}" in cells["measure"].outputs[0].text


def test_what_measures_draws_from_a_seed_that_answers_do_not_know(bundle: Bundle) -> None:
    seeds = seeds_for(1, {"build": "x"})
    assert seeds.answers != seeds.measuring
    assert seeds != seeds_for(1, {"build": "y"})
    assert seeds == seeds_for(1, {"build": "x"})


def test_a_measure_cell_belongs_to_the_check_above_it(tmp_path: Path) -> None:
    notebook = measured_master()
    notebook.cells.append(code("stray", "print(1)", kind="measure", task="1"))
    with pytest.raises(ValueError, match="the measure cell stray does not follow a check"):
        release(write_master(tmp_path, notebook))


def test_the_same_cells_run_by_hand(bundle: Bundle) -> None:
    shell = InteractiveShell()
    with capture_output() as said:
        for cell in solved(bundle).cells:
            shell.run_cell(cell.source).raise_error()
    assert "{'Mul': 1}" in said.stdout


@pytest.mark.parametrize(
    "source",
    [
        "print(len(f.get_operations()))",
        "print(make_fx(f)(1))",
        "print(x._version)",
        "print('a leaf:', x.is_leaf)",
        "print('the same:', f(x) is x)",
        "show(x is not f(x))",
    ],
)
def test_a_check_that_measures_beside_the_answer_has_to_say_so(tmp_path: Path, source: str) -> None:
    notebook = measured_master()
    notebook.cells.append(code("beside", source, kind="check", task="1", points=1))
    with pytest.raises(UserError, match="check cell beside measures"):
        release(write_master(tmp_path, notebook))
    notebook.cells[-1].metadata.duet.fresh = True
    exercise = read_exercise(notebook)
    demand_measured_apart(exercise, notebook)
    assert [check.cell for check in measured_beside_the_answer(exercise, notebook)] == ["beside"]


def test_a_value_that_is_none_and_a_setting_are_not_measured() -> None:
    notebook = measured_master()
    source = (
        "w = torch.ones(2, requires_grad=True)\nprint(w.grad is None, sum(s for p, s in parts if p is w))"
    )
    notebook.cells.append(code("values", source, kind="check", task="1", points=1))
    demand_measured_apart(read_exercise(notebook), notebook)


def test_a_kernel_that_is_measured_apart_from_its_answer_is_not_on_the_list_of_what_can_be_forged() -> None:
    notebook = measured_master()
    notebook.cells += [
        code("double", BUILD, kind="kernel", task="2"),
        code("double-check", "print(evidence_line(double))", kind="check", task="2", points=1, fresh=True),
        code("both", "print(by_kernels(build))", kind="check", task="2", points=1, fresh=True, uses=["1"]),
    ]
    assert [c.cell for c in measured_beside_the_answer(read_exercise(notebook), notebook)] == ["both"]
