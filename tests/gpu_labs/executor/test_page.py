"""The page about the executor: each of its blocks of code is a whole file, which prints what the page says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "executor.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


def test_each_block_of_code_has_what_it_prints():
    assert len(BLOCKS) == PAGE.count("```python") > 0


@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_a_block_of_code_prints_what_the_page_says(code, printed, tmp_path, capsys):
    script = tmp_path / "block.py"
    script.write_text(code, encoding="utf-8")
    runpy.run_path(str(script))
    assert capsys.readouterr().out == printed
