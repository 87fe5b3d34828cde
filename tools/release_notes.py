"""Print the changelog's section on one version; fail when it is not the package's version.

python tools/release_notes.py 0.2.0
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def release_notes(changelog: str, version: str) -> str:
    """The text below the heading `## VERSION` (a date may follow it). Raises ValueError when it is missing."""
    found = re.search(
        rf"^## {re.escape(version)}\b[^\n]*\n(.+?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if not found or not found[1].strip():
        raise ValueError(f"CHANGELOG.md says nothing below a heading '## {version}'")
    return found[1].strip()


def main() -> int:
    version = sys.argv[1]
    own = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        if own != version:
            raise ValueError(f"the tag says {version} and pyproject.toml {own}")
        print(release_notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version))
    except ValueError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
