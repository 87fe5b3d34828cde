"""How values and sizes are said in a few characters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphviz_tools.drawing.boxes import Box
from graphviz_tools.drawing.layout import title_text
from graphviz_tools.drawing.text import bytes_text

# The front end's tests read the same file.
SAID = json.loads((Path(__file__).parents[2] / "widgets" / "bytes.json").read_text("utf-8"))


@pytest.mark.parametrize(("count", "text"), SAID.items())
def test_bytes_are_said_in_powers_of_a_thousand_as_the_front_end_says_them(count, text):
    assert bytes_text(int(count)) == text


@pytest.mark.parametrize(
    ("title", "drawn"),
    {
        "dense/kernel": "dense/kernel",
        "sequential/simple_rnn/simple_rnn_cell/kernel": "…/simple_rnn_cell/kernel",
        "read sequential/simple_rnn/simple_rnn_cell/kernel": "read …/kernel",
        "y = (weights / total) / (count / steps)": "y = (weights / total) / (co…",
    }.items(),
)
def test_of_a_long_path_the_end_is_drawn(title, drawn):
    assert title_text(Box("n0", "parameter", "", title, 0, ())) == drawn
