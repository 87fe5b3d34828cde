"""How values and sizes are said in a few characters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphviz_tools.drawing.text import bytes_text

# The front end's tests read the same file.
SAID = json.loads((Path(__file__).parents[2] / "widgets" / "bytes.json").read_text("utf-8"))


@pytest.mark.parametrize(("count", "text"), SAID.items())
def test_bytes_are_said_in_powers_of_a_thousand_as_the_front_end_says_them(count, text):
    assert bytes_text(int(count)) == text
