"""repo2docker reads `binder/` as we mean it; no Docker is needed to see that."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def steps() -> str:
    """The Dockerfile that repo2docker would build."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_the_image_has_a_supported_python(steps: str) -> None:
    assert "environment.py-3.11" in steps or "environment-2epy-2d3-2e11" in steps


def test_our_installer_runs_after_the_repository_is_copied(steps: str) -> None:
    assert steps.index("COPY --chown=0:0 src/") < steps.index("RUN ./binder/postBuild")
    assert "setup_environment.py --here" in (ROOT / "binder/postBuild").read_text()


def test_nothing_else_is_installed(steps: str) -> None:
    """A requirements file would make repo2docker resolve torch by itself, with gigabytes of CUDA packages."""
    assert "pip install --no-cache-dir -r" not in steps


def test_the_start_script_sets_what_lessons_need(steps: str, tmp_path: Path) -> None:
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in steps
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [ROOT / "binder/start", "env"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = dict(line.partition("=")[::2] for line in shown.splitlines())
    data = Path(found["JUPYTER_PATH"])
    assert (data / "kernels" / "python3" / "kernel.json").is_file()
    config = (Path(found["JUPYTER_CONFIG_PATH"]) / "jupyter_server_config.json").read_text()
    assert "/lab/tree/lessons/README.md" in config
    assert (ROOT / "lessons/README.md").is_file()


def test_the_headers_stay_that_the_lesson_on_compilers_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    unused = importlib.import_module("trim_environment").UNUSED
    header = Path(torch.__file__).parent / "include/torch/csrc/inductor/cpp_prefix.h"
    removed = {path for pattern in unused for path in header.parents[5].glob(pattern)}
    assert header.is_file() and removed
    assert not removed.intersection(header.parents)


def test_scripts_are_valid_bash() -> None:
    for name in ("postBuild", "start"):
        path = ROOT / "binder" / name
        assert os.access(path, os.X_OK), f"repo2docker runs {name}"
        subprocess.run(["bash", "-n", str(path)], check=True)
