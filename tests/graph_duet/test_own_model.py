"""docs/own-model.md, followed word for word."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from graphviz_tools import load

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "own-model.md").read_text(encoding="utf-8")
GPT, *CELLS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMAND = re.search(r"^ +\.venv/bin/duet (show .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("transformers")
    (tmp_path / "gpt.py").write_text(GPT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_command_writes_a_page(folder: Path) -> None:
    assert COMMAND is not None
    duet = [sys.executable, "-c", "from graph_duet.cli import main; main()", *shlex.split(COMMAND[1])]
    done = subprocess.run([*duet, "--no-browser"], capture_output=True, text=True, check=False)
    assert "Written to loss.html" in done.stdout, done.stderr
    assert (folder / "loss.html").exists()


def test_the_cells_run_one_after_the_other(folder: Path) -> None:
    shell = InteractiveShell()
    for cell in CELLS:
        shell.run_cell(cell).raise_error()
    largest = max(load(folder / "loss.json.gz").steps, key=lambda step: step.memory.alive)
    assert largest.memory.alive > 0
