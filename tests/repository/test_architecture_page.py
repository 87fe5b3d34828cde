"""Every file and function that docs/architecture.md points to exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def named_files(text: str) -> set[str]:
    """The files in code type, but for patterns such as `widgets/*.py`."""
    return set(re.findall(r"`([\w./-]+\.(?:py|js|json|md|toml))`", text))


def test_every_file_that_the_page_names_exists() -> None:
    files = [f"/{file}" for file in tracked()]
    named = named_files(PAGE)
    assert "recording.py" in {Path(name).name for name in named}
    assert {name for name in named if not any(file.endswith(f"/{name}") for file in files)} == set()


def test_every_function_that_the_page_finds_in_a_file_is_defined_there() -> None:
    pointers = re.findall(r"`(\w+)` in `([\w/]+\.py)`", PAGE)
    assert ("op_line", "graphviz_tools/sources/tensorflow/op_line.py") in pointers
    for function, file in pointers:
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {function}"
