"""A player fits the window, keeps its height and its buttons' places at every step, and says what it shows."""

from __future__ import annotations

import pytest

from tests.browser.page_parts import press
from tests.browser.test_accessible import racing
from tests.widgets.recordings import eager_loop, perceptron, static_loop
from widgets import Duet, Stepper

SIZES = [(900, 800), (1400, 900)]
NEXT = "next (right arrow)"


def views():
    yield "stepper", Stepper(perceptron())
    yield "duet", Duet(eager_loop(), static_loop())
    yield "kernel", racing()


@pytest.fixture(scope="module")
def made() -> dict:
    return dict(views())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("name", ["stepper", "duet", "kernel"])
def test_no_step_moves_a_button_or_hides_one(show, snap, made, name, size) -> None:
    page = show(made[name], width=size[0], height=size[1])
    before = page.get_by_label(NEXT).bounding_box()
    assert before["y"] + before["height"] <= size[1]
    for step in range(14):
        assert page.get_by_label(NEXT).bounding_box() == before, f"next moved at step {step}"
        page.get_by_label(NEXT).click(force=True)  # at the end it does nothing
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    snap(page, f"fits-{name}-{size[0]}")


@pytest.mark.parametrize("name", ["stepper", "duet"])
def test_predicting_moves_no_control(show, made, name) -> None:
    page = show(made[name], width=900, height=800)
    before = page.get_by_label(NEXT).bounding_box()
    page.get_by_label("predict each step").click()
    for _ in range(4):
        press(page, "ArrowRight")
        assert page.get_by_label(NEXT).bounding_box() == before
        if page.locator("button.answer").count():
            page.keyboard.press("1")
            assert page.get_by_label(NEXT).bounding_box() == before


SMALL = """() => [...document.querySelectorAll('.shell *')]
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .filter((node) => node.getBoundingClientRect().width > 0)
    .filter((node) => {
      const drawn = node.ownerSVGElement && node.getScreenCTM ? node.getScreenCTM().a : 1;
      return parseFloat(getComputedStyle(node).fontSize) * drawn < 10.99;
    }).map((node) => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", ["stepper", "duet", "kernel"])
def test_no_text_has_less_than_eleven_pixels(show, made, name) -> None:
    page = show(made[name], width=900, height=800)
    press(page, "ArrowRight", 5)
    assert page.evaluate(SMALL) == []


def test_at_900_pixels_the_header_and_the_clock_take_two_lines_at_most(show, made) -> None:
    page = show(made["duet"], width=900, height=800)
    press(page, "ArrowRight", 4)
    line = 20
    assert page.locator(".head").bounding_box()["height"] <= 14 + 2 * (26 + 8)
    for words in page.locator(".clock .now").all():
        assert words.bounding_box()["height"] <= 2 * line
    for part in (".code", ".canvas", ".values"):
        assert all(box.bounding_box()["height"] >= 70 for box in page.locator(part).all()), part


def test_the_height_is_changed_by_the_lower_edge_and_remembered(show, made) -> None:
    page = show(made["stepper"])
    page.evaluate("document.querySelector('#widget').classList.remove('alone')")  # as in a notebook
    height = "document.querySelector('.shell').offsetHeight"
    assert page.evaluate(height) <= 640
    page.get_by_role("separator", name="height of the widget").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate(height) == 624
    page.reload()
    page.wait_for_selector(".shell")
    page.evaluate("document.querySelector('#widget').classList.remove('alone')")
    assert page.evaluate(height) == 624


INSIDE = "document.querySelector('.shell').contains(document.activeElement)"


def test_the_focus_stays_in_the_widget_for_any_key(show, made) -> None:
    page = show(made["stepper"])
    for name in ("last step (End)", "first step (Home)", NEXT):
        page.get_by_label(name).focus()
        page.keyboard.press("Enter")
        assert page.evaluate(INSIDE), name
    page.locator(".box").first.click()
    page.locator(".history button").last.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(INSIDE), "a step of a history"
    page.get_by_label("predict each step").focus()
    page.keyboard.press("Enter")
    for _ in range(3):
        press(page, "ArrowRight")
        if page.locator("button.answer").count():
            page.keyboard.press("1")
            assert page.evaluate(INSIDE), "an answer"
            page.keyboard.press("Enter")
            assert page.evaluate(INSIDE), "show it"


@pytest.mark.parametrize("name", ["stepper", "duet", "kernel"])
@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_question_mark_opens_a_legend_and_a_tour_of_three_steps(show, snap, made, name, dark) -> None:
    page = show(made[name], width=900, height=800, dark=dark)
    page.get_by_label("what colours, dashes and words mean").click()
    legend = page.get_by_role("dialog", name="what this shows")
    words = ["alive", "saved", "all ops", "fold repeats", "fit, all", "dashed box"]
    words = ["reading", "waiting", "finding"] if name == "kernel" else words
    for word in words:
        assert word in legend.inner_text()
    snap(page, f"legend-{name}-{'dark' if dark else 'light'}")
    page.get_by_role("button", name="take the tour").click()
    tour = page.get_by_role("dialog", name="tour")
    for number in (1, 2, 3):
        assert tour.inner_text().startswith(f"{number} of 3")
        assert page.locator(".pointed-at").count() > 0
        page.keyboard.press("Enter")
    assert not tour.is_visible()
    assert page.evaluate(INSIDE)
    page.get_by_label("what colours, dashes and words mean").click()
    page.keyboard.press("Escape")
    assert not legend.is_visible()


def test_a_button_that_can_do_nothing_here_says_why(show, made) -> None:
    page = show(made["stepper"])
    fold = page.get_by_role("button", name="fold repeats")
    assert fold.get_attribute("aria-disabled") == "true"
    assert "nothing repeats here" in fold.get_attribute("title")


def test_while_one_side_goes_backward_the_other_says_what_it_does_itself(show, made) -> None:
    page = show(made["duet"], width=1400)
    press(page, "ArrowRight", 11)
    assert "tracing has ended; the graph has not run yet" in page.locator(".clock .now").nth(1).inner_text()
    assert page.locator(".side-head .state").nth(1).inner_text() == "tracing has ended · step 6 of 14"
    assert "backward | tracing" not in page.locator(".timeline").inner_text()
