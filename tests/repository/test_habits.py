"""What a repository's visitors and tools read: one version everywhere, and files that parse."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_citation_names_this_version() -> None:
    assert read("CITATION.cff")["version"] == VERSION


def test_the_changelog_begins_with_what_is_not_released_or_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = next(line for line in text.splitlines() if line.startswith("## "))
    assert newest == "## Unreleased" or newest.startswith(f"## {VERSION} ")


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda p: p.stem
)
def test_an_issue_form_has_what_github_asks_for(path: Path) -> None:
    form = read(str(path))
    assert form["name"] and form["description"]
    assert all(field["type"] and field["attributes"]["label"] for field in form["body"])
    assert len({field["id"] for field in form["body"]}) == len(form["body"])


def test_a_commit_is_checked_by_the_tools_that_ci_runs() -> None:
    local = next(repo for repo in read(".pre-commit-config.yaml")["repos"] if repo["repo"] == "local")
    assert {hook["id"] for hook in local["hooks"]} == {"ruff-check", "ruff-format", "notebooks"}
    assert all(hook["entry"].startswith(".venv/bin/") for hook in local["hooks"])


def test_ci_runs_the_readme_s_test_command_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "make test"
