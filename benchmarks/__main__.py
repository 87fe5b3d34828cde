"""Run every benchmark, each in a process of its own, and write one table with its charts.

    python -m benchmarks [NAME ...] [--out benchmarks/results]

A benchmark is a file here that publishes its rows (`measure.publish`) and can be run alone: `python -m
benchmarks.NAME`. One that fails is a row that says why, and the exit status is 1; the others still run. A run
of all of them also brings the README's quotation up to date.
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

from benchmarks.chart import draw
from benchmarks.measure import ROWS_FILE, Row, markdown
from benchmarks.quote import quote

HERE = Path(__file__).parent
SHARED = {"__init__", "__main__", "chart", "executor_kernels", "measure", "quote"}
LAYER = HERE.parent / ".venv-peers"  # tools/peers_environment.py makes it
IN_LAYER = {"recording"}  # they import peers; the others start them, or have none
SHOWN = ("torch", "tensorflow-cpu", "numba", "numba-cuda", "numpy")
PEERS = ("torchviz", "torchview", "torchlens", "nbgrader", "nbval")


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in SHARED)


def machine() -> str:
    """What it ran on, so that a reader can tell whose seconds these are."""
    packages = ", ".join(f"{name} {installed(name)}" for name in (*SHOWN, *PEERS))
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {packages}."


def installed(name: str) -> str:
    places = [*sys.path, *map(str, LAYER.glob("lib/python*/site-packages"))]
    return next((found.version for found in distributions(name=name, path=places)), "(not installed)")


def python(name: str) -> str:
    """The interpreter for a benchmark: the one with the peers only where it imports them."""
    peers = LAYER / "bin" / "python"
    return str(peers) if name in IN_LAYER and peers.exists() else sys.executable


def run(name: str) -> tuple[bool, dict[str, list[Row]]]:
    """Whether a benchmark went through, and its tables: rows by title."""
    print(f"benchmarks/{name}.py", file=sys.stderr, flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rows, errors = Path(folder) / "rows", Path(folder) / "errors"
        with errors.open("w") as stderr:
            command = [python(name), "-m", f"benchmarks.{name}"]
            environment = {**os.environ, ROWS_FILE: str(rows)}
            if LAYER.exists():
                environment.setdefault("NBGRADER_PYTHON", str(LAYER / "bin" / "python"))
            done = subprocess.run(
                command, cwd=HERE.parent, env=environment, stdout=sys.stderr, stderr=stderr, check=False
            )
        tables = read(rows.read_text()) if rows.exists() else {}
        if done.returncode:
            why = (errors.read_text().strip().splitlines() or ["nothing"])[-1]
            tables[f"{name}: failed"] = [Row(name, "", "", "", f"exit status {done.returncode}: {why}")]
    print(f"  {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return not done.returncode, tables


def read(text: str) -> dict[str, list[Row]]:
    published = map(json.loads, text.splitlines())
    return {each["title"]: [Row(**row) for row in each["rows"]] for each in published}


def report(tables: dict[str, list[Row]], out: Path) -> str:
    """The report as Markdown; its charts are written beside it."""
    lines = ["# Benchmarks", "", f"`make bench` on {machine()}", ""]
    lines += [
        "Medians, with the fastest and slowest round; ours and the peer did the same work in the same run,"
    ]
    lines += [
        "except where the note says otherwise. Ratios are the figures to quote: seconds are this machine's.",
        "",
    ]
    rows = [row for title, part in tables.items() for row in (Row(f"**{title}**", "", "", ""), *part)]
    lines += [*markdown(rows), ""]
    for number, (title, part) in enumerate(tables.items(), 1):
        chart = out / f"chart{number}.svg"
        if draw(title, part, chart):
            lines += [f"![{title}]({chart.name})", ""]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks and write one report.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; default: all")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    results = [run(name) for name in options.names or names()]
    options.out.mkdir(parents=True, exist_ok=True)
    for old in options.out.glob("chart*.svg"):
        old.unlink()
    tables = {title: rows for _, part in results for title, rows in part.items()}
    text = report(tables, options.out)
    (options.out / "README.md").write_text(text, encoding="utf-8")
    if not options.names and options.out == HERE / "results":
        quote([row for rows in tables.values() for row in rows])
    print(text)
    return 0 if all(went for went, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
