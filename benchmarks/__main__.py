"""Run every benchmark, each in a process of its own, and write one report with its charts.

    python -m benchmarks [NAME ...] [--out benchmarks/results]

A benchmark is a file here that prints Markdown when it is run. One that fails is named in the report, and the
exit status is 1; the others still run.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
SHARED = {"__init__", "__main__", "measure"}
SHOWN = ("torch", "tensorflow-cpu", "numba", "numba-cuda", "numpy")


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in SHARED)


def machine() -> str:
    """What it ran on, so that a reader can tell whose seconds these are."""
    packages = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return f"{platform.machine()}, Python {platform.python_version()}, {packages}"


def run(name: str) -> tuple[bool, str]:
    print(f"running benchmarks/{name}.py", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}"],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        return (
            False,
            f"### {name}\n\nfailed with exit status {done.returncode}; what it printed:\n\n{done.stdout}",
        )
    return True, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks and write one report.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; default: all")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    options = parser.parse_args()
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    results = [run(name) for name in options.names or names()]
    report = "\n".join(["# Benchmarks", "", machine(), "", *(text for _, text in results)])
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "README.md").write_text(report)
    print(report)
    return 0 if all(ok for ok, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
