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
from dataclasses import dataclass
from pathlib import Path

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


class Watch(threading.Thread):
    """Samples the memory of all children of this process, which are JupyterLab, the zygote and kernels."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = Peak()
        self.ended = threading.Event()

    def run(self) -> None:
        from kernels.memory_guard import proportional_size

        while not self.ended.wait(SAMPLE_SECONDS):
            total = largest = 0.0
            for process in psutil.Process().children(recursive=True):
                try:
                    total += proportional_size(process)
                    largest = max(largest, process.memory_info().rss)
                except (psutil.Error, OSError):
                    continue
            self.peak.everything = max(self.peak.everything, total / 2**20)
            self.peak.kernel = max(self.peak.kernel, largest / 2**20)


def notebooks() -> list[Path]:
    found = [*ROOT.glob("lessons/L*/*.ipynb"), *ROOT.glob("gpu_labs/G*/*.ipynb")]
    return sorted(path for path in found if path.name != "master.ipynb")


def measure(path: Path) -> Row:
    """Run one notebook from the top; an exercise's unsolved cells raise, and the rest still runs."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    watch = Watch()
    watch.start()
    start = time.perf_counter()
    client = NotebookClient(
        notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    seconds = time.perf_counter() - start
    watch.ended.set()
    watch.join()
    peak = watch.peak
    fits = peak.everything < BUDGET_MB and peak.kernel < KERNEL_MB
    name = str(path.relative_to(ROOT))
    return Row(
        name,
        f"{seconds:.1f} s",
        "",
        f"{peak.everything:.0f} MB",
        f"kernel RSS {peak.kernel:.0f} MB{'' if fits else ', OVER BUDGET'}",
    )


def main() -> int:
    from duet import server

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(server.settings(Path(folder)))
        os.environ["PYTHONPATH"] = str(ROOT)
        options = ["--no-browser", "--allow-root", "--ServerApp.port=0", f"--ServerApp.root_dir={ROOT}"]
        lab = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options],
            env={**os.environ, "DUET_NO_ZYGOTE": "1"},  # the preloaded process is this one's child, below
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            time.sleep(4)
            rows = [
                measure(path) for path in ([Path(name).resolve() for name in sys.argv[1:]] or notebooks())
            ]
        finally:
            lab.terminate()
            lab.wait()
    publish("Lessons: memory of kernel, preloaded process and JupyterLab together", rows)
    return 1 if any("OVER" in row.note for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
