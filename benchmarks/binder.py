"""Binder's build without Docker: the steps of `binder/` into an empty environment, then a lesson in it.

    python -m benchmarks.binder

Needs git and the network, and takes minutes. It copies the last commit, as repo2docker does.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, Timing, publish

ROOT = Path(__file__).parent.parent
LESSON = "lessons/L01_define_by_run/lesson.ipynb"
SERVED = re.compile(r"http://\S+/lab/tree/lessons/README\.md\?token=\w+")


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        image, home = Path(folder) / "image", Path(folder) / "home"
        subprocess.run([sys.executable, "-m", "venv", str(image)], check=True)
        copy_of_the_repository(home)
        variables = {**os.environ, "PATH": f"{image / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(image)}
        for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):  # Binder sets neither
            variables.pop(name, None)

        def step(*command: str) -> str:
            done = subprocess.run(
                command, cwd=home, env=variables, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(
                    f"{' '.join(command)} failed: {(done.stdout + done.stderr).strip()[-500:]}"
                )
            return done.stdout

        built, said = timed(lambda: step("binder/postBuild"))
        served, _ = timed(lambda: serve(home, variables))
        ran, _ = timed(lambda: step("binder/start", "jupyter", "execute", LESSON, "--output=ran"))
    size, left = said.strip().splitlines()[-2:]
    return [
        Row("Binder's environment", gigabytes(size), "", "", f"{size}; {left}"),
        Row(
            "binder/postBuild into an empty environment",
            str(built),
            "",
            "",
            "downloads included",
        ),
        Row("binder/start to JupyterLab's address", str(served), "", "", ""),
        Row(
            "L01 run from the top in it", str(ran), "", "", "with the start of a preloaded process of its own"
        ),
    ]


def copy_of_the_repository(target: Path) -> None:
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(target, filter="data")


def timed(work: Callable[[], Any]) -> tuple[Timing, Any]:
    start = time.perf_counter()
    result = work()
    return Timing((time.perf_counter() - start,)), result


def serve(home: Path, variables: dict[str, str]) -> None:
    """Start the server as Binder does and wait for its address. Raises RuntimeError when it ends before."""
    command = ["binder/start", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
    server = subprocess.Popen(command, cwd=home, env=variables, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        if not any(SERVED.search(line) for line in server.stderr):
            raise RuntimeError("the server ended before it printed its address")
    finally:
        server.terminate()
        server.wait()


def gigabytes(said: str) -> str:
    """The size that is left, from a line such as "environment 3.13 GB, 0.53 GB of it removed"."""
    before, removed = map(float, re.findall(r"([\d.]+) GB", said))
    return f"{before - removed:.2f} GB"


if __name__ == "__main__":
    publish("Binder, built without Docker", main())
