"""A newcomer's way: `duet lab`, the course map, L01 run from the top, both graphs stepped, no dialog and no noise."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DUET = [sys.executable, "-c", "from duet.cli import main; main()"]
SECONDS = 120


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a `duet lab` on a folder of its own, with its token, up to the path."""
    home = tmp_path_factory.mktemp("newcomer")
    log = home / "log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [*DUET, "lab", "--no-browser", "my-lessons"], cwd=home, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield address(log)
    finally:
        server.terminate()
        server.wait(30)


def address(log: Path) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = re.search(r"(http://localhost:\d+/lab/tree/lessons/README\.md\?token=\w+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.5)
    raise AssertionError(f"duet lab printed no address:\n{log.read_text()}")


@pytest.fixture
def page(chromium) -> Iterator:
    page = chromium.new_page(viewport={"width": 1500, "height": 1000})
    page.set_default_timeout(SECONDS * 1000)
    yield page
    page.close()


def test_the_start_page_is_the_course_map_rendered(course, page, snap) -> None:
    page.goto(course)
    page.wait_for_selector(".jp-MarkdownViewer a:has-text('Define-by-run')")
    snap(page, "newcomer-course-map")


def test_l01_runs_and_both_graphs_step(course, page, snap) -> None:
    page.goto(course.replace("README.md", "L01_define_by_run/lesson.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    assert page.locator(".jp-Dialog").count() == 0, "a notebook opens without asking for a kernel"
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", state="attached")
    page.get_by_role("menuitem", name="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    widget = page.locator(".duet .shell").first
    widget.scroll_into_view_if_needed()
    widget.get_by_label("next (right arrow)").click()
    widget.get_by_label("next (right arrow)").click()
    assert "x * 2" in widget.inner_text()
    assert "tracing" in widget.inner_text()
    snap(page, "newcomer-l01-duet")
    widget.get_by_label("last step (End)").click()
    assert "64" in widget.inner_text(), "the result that both sides reach"
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
