"""The built JupyterLab extension that the package ships is what its sources give."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES, BUILT = ROOT / "labextension", ROOT / "graph_duet" / "lab" / "extension"


def content() -> dict[str, bytes]:
    """Every built file but the entry, into which webpack writes hashes of the folder's path; its name is left out."""
    entry = re.compile(rb"remoteEntry\.[0-9a-f]+\.js")
    files = {p.relative_to(BUILT).as_posix(): p for p in BUILT.rglob("*") if p.is_file()}
    return {
        name: entry.sub(b"remoteEntry.js", path.read_bytes())
        for name, path in files.items()
        if not path.name.startswith("remoteEntry.")
    }


def test_the_built_extension_is_what_its_sources_give(tmp_path: Path) -> None:
    if not (SOURCES / "node_modules").is_dir() or shutil.which("npm") is None:
        pytest.skip("to build it: `cd labextension && npm ci`")
    before = content()
    shutil.copytree(BUILT, tmp_path / "kept")
    try:
        environment = {**os.environ, "DUET_PYTHON": sys.executable}
        subprocess.run(
            ["npm", "run", "--silent", "build"], cwd=SOURCES, env=environment, check=True, timeout=300
        )
        after = content()
    finally:
        shutil.rmtree(BUILT)
        shutil.copytree(tmp_path / "kept", BUILT)
    assert sorted(before) == sorted(after), "run `npm run build` in labextension/ and commit what it writes"
    assert before == after
