"""For a right value in the wrong form, the report says what is wrong with the form."""

from __future__ import annotations

import pytest

from graph_duet.grading.judging.difference import why

RIGHT = "float64[2] [1.0, 2.5]\ncalls: 7"


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (f"debug 1\n{RIGHT}", "what was expected is there, and more: take the answer's own print calls out"),
        (
            "float64[2] [1.0001, 2.5]\nx\ncalls: 7",
            "what was expected is there, and more: take the answer's own print calls out",
        ),
        (RIGHT.replace("64", "32"), "float64[2] was expected, and float32[2] came"),
        ("float64[2, 1] [[1.0], [2.5]]\ncalls: 7", "float64[2] was expected, and float64[2, 1] came"),
        ("[1.0, 2.5]\ncalls: 7", "float64[2] was expected, and no such array came"),
        (RIGHT.replace("2.5", "3.5"), ""),
        (RIGHT.replace("7", "8"), ""),
        ("calls: 7\nfloat64[2] [1.0, 2.5]", ""),
        ("", "float64[2] was expected, and no such array came"),
    ],
)
def test_the_form_is_named_and_never_the_value(got: str, said: str) -> None:
    assert why(got, RIGHT, 2e-4) == said


@pytest.mark.parametrize(
    ("got", "said"),
    [
        ("1 element: right 2.5\n5 elements: out-of-bounds nan", "5 elements: out-of-bounds"),
        ("1 element: nothing is written in the hole yet", "1 element: nothing is written in the hole yet"),
        ("1 element: right 2.6\n5 elements: right 3.5", ""),
        ("1 element: 2.5", ""),
        ("", ""),
    ],
)
def test_the_first_launch_that_is_not_right_is_named_with_its_reason(got: str, said: str) -> None:
    assert why(got, "1 element: right 2.5\n5 elements: right 3.5", 2e-4) == said


def test_a_flood_of_lines_is_read_once() -> None:
    assert why("y\n" * 200_000, "x\n" * 1000 + "z", 2e-4) == ""
