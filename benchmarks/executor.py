"""The executor beside Numba's simulator: processor seconds for 16,384 threads, on one core, in one run.

    python -m benchmarks.executor [case ...]

The simulator takes about a minute in all and runs once for each case, in a process of its own (it must be
chosen before numba.cuda is imported); the executor's rounds are timed right before and after it. Memory
and the first launch are measured in fresh processes.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.measure import Row, Timing, compared, publish

HERE = Path(__file__).resolve().parent
ROUNDS = 5
NEEDED = {"hazards": 400, "bounds": 1000}
SMALLER = {"serial": 8, "nbody": 100, "attention": 20}  # launches of 32, 512 and 256 threads


def simulator(name: str) -> float:
    """Seconds of one launch on Numba's simulator."""
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(HERE / "executor_kernels.py"), name],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])[name]


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Processor seconds of one call: both sides run on one core, and other programs' time does not count."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def timed(work: Callable[[], Any]) -> Timing:
    """Five rounds, after one round of warm-up."""
    work()
    return Timing(tuple(cpu_seconds(work) for _ in range(ROUNDS)))


def against_the_simulator(names: list[str]) -> list[Row]:
    """Rows of each case at the levels "bounds" and "hazards"."""
    from benchmarks.executor_kernels import cases
    from gpu_labs import inspect

    rows = []
    for name, (kernel, grid, block, arguments) in cases().items():
        if name not in names:
            continue

        def launch(level: Any, launched: tuple[Any, ...] = (kernel, grid, block, *arguments)) -> Any:
            return inspect(*launched, level=level).raise_for_errors()

        before = {level: timed(lambda level=level: launch(level)) for level in NEEDED}
        peer = Timing((simulator(name),))
        after = {level: timed(lambda level=level: launch(level)) for level in NEEDED}
        for level in NEEDED:
            both = Timing(before[level].seconds + after[level].seconds)
            needed = SMALLER.get(name, NEEDED[level])
            rows.append(
                Row(
                    f"{name}, {level}",
                    str(both),
                    str(peer),
                    compared(both, peer),
                    f"needed {needed:,}x; the {launch(level).engine} engine",
                )
            )
    return rows


def growth() -> list[Row]:
    """Seconds of a launch with 16 thousand to a million threads, and of a 512 x 512 tiled product."""
    import numpy as np

    from benchmarks.executor_kernels import matmul, saxpy
    from gpu_labs import inspect

    rows = []
    base = 0.0
    for threads in (1 << 14, 1 << 17, 1 << 20):
        x, y = np.ones(threads, np.float32), np.zeros(threads, np.float32)
        got = timed(lambda x=x, y=y, n=threads: inspect(saxpy, n // 256, 256, np.float32(2), x, y))
        each = got.median / threads * 1e9
        base = base or each
        note = f"{each:.0f} ns per thread, {each / base:.2f} of that with 16,384 threads"
        rows.append(Row(f"saxpy, {threads:,} threads, hazards", str(got), "", "", note))
    a = np.random.default_rng(0).random((512, 512), np.float32)
    c = np.zeros_like(a)
    taken = timed(lambda: inspect(matmul, (32, 32), (16, 16), a, a, c).raise_for_errors())
    rows.append(Row("512 x 512 tiled product, hazards", str(taken), "", "", "needed under 1.08 s"))
    return rows + edges()


def edges() -> list[Row]:
    """Launches that were once far too slow: much work, one busy thread, many launches, a lock, a large array."""
    import numpy as np

    from benchmarks.executor_kernels import cases, count_under_a_lock, first_thread_does_all, nbody, saxpy
    from gpu_labs import inspect

    bodies = np.random.default_rng(0).random((1 << 14, 3), np.float32)
    all_pairs = Timing((cpu_seconds(lambda: inspect(nbody, 128, 128, bodies, np.zeros_like(bodies))),))
    small = cases()["nbody"].arguments[0]
    few = timed(lambda: inspect(nbody, 4, 128, small, np.zeros_like(small)))
    grown = all_pairs.median / few.median / (len(bodies) / len(small)) ** 2
    rows = [
        Row(
            "n-body, 16,384 bodies, hazards",
            str(all_pairs),
            "",
            "",
            f"{grown:.2f} of the time per pair of 512 bodies",
        )
    ]
    x = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)
    alone = timed(lambda: inspect(first_thread_does_all, 3, 64, x, np.zeros_like(x)))
    rows.append(
        Row("one of 192 threads does 20,000 elements", str(alone), "", "", "lock-step, then serially")
    )

    def train() -> None:
        weights, step = np.zeros(256, np.float32), np.ones(256, np.float32)
        for _ in range(1000):
            inspect(saxpy, 2, 128, np.float32(-0.1), step, weights)

    rows.append(Row("1,000 launches of 256 threads", str(timed(train)), "", "", "needed under 0.5 s"))
    base = 0.0
    for blocks in (100, 400, 1600):
        took = timed(lambda n=blocks: inspect(count_under_a_lock, n, 32, np.zeros(1, np.int32), np.zeros(1)))
        base = base or took.median / blocks
        note = f"{took.median / blocks / base:.2f} of the time per block with 100 blocks"
        rows.append(Row(f"a lock that {blocks:,} blocks take", str(took), "", "", note))
    return rows


_FIRST = """
import resource, sys, time
sys.path.insert(0, {root!r})
import numpy as np
from gpu_labs import cuda, inspect
from benchmarks.executor_kernels import {name}
start = time.process_time()
inspect({call}).raise_for_errors()
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def fresh(name: str, call: str) -> tuple[float, float]:
    """Seconds of the first launch in a new process (imports not counted) and its peak memory in MB."""
    source = _FIRST.format(root=str(HERE.parent), name=name, call=call)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    first, peak = map(float, done.stdout.split())
    return first, peak


def first_launch_and_memory() -> list[Row]:
    """Rows of the first launch and of the peak memory, each in fresh processes."""
    z = "np.zeros(1 << 20, np.float32)"
    tiles = "*(np.ones((512, 512), np.float32) for _ in range(3))"
    cases = {
        "first launch, saxpy": ("saxpy", "saxpy, 64, 256, np.float32(2), *np.zeros((2, 16384), np.float32)"),
        "first launch, matmul": ("matmul", "matmul, (8, 8), (16, 16), *np.ones((3, 128, 128), np.float32)"),
        "peak memory, saxpy, 1M threads": ("saxpy", f"saxpy, 4096, 256, np.float32(2), {z}, {z}"),
        "peak memory, matmul, 512 x 512": ("matmul", f"matmul, (32, 32), (16, 16), {tiles}"),
    }
    rows = []
    for what, (name, call) in cases.items():
        first, peak = zip(*(fresh(name, call) for _ in range(3)), strict=True)
        if what.startswith("first"):
            rows.append(Row(what, str(Timing(first)), "", "", "needed under 0.5 s, gate included"))
        else:
            ours = f"{statistics.median(peak):.0f} MB ({min(peak):.0f}-{max(peak):.0f} MB)"
            rows.append(Row(what, ours, "", "", "needed under 1,000 MB, imports included"))
    return rows


def main(names: list[str] | None = None) -> list[Row]:
    """All rows of the table."""
    wanted = names or ["saxpy", "reduction", "matmul", "softmax", "serial", "nbody", "attention"]
    return against_the_simulator(wanted) + growth() + first_launch_and_memory()


if __name__ == "__main__":
    publish("The executor and Numba's simulator", main(sys.argv[1:]))
