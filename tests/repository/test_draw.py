"""Each run draws what it tries; the same seed draws the same, and over the runs everything has its turn."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import draw

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests import draw
def pytest_collection_modifyitems(items):
    out = draw.left_out(items)
    items[:] = [item for item in items if item not in out]
"""
TESTS = """
import pytest
@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [0, 1])
@pytest.mark.parametrize("path", "abc")
def test_look(path, dark): pass
@pytest.mark.drawn("name", number=2)
@pytest.mark.parametrize("name", range(5))
def test_page(name): pass
def test_other(): pass
"""


def test_a_seed_draws_the_same_again_and_every_value_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    for seed in range(50):
        monkeypatch.setenv(draw.SEED, str(seed))
        chosen = draw.drawn("abcdef", 2, "letters")
        assert chosen == draw.drawn("abcdef", 2, "letters") == sorted(set(chosen)) and len(chosen) == 2
        seen.update(chosen)
    assert seen == set("abcdef")
    monkeypatch.setenv(draw.SEED, "all")
    assert draw.drawn("abcdef", 2, "letters") == list("abcdef")


@pytest.mark.parametrize(("seed", "looks", "pages"), [("7", 3, 2), ("all", 6, 5)])
def test_one_value_stays_for_each_choice_of_the_other_parameters(tmp_path, seed, looks, pages) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(TESTS)
    environment = {**os.environ, draw.SEED: seed, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--collect-only",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    names = [line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line]
    assert sum(name.startswith("test_look") for name in names) == looks, done.stdout
    assert len({name[:12] for name in names if name.startswith("test_look")}) == 3, "each path has its turn"
    assert sum(name.startswith("test_page") for name in names) == pages
    assert "test_other" in names
