"""A newcomer's way: `duet lab`, the course map, L01 run from the top, both graphs stepped, no dialog, no noise."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

SECONDS = 120


@pytest.fixture
def page(chromium) -> Iterator:
    page = chromium.new_page(viewport={"width": 1500, "height": 1000})
    page.set_default_timeout(SECONDS * 1000)
    yield page
    page.close()


def test_the_start_page_is_the_course_map_rendered(course, page, snap) -> None:
    page.goto(course.address)
    page.wait_for_selector(".jp-MarkdownViewer a:has-text('Define-by-run')")
    snap(page, "newcomer-course-map")


def test_l01_runs_from_the_top_and_both_graphs_step(course, page, snap) -> None:
    page.goto(course.address.replace("README.md", "L01_define_by_run/lesson.ipynb"))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # in the status bar: a kernel is connected
    assert page.locator(".jp-Dialog").count() == 0, "a notebook opens without asking for a kernel"
    page.get_by_role("menuitem", name="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    page.locator(".jp-InputPrompt", has_text="[19]:").wait_for(state="attached")  # the last cell has run
    duet = page.locator(".jp-OutputArea .shell").first
    duet.scroll_into_view_if_needed()
    for _ in range(3):
        duet.get_by_label("next (right arrow)").click()
    duet.get_by_text("h = x * 2").first.wait_for()
    snap(page, "newcomer-l01-duet")
    duet.get_by_label("last step (End)").click()
    duet.get_by_text(re.compile(r"\b64\b")).first.wait_for()  # the result that both sides reach
    snap(page, "newcomer-l01-end")
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
