"""Time and memory of every lesson, exercise and lab: its notebook kernel, the preloaded process, and JupyterLab.

    python -m benchmarks.lessons [NOTEBOOK ...]

Memory is the peak of the sum over the running processes, pages shared by forks counted once (PSS), sampled
while the notebook runs from the top. Other programs that use the same libraries make the figure smaller, because they
share pages. Binder's limit is 2 GB; ours is 1.8, and 1.5 for a notebook kernel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil

from benchmarks.measure import Row, of_limit, publish
from graph_duet.authoring.folders import course_folders
from graph_duet.authoring.notebooks_from_text import solved_notebook
from graph_duet.notebook_kernels import start_zygote
from graph_duet.notebook_kernels.memory_guard import proportional_size
from graph_duet.notebook_kernels.shared_zygote import Zygote

ROOT = Path(__file__).parent.parent
SAMPLE_SECONDS = 0.2
BUDGET_MB, KERNEL_MB = 1800, 1500


@dataclass
class Usage:
    """Wall-clock seconds, and the most memory seen, in MB: of everything together (PSS), and of the largest notebook
    kernel, with the pages that it shares (RSS) and without (USS)."""

    seconds: float = 0
    everything: float = 0
    kernel: float = 0
    own: float = 0
    cpu: dict[int, float] = field(default_factory=dict)  # seconds, by process, since it was first seen


class Watch(threading.Thread):
    """Samples the memory of all children of this process, which are JupyterLab, the zygote and its notebook kernels."""

    def __init__(self, zygote: int) -> None:
        super().__init__(daemon=True)
        self.zygote = psutil.Process(zygote)
        self.usage = Usage()
        self.before = {process.pid: cpu_seconds(process) for process in children()}
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            self.sample()

    def sample(self) -> None:
        """Look once, and keep what is larger than before."""
        usage, total = self.usage, 0
        kernels = {process.pid for process in self.zygote.children(recursive=True)}
        for process in children():
            try:
                total += proportional_size(process)
                usage.cpu[process.pid] = cpu_seconds(process) - self.before.get(process.pid, 0.0)
                if process.pid in kernels:
                    size = process.memory_full_info()
                    usage.kernel = max(usage.kernel, size.rss / 2**20)
                    usage.own = max(usage.own, size.uss / 2**20)
            except (psutil.Error, OSError):
                continue  # it has ended
        usage.everything = max(usage.everything, total / 2**20)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def cpu_seconds(process: psutil.Process) -> float:
    """Seconds of processor time that the process used; unlike wall time, it does not grow when others are busy."""
    times = process.cpu_times()
    return times.user + times.system


def notebooks() -> list[Path]:
    """Every lesson, exercise and lab; the lesson before its exercise."""
    folders = sorted(course_folders(), key=lambda folder: folder.name)
    return [path for folder in folders for path in sorted(folder.glob("*.ipynb"), reverse=True)]


def measure(zygote: int, *paths: Path) -> Usage:
    """Run notebooks from the top, each in a notebook kernel that lives until the last one is done. Unsolved cells of
    an exercise raise, and the rest still runs."""
    watch = Watch(zygote)
    watch.start()
    start = time.perf_counter()
    with ExitStack() as kernels:
        for path in paths:
            run(path, kernels)
        watch.usage.seconds = time.perf_counter() - start
        watch.sample()  # a short notebook may end between two samples
    watch.ended.set()
    watch.join()
    return watch.usage


def row(what: str, usage: Usage) -> Row:
    taken = f"{usage.seconds:.1f} s, {sum(usage.cpu.values()):.1f} s of a core"
    note = f"{taken}; the largest notebook kernel {usage.kernel:.0f} MB, {usage.own:.0f} MB of it its own"
    part = of_limit(usage.everything, BUDGET_MB, f"{BUDGET_MB:,} MB")
    if usage.kernel > KERNEL_MB:
        part = of_limit(usage.kernel, KERNEL_MB, f"{KERNEL_MB:,} MB for a notebook kernel")
    return Row(what, f"{usage.everything:,.0f} MB", "", part, note)


def largest(used: Mapping[str, Usage]) -> list[Row]:
    """The row of the lesson or exercise, and that of the lab, with the most memory."""
    labs = {what: usage for what, usage in used.items() if what.startswith("G")}
    others = {what: usage for what, usage in used.items() if what not in labs}
    return [
        row(f"the largest {kind}", max(some.values(), key=lambda usage: usage.everything))
        for kind, some in (("lesson or exercise", others), ("lab", labs))
        if some
    ]


def short(path: Path) -> str:
    """The notebook's short name: "L04 lesson", "G01 lab"; a master is the exercise with its solution."""
    kind = "lab" if path.parent.name.startswith("G") else "lesson" if path.stem == "lesson" else "exercise"
    return f"{path.parent.name[:3]} {kind}"


def run(path: Path, kernels: ExitStack) -> None:
    from nbclient import NotebookClient

    exercise = path.name == "exercise.ipynb"
    notebook = solved_notebook(path.parent) if exercise else nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    client: Any = NotebookClient(
        notebook, timeout=300, startup_timeout=180, allow_errors=True, resources=resources
    )
    kernels.enter_context(client.setup_kernel())
    client.reset_execution_trackers()
    for place, cell in enumerate(notebook.cells):
        client.execute_cell(cell, place)


def main() -> None:
    from graph_duet import server

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(server.settings(Path(folder)))
        os.environ["PYTHONPATH"] = str(ROOT)
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = f"{folder}/compiled"  # Binder has compiled nothing yet
        options = ["--no-browser", "--allow-root", "--ServerApp.port=0", f"--ServerApp.root_dir={ROOT}"]
        lab = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env={**os.environ, "DUET_NO_ZYGOTE": "1"},  # the preloaded process is this one's child, below
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            zygote = start_zygote()
            assert isinstance(zygote, Zygote)  # this process borrows none
            zygote.wait_until_ready()
            chosen = [Path(name).resolve() for name in sys.argv[1:]] or notebooks()
            used = {short(path): measure(zygote.pid, path) for path in chosen}
            rows = [row(what, usage) for what, usage in used.items()]
            rows += largest(used)
            if together := [path for path in chosen if path.name == "lesson.ipynb"][1:4]:
                what = f"{', '.join(path.parent.name[:3] for path in together)} open at once"
                rows.append(row(what, measure(zygote.pid, *together)))
        finally:
            lab.terminate()
            lab.wait()
    publish(
        "Memory of lessons and labs: JupyterLab, the preloaded process and the notebook kernels together",
        rows,
    )


if __name__ == "__main__":
    main()
