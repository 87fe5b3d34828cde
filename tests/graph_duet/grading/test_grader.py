"""One submission: what counts, how long it may take, and what happens when the grader itself fails."""

from __future__ import annotations

import copy
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from graph_duet.grading import Bundle, Grader, exercise_notebook, fill, grader, release, solved
from graph_duet.grading.exercise.notebooks import Unreadable
from graph_duet.grading.grader import seeds_for
from graph_duet.grading.judging import trial
from graph_duet.grading.judging.judge import InfrastructureFault, judge
from graph_duet.grading.judging.kernel_client import Budget
from graph_duet.notebook_kernels.sandbox import why_no_sandbox
from graphviz_tools.errors import UserError
from tests.graph_duet.grading.conftest import LIGHT
from tests.graph_duet.grading.masters import code, tiny, write_master
from tests.graph_duet.grading.same_seeds import SameSeeds

needs_sandbox = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "there is a sandbox")


@needs_sandbox
def test_an_endless_loop_ends_with_the_deadline(tiny_bundle: Bundle) -> None:
    notebook = fill(exercise_notebook(tiny_bundle), {"1": "while True: pass"})
    short = Bundle(copy.deepcopy(tiny_bundle.notebook), tiny_bundle.expected)
    short.notebook.metadata.duet.update(deadline=3, cell_seconds=60)
    assert short.exercise.deadline == 3
    made = SameSeeds(short, 1, LIGHT)
    made.expected(made.seeds({}))
    start = time.monotonic()
    report = made.grade(notebook)
    assert time.monotonic() - start < 3 + 2
    assert [check.fault for check in report.checks] == ["timeout"]


@needs_sandbox
def test_a_grader_that_fails_gives_no_mark_and_tries_again(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = SameSeeds(tiny_bundle, 1, LIGHT)
    made.expected(made.seeds({}))
    tries: list[int] = []
    honest = trial.judge

    def failing(*arguments):
        tries.append(1)
        if len(tries) < 3:
            raise InfrastructureFault("the disk is full")
        return honest(*arguments)

    monkeypatch.setattr(trial, "judge", failing)
    assert made.grade(solved(tiny_bundle)).points == 1
    tries.clear()
    monkeypatch.setattr(grader, "ATTEMPTS", 2)
    report = made.grade(solved(tiny_bundle))
    assert (report.fault, report.points) == ("infrastructure", 0)
    assert "the disk is full" in report.message


@needs_sandbox
def test_another_right_solution_has_full_marks_with_any_seed(bundle: Bundle) -> None:
    right = fill(
        exercise_notebook(bundle),
        {
            "1": "return x * (x > 0)",
            "2": "nodes = dict(mul=2, add=1)\nnodes = dict(sorted(nodes.items()))",
            "3": "y = double(x)\nreturn y + 1",
        },
    )
    for seed in (1, 2):
        report = Grader(bundle, seed, LIGHT).grade(right)
        assert report.points == 10, report.checks


def test_a_constant_made_from_the_seed_is_never_the_one_in_the_learners_notebook() -> None:
    for number in range(100):
        seeds = seeds_for(number, {"relu": "return x"}, saved=7)
        for seed in (seeds.answers, seeds.measuring):
            assert [divisor for divisor in range(3, 11) if seed % divisor == 7 % divisor] == []


@needs_sandbox
def test_magics_commands_and_a_later_redefinition_cost_nothing(bundle: Bundle) -> None:
    notebook = solved(bundle)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["relu"].source = "%matplotlib inline\n!echo hi\n" + cells["relu"].source
    cells["predict"].source += '\nrelu = "my notes on task 1"'
    report = Grader(bundle, 1, LIGHT).grade(notebook)
    assert report.points == 10, report.checks


def test_the_judge_does_not_look_at_what_lies_beside_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    scan = os.scandir

    def noting(path: str) -> Any:
        listed.append(str(path))
        return scan(path)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "scandir", noting)
    assert judge([], KernelManager, Budget.of_seconds(9)) == []
    assert any("duet-judge-" in place for place in listed)
    assert str(tmp_path) not in listed


def test_a_master_whose_check_changes_from_run_to_run_is_refused(tmp_path: Path) -> None:
    notebook = tiny()
    notebook.cells[-1].source = "import os; print(os.urandom(4).hex())"
    with pytest.raises(UserError, match="check cell twice-check prints something that changes"):
        release(write_master(tmp_path, notebook))


def test_a_master_whose_solution_fails_is_refused(tmp_path: Path) -> None:
    notebook = tiny()
    notebook.cells.insert(1, code("broken", "1 / 0"))
    with pytest.raises(UserError, match="the solution fails in a given cell: ZeroDivisionError"):
        release(write_master(tmp_path, notebook))


def test_a_bundle_that_was_changed_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    path = bundle.save(tmp_path / "exercise.bundle.json")
    assert Bundle.load(path).checksum == bundle.checksum
    path.write_text(path.read_text().replace('"points": 2', '"points": 3'))
    with pytest.raises(Unreadable, match="changed after `duet release` made it"):
        Bundle.load(path)
    with pytest.raises(UserError, match="`duet release FOLDER` makes it"):
        Bundle.load(tmp_path / "nowhere.json")


def test_a_bundle_of_an_older_release_asks_for_another_release(bundle: Bundle, tmp_path: Path) -> None:
    path = bundle.save(tmp_path / "exercise.bundle.json")
    path.write_text(path.read_text().replace('"checksum"', '"digest"'))
    with pytest.raises(
        Unreadable, match="made by an older version of `duet release`: run `duet release`"
    ) as raised:
        Bundle.load(path)
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)
