"""What a watch cell prints: nothing before the whole prediction is written, then both, entry by entry."""

from __future__ import annotations

import pytest

from graph_duet import compare

SEEN = {"Mul": 2, "AddV2": 1}


def test_nothing_that_was_seen_is_printed_while_an_entry_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    compare({"Mul": 1, "AddV2": None}, SEEN)
    assert capsys.readouterr().out == "Write your prediction first; still open: AddV2.\n"


def test_each_prediction_stands_beside_what_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    compare({"Mul": 1, "AddV2": 1}, SEEN)
    right, wrong = reversed(capsys.readouterr().out.splitlines())
    assert right == "✓ AddV2  you said 1  it was 1"
    assert wrong == "✗ Mul    you said 1  it was 2"


def test_none_is_a_prediction_where_another_mark_means_open(capsys: pytest.CaptureFixture[str]) -> None:
    compare({"a": None, "b": "?"}, {"a": None, "b": 4}, blank="?")
    assert capsys.readouterr().out == "Write your prediction first; still open: b.\n"
    compare({"a": None, "b": 5}, {"a": None, "b": 4}, blank="?")
    assert "✓ a  you said None  it was None" in capsys.readouterr().out


def test_an_entry_that_the_prediction_lacks_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    compare({"Mul": 2}, SEEN)
    assert "still open: AddV2" in capsys.readouterr().out
