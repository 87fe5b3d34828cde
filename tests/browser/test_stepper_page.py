"""The Stepper in a real browser, on the page that `to_html` writes: every control and every panel."""

from __future__ import annotations

from dataclasses import replace

import torch

from graphviz_tools import record_torch
from graphviz_tools.recording import Omission
from tests.browser.page_parts import box, press, state
from tests.widgets.recordings import eager_loop, perceptron
from widgets import Stepper


def test_the_arrow_keys_step_and_home_and_end_go_to_the_ends(show, snap):
    page = show(Stepper(eager_loop()))
    assert state(page) == "not started · 11 steps"
    press(page, "ArrowRight", 4)
    assert state(page) == "forward · step 4 of 11"
    snap(page, "stepper-forward-light")
    press(page, "ArrowLeft")
    assert state(page) == "forward · step 3 of 11"
    press(page, "End")
    assert state(page) == "backward · step 11 of 11"
    press(page, "Home")
    assert state(page) == "not started · 11 steps"


def test_a_program_that_raised_says_so_before_its_first_step(show):
    def fails(x):
        return x @ torch.ones(7, 2)

    page = show(Stepper(record_torch(fails, torch.ones(3, 4))))
    said = page.locator(".values .error")
    assert said.inner_text().startswith("The program raised RuntimeError: mat1 and mat2 shapes cannot")
    assert said.inner_text().endswith("(3x4 and 7x2). The last step shows where.")
    assert state(page) == "not started · 2 steps"
    assert "It was given x: float32 (3, 4), an input; " in page.locator(".values .note").inner_text()
    press(page, "End")
    shown = page.locator(".values > p, .values > div, .values > section")
    assert shown.nth(1).get_attribute("class") == "error"
    assert "inner sizes must agree" in shown.nth(2).inner_text()


def classified_twice(x):
    scores = (x * 2).softmax(0)
    return torch.nn.functional.cross_entropy(scores, torch.tensor(1))


def test_findings_are_marks_that_jump_to_their_step(show, snap):
    page = show(Stepper(record_torch(classified_twice, torch.ones(3, requires_grad=True))))
    entry = page.get_by_role("list", name="findings").get_by_role("button")
    assert "softmax twice: The output of softmax comes in here" in entry.inner_text()
    assert "cross_entropy" in page.locator(".line.faulty code").inner_text()
    entry.click()
    assert state(page).startswith("forward · step 4 of")
    assert "Try: Leave out the first softmax" in page.locator(".values .finding").inner_text()
    snap(page, "stepper-finding-light")
    press(page, "Home")
    page.locator(".timeline .mark.fault").click()
    assert state(page).startswith("forward · step 4 of")


def test_the_peak_of_memory_is_a_mark_that_says_what_is_alive(show):
    page = show(Stepper(record_torch(classified_twice, torch.ones(3, requires_grad=True))))
    mark = page.locator(".timeline .mark.peak")
    assert "most memory is alive here: 76 B (" in mark.get_attribute("title")
    assert "input 12 B" in mark.get_attribute("title")
    mark.click()
    assert state(page).startswith("backward · step")


def test_every_button_of_the_playback_works(show):
    page = show(Stepper(eager_loop()))
    page.get_by_label("next (right arrow)").click()
    page.get_by_label("next (right arrow)").click()
    page.get_by_label("back (left arrow)").click()
    assert state(page) == "forward · step 1 of 11"
    page.get_by_label("last step (End)").click()
    assert state(page) == "backward · step 11 of 11"
    assert page.get_by_label("next (right arrow)").is_disabled()
    page.get_by_label("first step (Home)").click()
    assert page.get_by_label("back (left arrow)").is_disabled()


def test_play_goes_on_by_itself_at_the_chosen_speed_and_space_stops_it(show):
    page = show(Stepper(eager_loop()))
    for face in ("2×", "4×", "8×"):
        page.get_by_label("speed, press to change").click()
        assert page.get_by_label("speed, press to change").inner_text() == face
    press(page, " ")
    page.wait_for_function("document.querySelector('.state').textContent.includes('step 4 of')")
    press(page, " ")
    assert page.get_by_label("play (space)").count() == 1
    press(page, " ")
    page.wait_for_function("document.querySelector('.state').textContent.includes('step 11 of')")


def test_the_timeline_is_a_slider_with_coloured_phases(show):
    page = show(Stepper(eager_loop()))
    slider = page.get_by_role("slider", name="step")
    slider.fill("7")
    assert state(page) == "backward · step 8 of 11"
    assert "SumBackward0" in slider.get_attribute("aria-valuetext")
    assert page.locator(".stretch").all_inner_texts() == ["forward", "backward"]
    box_of = page.locator(".timeline").bounding_box()
    page.mouse.click(box_of["x"] + 2, box_of["y"] + 10)
    assert state(page) == "not started · 11 steps"


def test_the_code_shows_the_current_line_and_the_lines_that_ran(show):
    page = show(Stepper(eager_loop()))
    press(page, "ArrowRight", 5)
    assert page.locator(".line.current .number").inner_text() == "3"
    assert page.locator(".line.ran .number").all_inner_texts() == ["1", "2", "3", "4"]
    assert page.locator(".line.current .count").inner_text() == "× 2"


def test_the_memory_bar_grows_and_says_what_autograd_holds(show):
    page = show(Stepper(eager_loop()))
    press(page, "ArrowRight", 4)
    assert page.locator(".memory-words").inner_text() == "36 B alive · 12 B saved by autograd"
    assert page.get_by_role("meter").get_attribute("aria-valuenow") == "36"
    press(page, "End")
    assert page.locator(".memory-words").inner_text() == "24 B alive"


