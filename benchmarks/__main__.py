"""Run every benchmark, each in a process of its own, and write one table with its charts.

    python -m benchmarks [NAME ...]

A benchmark is a file here that publishes its rows (`measure.publish`) and can be run alone: `python -m
benchmarks.NAME`. The results go into `results/`; rows of benchmarks that did not run stay, and every page that quotes
a figure is updated. When a benchmark fails, its old rows stay, the reason is printed and the exit status is 1; the
others still run. A figure over its limit is written and printed, and the exit status is 1 too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.measure import OVER, ROWS_FILE, Row
from benchmarks.quote import pages, quoted
from benchmarks.report import Result, load, tables_of, write

HERE = Path(__file__).parent
RESULTS = HERE / "results"
NAMES = ("binder", "executor", "grading", "lessons", "pictures", "recording", "site", "startup")
LAYER = HERE.parent / ".venv-peers"  # tools/peers_environment.py makes it
IN_LAYER = {"recording"}  # they import their peers; the others start them, or have none
SHOWN = ("torch", "tensorflow-cpu", "numba", "numba-cuda", "numpy")
PEERS = ("torchviz", "torchview", "torchlens", "nbgrader", "nbval")


def machine() -> str:
    """The machine and the versions, so that a reader knows what the seconds mean."""
    packages = ", ".join(f"{name} {installed(name)}" for name in (*SHOWN, *PEERS))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}"


def installed(name: str) -> str:
    places = [*sys.path, *map(str, LAYER.glob("lib/python*/site-packages"))]
    return next((found.version for found in distributions(name=name, path=places)), "(not installed)")


def python(name: str) -> str:
    """The interpreter for a benchmark: the one with peers if it imports them, else this one."""
    peers = LAYER / "bin" / "python"
    return str(peers) if name in IN_LAYER and peers.exists() else sys.executable


def run(name: str) -> Result:
    """Run one benchmark. Raises RuntimeError, with the last line that it printed, when its status is not 0."""
    print(f"benchmarks/{name}.py", file=sys.stderr, flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rows, errors = Path(folder) / "rows", Path(folder) / "errors"
        environment = {**os.environ, ROWS_FILE: str(rows)}
        if LAYER.exists():
            environment.setdefault("NBGRADER_PYTHON", str(LAYER / "bin" / "python"))
        with errors.open("w") as stderr:
            command = [python(name), "-m", f"benchmarks.{name}"]
            done = subprocess.run(
                command, cwd=HERE.parent, env=environment, stdout=sys.stderr, stderr=stderr, check=False
            )
        print(f"  {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        if done.returncode:
            why = (errors.read_text().strip().splitlines() or ["nothing"])[-1]
            raise RuntimeError(f"the benchmark {name} ended with status {done.returncode}: {why}")
        published = json.loads(rows.read_text())
        return Result(machine(), published["title"], [Row(**row) for row in published["rows"]])


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks and write one report.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown benchmark: {', '.join(sorted(unknown))}; known are {', '.join(NAMES)}")
    results, failures = load(RESULTS), list[str]()
    for name in options.names or NAMES:
        try:
            results[name] = run(name)
            failures += [
                f"{row.what}: {row.ratio}" for row in results[name].rows if row.ratio.startswith(OVER)
            ]
        except RuntimeError as error:
            failures.append(str(error))
    results = {name: results[name] for name in NAMES if name in results}
    print(write(results, RESULTS))
    for page in pages():
        try:
            page.write_text(quoted(page.read_text(encoding="utf-8"), tables_of(results)), encoding="utf-8")
        except ValueError as error:
            failures.append(f"{page.relative_to(HERE.parent)}: {error}")
    for failure in failures:
        print(f"graph-duet: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
