"""The Duet in a real browser: two sides, one beat, and the clock above."""

from __future__ import annotations

from dataclasses import replace

from tests.browser.page_parts import OUT_OF_SIGHT, press
from tests.widgets.recordings import eager_loop, static_loop
from widgets import Duet


def states(page) -> list[str]:
    return page.locator(".side-head .state").all_inner_texts()


def test_both_sides_step_together_and_say_who_is_at_work(show, snap):
    page = show(Duet(eager_loop(), static_loop()), width=1400)
    press(page, "ArrowRight", 4)
    assert states(page)[1].startswith("tracing: no numbers exist yet")
    assert "Python runs" in page.locator(".clock .now").nth(0).inner_text()
    assert "Python runs once, to build the graph" in page.locator(".clock .now").nth(1).inner_text()
    snap(page, "duet-tracing-light")
    press(page, "End")
    assert page.locator(".clock .now").all_inner_texts()[0].startswith("done")
    assert "no Python line executes" in page.locator(".clock .now").nth(1).inner_text()
    assert states(page) == ["done · all 11 steps", "the graph runs · step 14 of 14"]
    snap(page, "duet-run-light")


def test_while_one_side_has_numbers_the_other_has_handles(show, snap):
    page = show(Duet(eager_loop(), static_loop()), width=1400, dark=True)
    press(page, "ArrowRight", 6)
    left, right = page.locator(".side").nth(0), page.locator(".side").nth(1)
    assert left.locator(".box.handle").count() == 0
    assert right.locator(".box.handle:not(.ghost)").count() >= 2
    snap(page, "duet-tracing-dark")


def test_at_every_beat_both_sides_have_what_happens_in_sight(show):
    view = Duet(eager_loop(), static_loop())
    page = show(view, width=1000, height=700, reduced_motion="reduce")
    for _ in view.beats:
        press(page, "ArrowRight")
        assert page.evaluate(OUT_OF_SIGHT, ".box.current") == 0


def test_the_box_of_a_loop_that_runs_is_lit_and_counts(show):
    turns = [
        replace(step, scope=(*step.scope, "iteration 2")) if step.phase == "run" and step.scope else step
        for step in static_loop().steps
    ]
    page = show(Duet(eager_loop(), replace(static_loop(), steps=tuple(turns))), width=1400)
    counted = set()
    for _ in range(25):
        press(page, "ArrowRight")
        counted |= set(page.locator(".side").nth(1).locator(".toggle.active text").all_text_contents())
    assert {"▾ cond", "▾ body", "▾ cond · iteration 2 ●", "▾ body · iteration 2 ●"} <= counted


def test_a_node_lights_its_partner_on_the_other_side(show):
    page = show(Duet(eager_loop(), static_loop()), width=1400)
    press(page, "End")
    left, right = page.locator(".side").nth(0), page.locator(".side").nth(1)
    left.locator(".box").filter(has=page.locator('text.title:text-is("h = x * 2")')).hover()
    assert right.locator(".box.lit .title").all_text_contents() == ["mul"]


def test_a_click_into_one_sides_history_moves_both(show):
    page = show(Duet(eager_loop(), static_loop()), width=1400)
    press(page, "End")
    left = page.locator(".side").nth(0)
    left.locator(".box").filter(has=page.locator('text.title:text-is("h = x * 2")')).click()
    left.locator(".made").click()
    assert states(page)[0] == "forward · step 2 of 11"
    assert "step 2 of 14" in states(page)[1]


def test_predict_works_on_both_sides(show, snap):
    page = show(Duet(eager_loop(), static_loop()), width=1400)
    page.get_by_label("predict each step").click()
    asked = set()
    for _ in range(60):
        if page.locator(".answers button.answer").count():
            asked.add(page.locator(".prompt").inner_text().split(":")[1].strip())
            if len(asked) == 2:
                snap(page, "duet-predict-light")
                break
            page.keyboard.press("2")
            page.get_by_label("show the step").click()
        else:
            press(page, "ArrowRight")
    assert asked == {"PyTorch · eager", "TensorFlow · static"}


def test_a_narrow_page_stacks_the_panels_and_clips_nothing(show, snap):
    for width in (900, 1800):
        page = show(Duet(eager_loop(), static_loop()), width=width, height=1200)
        press(page, "ArrowRight", 9)
        snap(page, f"duet-{width}-light")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        clipped = page.evaluate(
            "[...document.querySelectorAll('button, .state, h2, h3, .line code, .memory-words, .now')]"
            ".filter((e) => e.offsetParent && getComputedStyle(e).display !== 'inline')"
            ".filter((e) => e.scrollWidth > e.clientWidth + 1)"
            ".map((e) => e.className + ' ' + e.textContent)"
        )
        assert clipped == []
