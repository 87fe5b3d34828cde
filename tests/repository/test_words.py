"""The words that CONTRIBUTING.md replaces do not return in code, documents or tests."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = "## One word for one thing"
# The table itself, what tools build, and lessons, whose text and notebooks change together.
LEFT_OUT = ("CONTRIBUTING.md", "widgets/bundles/", "graph_duet/lab/extension/", "lessons/")
KINDS = ("*.py", "*.md", "*.ts", "*.js", "*.mjs", "*.toml", "*.yml", "*.sh")


def old_words(page: str) -> list[str]:
    """The words in code type in the last column of the table."""
    section = page.split(f"\n{TABLE}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[-2])]


def pattern(words: list[str]) -> re.Pattern[str]:
    """Any of `words`, whole, across a line break or comment sign where there is a space."""
    gap = r"[\s#*/]+"
    return re.compile(
        r"\b(" + "|".join(gap.join(map(re.escape, word.split())) for word in words) + r")\b", re.IGNORECASE
    )


def test_the_table_is_read() -> None:
    words = old_words((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert "anew" in words and "as ever" in words


@pytest.mark.parametrize(
    ("text", "found"),
    [("start anew.", True), ("as\n    # ever", True), ("as everyone knows", False), ("renewed", False)],
)
def test_an_old_word_is_recognised(text: str, found: bool) -> None:
    assert bool(pattern(["anew", "as ever"]).search(text)) is found


def test_no_old_word_is_used() -> None:
    old = pattern(old_words((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    listed = subprocess.run(
        ["git", "ls-files", *KINDS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    used = [
        f"{file}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}"
        for file in listed
        if not file.startswith(LEFT_OUT) and file != Path(__file__).relative_to(ROOT).as_posix()
        for text in [(ROOT / file).read_text(encoding="utf-8")]
        for match in old.finditer(text)
    ]
    assert used == [], "write the word of CONTRIBUTING.md's table"
