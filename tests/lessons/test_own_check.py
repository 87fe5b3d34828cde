"""The check that a learner runs, on the solutions: every visible point is there to be had, predictions too."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from graph_duet.grading import self_check
from tests.lessons.course import DRAWN_EXERCISES, name, solved_with_saved_outputs


@pytest.mark.parametrize("folder", DRAWN_EXERCISES, ids=name)
def test_the_solution_has_all_points_in_the_learner_s_own_check(folder: Path, tmp_path: Path) -> None:
    nbformat.write(solved_with_saved_outputs(folder), tmp_path / "exercise.ipynb")
    checks = self_check.check(str(tmp_path / "exercise.ipynb"), forked=True).report.checks
    assert [(check.cell, check.message) for check in checks if check.points < check.possible] == []
