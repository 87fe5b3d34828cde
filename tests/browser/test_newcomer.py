"""A newcomer's first page: `duet lab` opens the course map, rendered."""

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
