"""Start-up as a learner sees it: a notebook kernel with both frameworks, `make lab` to the first widget, one more
lesson.

    python -m benchmarks.startup

A forked notebook kernel and an ordinary one are timed in turn. The rest is timed in headless Chromium: the lesson
is opened and run from the top, and the clock stops when its first Stepper or Duet appears.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.browser import chromium, new_page
from benchmarks.measure import Row, Timing, compared, in_turn, publish

ROOT = Path(__file__).parent.parent
READY = "import torch, tensorflow"
SECONDS, ROUNDS = 180, 3
FIRST, NEXT = "L01_define_by_run", ("L02_the_tape", "L03_leaves", "L04_control_flow")


def kernel_rows() -> list[Row]:
    """Seconds from the request for a notebook kernel until both frameworks are imported, forked and started as usual;
    and the memory of its own that a second one needs."""
    from graph_duet import server
    from graph_duet.notebook_kernels import start_zygote

    own: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(server.settings(Path(folder)))
        zygote = start_zygote()
        zygote.wait_until_ready()
        forked, ordinary = in_turn(lambda: start_kernel(True), lambda: start_kernel(False), rounds=3)
        start_kernel(True, beside=lambda: own.append(start_kernel(True)))
        zygote.close()
        os.environ.pop("DUET_NO_ZYGOTE", None)  # `make lab`, below, starts as a learner's does
    return [
        Row(
            "a notebook kernel with torch and TensorFlow",
            str(forked),
            str(ordinary),
            compared(forked, ordinary),
            "the peer is an ordinary start",
        ),
        Row(
            "a second notebook kernel's own memory",
            f"{own[0]:.0f} MB",
            "",
            "",
            "both frameworks imported; needed under 200 MB",
        ),
    ]


def start_kernel(fork: bool, beside: Callable[[], None] = lambda: None) -> float:
    """Start a notebook kernel, import both frameworks in it and call `beside`; return the megabytes that no other
    process shares with it."""
    from jupyter_client.manager import KernelManager

    os.environ.pop("DUET_NO_ZYGOTE", None)
    if not fork:
        os.environ["DUET_NO_ZYGOTE"] = "1"
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client: Any = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    client.execute_interactive(READY, timeout=SECONDS)
    beside()
    provisioner: Any = manager.provisioner
    own = psutil.Process(provisioner.process.pid).memory_full_info().uss
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return own / 2**20


@contextmanager
def make_lab(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make lab` on `folder`; what it prints goes to `folder.log`."""
    with folder.with_suffix(".log").open("w") as log:
        command = ["make", "--no-print-directory", "-C", str(ROOT), "lab", f"ARGS=--no-browser '{folder}'"]
        lab = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield lab
        finally:
            os.killpg(lab.pid, 15)
            lab.wait()


def address(log: Path) -> str:
    """The course map's address with its token, once the server has printed it."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = re.search(r"http://localhost:\d+/lab/tree/lessons/README\.md\?token=\w+", log.read_text())
        if found:
            return found.group()
        time.sleep(0.05)
    raise RuntimeError(f"make lab printed no address:\n{log.read_text()}")


def first_widget(page: Any, url: str, lesson: str) -> None:
    """Open a lesson, run it from the top, and return when its first widget appears.

    In a workspace of its own: with other tabs open, the status bar may still show another tab's notebook kernel.
    """
    page.goto(
        url.replace(
            "/lab/tree/lessons/README.md", f"/lab/workspaces/{lesson}/tree/lessons/{lesson}/lesson.ipynb"
        )
    )
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-OutputArea .shell").first.wait_for(state="detached")
    page.get_by_role("menuitem", name="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    page.locator(".jp-OutputArea .shell").first.wait_for(state="attached")


def browser_rows() -> list[Row]:
    served, first, following = [], [], []
    for _ in range(ROUNDS):
        with (
            tempfile.TemporaryDirectory() as home,
            new_page(viewport={"width": 1500, "height": 1000}) as page,
        ):
            page.set_default_timeout(SECONDS * 1000)
            start = time.perf_counter()
            with make_lab(Path(home) / "lessons"):
                url = address(Path(home) / "lessons.log")
                served.append(time.perf_counter() - start)
                first_widget(page, url, FIRST)
                first.append(time.perf_counter() - start)
                following += [timed(page, url, lesson) for lesson in NEXT]
    rows = {
        "`make lab` to JupyterLab's address": (served, "installed before"),
        "`make lab` to L01's first widget": (first, "a new folder and a new browser"),
        "opening a lesson to its first widget": (following, ", ".join(name[:3] for name in NEXT)),
    }
    return [Row(what, str(Timing(tuple(taken))), "", "", note) for what, (taken, note) in rows.items()]


def timed(page: Any, url: str, lesson: str) -> float:
    start = time.perf_counter()
    first_widget(page, url, lesson)
    return time.perf_counter() - start


def main() -> int:
    rows = kernel_rows()
    if chromium():
        rows += browser_rows()
    else:
        rows.append(Row("in a browser", "", "", "", "not measured: chromium is not on the PATH"))
    publish("Start-up", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
