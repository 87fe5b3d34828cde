"""The scripts that try other platforms and hosted notebooks: what they take for a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.graph_duet.test_wheel import load_tool

LAB = "gpu_labs/G01_guards/exercise.ipynb"
LESSON = "lessons/L01_define_by_run/lesson.ipynb"
WHOLE = "G01: Guards: 2 of 2 points\n✓ guard Guard the end\n✓ stride Walk on\n"
NONE = "none: torch has no wheels"


def found(last: str = WHOLE, errors: tuple[str, ...] = (), managed: int = 2) -> dict[str, Any]:
    return json.loads(json.dumps({"errors": errors, "widgets": 2, "managed": managed, "last": last}))


@pytest.mark.parametrize(
    ("last", "wrong"),
    [
        (WHOLE, []),
        (
            "G01: Guards: 1 of 2 points\n✓ guard Guard the end\n✗ stride Walk on\n    ✓ is not a mark here\n",
            ["%duet check: 1 of 2 points", "%duet check: ✗ stride"],
        ),
        ("G01: Guards: 2 of 2 points\n✓ guard Guard the end\n✎ why Say why\n", ["%duet check: ✎ why"]),
        ("", ["%duet check printed no points or no task"]),
    ],
    ids=["all right", "one wrong", "one that nobody has read", "nothing printed"],
)
def test_every_task_of_the_checked_lab_must_be_right(last: str, wrong: list[str]) -> None:
    hosted = load_tool("try_hosted")
    assert hosted.problems("kaggle", LAB, found(last, managed=0)) == wrong
    assert hosted.problems("kaggle", LESSON, found(last, managed=0)) == []


def test_an_error_or_a_widget_without_colab_s_manager_is_wrong() -> None:
    problems = load_tool("try_hosted").problems
    assert problems("colab", LAB, found()) == []
    assert problems("colab", LESSON, found(managed=1)) == ["1 widgets do not ask for Colab's own manager"]
    assert problems("kaggle", LESSON, found(errors=("NameError: x",), managed=0)) == ["NameError: x"]


@pytest.mark.parametrize(
    ("missing", "status"),
    [
        ({"macOS, Intel"}, 0),
        ({"macOS, Intel", "Windows, x86-64"}, 1),
        ({"Linux, Arm"}, 1),
    ],
    ids=["as documented", "Windows too", "Arm and not Intel"],
)
def test_the_status_says_whether_the_page_is_right(
    missing: set[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    platforms = load_tool("platforms")
    triples = {platforms.PLATFORMS[name] for name in missing}
    monkeypatch.setattr(platforms, "Installer", lambda python: None)
    monkeypatch.setattr(
        platforms, "resolved", lambda _, platform, python: NONE if platform in triples else "5"
    )
    assert platforms.main() == status