def test_small_values_are_numbers_and_large_ones_a_heat_map(show, snap):
    page = show(Stepper(perceptron()))
    press(page, "ArrowRight", 2)
    assert page.locator(".heat-map canvas").count() == 2
    assert "min -2 · max 2 · mean 0.04" in page.locator(".values").inner_text()
    snap(page, "stepper-heat-map-light")


def test_a_click_on_a_node_shows_its_history_and_leads_to_the_step_that_made_it(show, snap):
    page = show(Stepper(eager_loop()))
    press(page, "End")
    box(page, "h = h * h").click()
    assert "made at step 4, line 4" in page.locator(".values").inner_text()
    assert page.locator(".history li").count() == 2
    snap(page, "stepper-history-light")
    page.locator(".made").click()
    assert state(page) == "forward · step 4 of 11"
    assert page.locator(".line.current .number").inner_text() == "4"


def test_hovering_a_line_lights_its_nodes_and_a_node_its_line(show):
    page = show(Stepper(eager_loop()))
    press(page, "End")
    page.locator(".line[data-line='3']").hover()
    assert page.locator(".box.lit .title").all_text_contents() == ["h.sum() < 30", "h.sum() < 30"]
    box(page, "h = h * h").hover()
    assert page.locator(".line.lit .number").inner_text() == "4"


def test_a_click_on_a_line_goes_to_its_next_step(show):
    page = show(Stepper(eager_loop()))
    page.locator(".line[data-line='3']").click()
    assert state(page) == "forward · step 3 of 11"
    page.locator(".line[data-line='3']").click()
    assert state(page) == "forward · step 5 of 11"


def test_the_code_panel_gets_as_much_room_as_one_likes(show):
    page = show(Stepper(eager_loop()))
    width = "document.querySelector('.code').offsetWidth"
    fitted = page.evaluate(width)
    bar = page.get_by_role("separator")
    bar.press("ArrowUp")
    assert page.evaluate(width) == fitted + 24 and state(page).startswith("not started")
    at = bar.bounding_box()
    page.mouse.move(at["x"] + 3, at["y"] + 50)
    page.mouse.down()
    page.mouse.move(at["x"] + 83, at["y"] + 50)
    page.mouse.up()
    assert page.evaluate(width) == fitted + 104
    bar.dblclick()
    assert page.evaluate(width) == fitted


def test_predict_asks_before_it_shows_scores_and_explains(show, snap):
    page = show(Stepper(eager_loop(), seed=1))
    page.get_by_label("predict each step").click()
    press(page, "ArrowRight")
    while page.locator(".answers button.answer").count() == 0:
        press(page, "ArrowRight")
    before = state(page)
    press(page, "ArrowRight")
    assert state(page) == before  # nothing is revealed before the answer
    assert not page.locator(".box.ghost .title").first.is_visible()  # and no pale box gives it away
    snap(page, "predict-question-light")
    page.keyboard.press("1")
    assert page.locator(".points").inner_text() in ("0 of 1 right so far", "1 of 1 right so far")
    assert page.locator(".why").inner_text()
    assert page.locator(".answers .correct").count() == 1
    snap(page, "predict-answer-light")
    page.get_by_label("show the step").click()
    assert state(page) != before


def test_a_failing_program_shows_its_error_at_the_step_that_failed(show):
    recording = eager_loop()
    broken = replace(recording.steps[3], error="RuntimeError: sizes do not match")
    page = show(Stepper(replace(recording, steps=(*recording.steps[:3], broken), error=broken.error)))
    press(page, "End")
    assert page.get_by_role("alert").inner_text() == "RuntimeError: sizes do not match"


def test_the_op_that_failed_is_marked_and_shows_no_value(show):
    steps = [replace(s, error="ValueError: no", writes=()) if s.index == 1 else s for s in eager_loop().steps]
    page = show(Stepper(replace(eager_loop(), steps=tuple(steps))))
    press(page, "ArrowRight", 2)
    failed = page.locator(".box.failed")
    assert failed.locator(".under").all_text_contents() == ["ValueError"]
    assert "failed" in failed.get_attribute("aria-label")


def test_the_step_of_its_gradient_is_not_shown_as_the_maker_of_an_input(show):
    page = show(Stepper(without_the_first_step(eager_loop())))
    press(page, "End")
    box(page, "x").click()
    assert page.locator(".made").count() == 0
    assert page.locator(".history li").count() >= 1


def without_the_first_step(recording):
    """Where a program's input has no step of its own, as `record_torch` records it."""
    first, second, *rest = recording.steps
    second = replace(second, nodes=(*first.nodes, *second.nodes), edges=(*first.edges, *second.edges))
    steps = tuple(replace(step, index=i) for i, step in enumerate((second, *rest)))
    return replace(recording, steps=steps)


def test_a_recording_of_no_steps_asks_for_none(show):
    empty = replace(eager_loop(), steps=(), omitted=(Omission("steps", 11, "max_steps=0"),))
    page = show(Stepper(empty))
    assert page.locator(".hint").inner_text() == "There is no step to show."
    assert "Left out: 11 steps (max_steps=0)." in page.locator(".message").inner_text()
    assert page.get_by_label("play (space)").is_disabled()


def test_a_page_of_a_view_that_predicts_predicts(show):
    page = show(Stepper(eager_loop(), predict=True))
    assert page.get_by_label("predict each step").get_attribute("aria-pressed") == "true"
