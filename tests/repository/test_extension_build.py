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
SHARED = Path("graphviz_tools/drawing/appearance.json")  # the sources read it too


def content(built: Path) -> dict[str, bytes]:
    """Every built file but the entry, into which webpack writes hashes of the folder's path; its name is left out."""
    entry = re.compile(rb"remoteEntry\.[0-9a-f]+\.js")
    files = {p.relative_to(built).as_posix(): p for p in built.rglob("*") if p.is_file()}
    return {
        name: entry.sub(b"remoteEntry.js", path.read_bytes())
        for name, path in files.items()
        if not path.name.startswith("remoteEntry.")
    }


def linked(source: str, target: str) -> None:
    """A file's second name, which takes no room; a copy where the folders lie on two disks."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def test_the_built_extension_is_what_its_sources_give(tmp_path: Path) -> None:
    """Built in another folder, so that a test never changes what a running server serves."""
    if not (SOURCES / "node_modules").is_dir() or shutil.which("npm") is None:
        pytest.skip("to build it: `cd labextension && npm ci`")
    elsewhere = tmp_path / "labextension"
    shutil.copytree(SOURCES, elsewhere, ignore=shutil.ignore_patterns("node_modules", "lib", "*.tsbuildinfo"))
    shutil.copytree(SOURCES / "node_modules", elsewhere / "node_modules", symlinks=True, copy_function=linked)
    (tmp_path / SHARED).parent.mkdir(parents=True)
    shutil.copy2(ROOT / SHARED, tmp_path / SHARED)
    environment = {**os.environ, "DUET_PYTHON": sys.executable}
    subprocess.run(
        ["npm", "run", "--silent", "build"], cwd=elsewhere, env=environment, check=True, timeout=300
    )
    before, after = content(BUILT), content(tmp_path / "graph_duet" / "lab" / "extension")
    assert sorted(before) == sorted(after), "run `npm run build` in labextension/ and commit what it writes"
    assert before == after
