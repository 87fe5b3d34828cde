"""Time and memory of every lesson, exercise and lab: its kernel, the preloaded process, and JupyterLab.

    python -m benchmarks.lessons [NOTEBOOK ...]

Memory is the peak of the sum over the running processes, pages shared by forks counted once (PSS), sampled
while the notebook runs from the top. Binder's limit is 2 GB; ours is 1.8.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil

from benchmarks.measure import Row, publish

ROOT = Path(__file__).parent.parent
SAMPLE_SECONDS = 0.2
BUDGET_MB, KERNEL_MB = 1800, 1500


@dataclass
class Peak:
    """The most memory seen while it watched, in MB."""

    everything: float = 0
    kernel: float = 0
    cpu: dict[int, float] = field(default_factory=dict)  # seconds, by process, since it was first seen


class Watch(threading.Thread):
    """Samples the memory of all children of this process, which are JupyterLab, the zygote and kernels."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = Peak()
        self.before = {
            process.pid: cpu_seconds(process) for process in psutil.Process().children(recursive=True)
        }
        self.ended = threading.Event()

    def run(self) -> None:
        from kernels.memory_guard import proportional_size

        while not self.ended.wait(SAMPLE_SECONDS):
            total = largest = 0.0
            for process in psutil.Process().children(recursive=True):
                try:
                    total += proportional_size(process)
                    largest = max(largest, process.memory_info().rss)
                    self.peak.cpu[process.pid] = cpu_seconds(process) - self.before.get(process.pid, 0.0)
                except (psutil.Error, OSError):
                    continue
            self.peak.everything = max(self.peak.everything, total / 2**20)
            self.peak.kernel = max(self.peak.kernel, largest / 2**20)


def cpu_seconds(process: psutil.Process) -> float:
    """What the process has used of a core; it does not grow because others are busy, as wall time does."""
    times = process.cpu_times()
    return times.user + times.system


def notebooks() -> list[Path]:
    found = [*ROOT.glob("lessons/L*/*.ipynb"), *ROOT.glob("gpu_labs/G*/*.ipynb")]
    return sorted(path for path in found if path.name != "exercise.ipynb")


def measure(*paths: Path) -> Row:
    """Run notebooks from the top, each in a kernel that lives until the last is done; an exercise's unsolved
    cells raise, and the rest still runs."""
    watch = Watch()
    watch.start()
    start = time.perf_counter()
    with ExitStack() as kernels:
        for path in paths:
            run(path, kernels)
        seconds = time.perf_counter() - start
    watch.ended.set()
    watch.join()
    peak = watch.peak
    fits = peak.everything < BUDGET_MB and peak.kernel < KERNEL_MB
    return Row(
        " and ".join(str(path.relative_to(ROOT)) for path in paths),
        f"{seconds:.1f} s, CPU {sum(peak.cpu.values()):.1f} s",
        "",
        f"{peak.everything:.0f} MB",
        f"kernel RSS {peak.kernel:.0f} MB{'' if fits else ', OVER BUDGET'}",
    )


def run(path: Path, kernels: ExitStack) -> None:
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client: Any = NotebookClient(
        notebook, timeout=300, startup_timeout=180, allow_errors=True, resources=resources
    )
    kernels.enter_context(client.setup_kernel())
    client.reset_execution_trackers()
    for place, cell in enumerate(notebook.cells):
        client.execute_cell(cell, place)


def main() -> int:
    from duet import server
    from kernels import start_zygote

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(server.settings(Path(folder)))
        os.environ["PYTHONPATH"] = str(ROOT)
        options = ["--no-browser", "--allow-root", "--ServerApp.port=0", f"--ServerApp.root_dir={ROOT}"]
        lab = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env={**os.environ, "DUET_NO_ZYGOTE": "1"},  # the preloaded process is this one's child, below
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            start_zygote().wait_until_ready()
            chosen = [Path(name).resolve() for name in sys.argv[1:]] or notebooks()
            rows = [measure(path) for path in chosen]
            rows.append(measure(*[path for path in chosen if path.name == "lesson.ipynb"][1:4]))
        finally:
            lab.terminate()
            lab.wait()
    publish("Lessons: memory of kernel, preloaded process and JupyterLab together", rows)
    return 1 if any("OVER" in row.note for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
