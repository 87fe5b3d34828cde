"""The Stepper in a real browser, on the page that `to_html` writes: every control and every panel."""

from __future__ import annotations

from dataclasses import replace

import torch

from graphviz_tools import record_torch
from graphviz_tools.recording import Omission
from tests.widgets.recordings import eager_loop, perceptron, static_loop, tower
from tests.widgets.test_plumbing_view import plumbed
from widgets import Stepper


def press(page, key: str, times: int = 1) -> None:
    page.locator(".shell").focus()
    for _ in range(times):
        page.keyboard.press(key)


def state(page) -> str:
    return page.locator(".side-head .state").inner_text()


def box(page, title: str):
    return page.locator(".box").filter(has=page.locator(f'text.title:text-is("{title}")')).first


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


def test_the_graph_is_revealed_without_anything_moving(show):
    page = show(Stepper(eager_loop()))
    rects = "[...document.querySelectorAll('.box rect')]"
    places = f"{rects}.map((r) => r.getAttribute('x') + ',' + r.getAttribute('y')).join()"
    transform = "document.querySelector('.content').style.transform"
    press(page, "ArrowRight")
    before = page.evaluate(places), page.evaluate(transform)
    assert page.locator(".box.ghost").count() == 6
    press(page, "ArrowRight", 9)
    assert (page.evaluate(places), page.evaluate(transform)) == before
    assert page.locator(".box.ghost").count() == 0


def test_in_backward_gradients_run_up_the_arrows_and_meet(show, snap):
    page = show(Stepper(eager_loop()), dark=True)
    press(page, "ArrowRight", 9)
    assert page.locator(".link.flowing").count() == 1
    assert box(page, "h = x * 2").locator(".gradient").text_content() == "[2, 4, 6] + [2, 4, 6]"
    assert "freed" in box(page, "h = h * h").get_attribute("class")
    assert page.locator(".values .freed").inner_text() == "freed: what MulBackward0 had saved"
    snap(page, "stepper-backward-dark")
    press(page, "ArrowRight")
    assert "summed: [2, 4, 6] + [2, 4, 6] = [4, 8, 12]" in page.locator(".values .sum").inner_text()
    cards = page.locator(".pair .value-card")
    assert cards.nth(0).locator("td").all_inner_texts() == ["2", "4", "6"]
    assert cards.nth(1).locator("td").all_inner_texts() == ["4", "8", "12"]
    assert "gradient" in cards.nth(1).get_attribute("class")


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
    assert page.locator(".heat-map canvas").count() >= 1
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


def test_search_lights_what_it_finds_and_says_how_many(show):
    page = show(Stepper(eager_loop()))
    page.get_by_label("find a node").fill("sum 30")
    assert page.locator(".found").inner_text() == "2 found"
    assert page.locator(".box.lit").count() == 2
    page.get_by_label("find a node").fill("")
    assert page.locator(".box.lit").count() == 0


def test_zoom_pan_and_fit(show):
    page = show(Stepper(eager_loop()))
    transform = "document.querySelector('.content').style.transform"
    fitted = page.evaluate(transform)
    page.get_by_label("zoom in").click()
    zoomed = page.evaluate(transform)
    assert zoomed != fitted
    canvas = page.locator(".canvas").bounding_box()
    page.mouse.move(canvas["x"] + 15, canvas["y"] + 15)
    page.mouse.down()
    page.mouse.move(canvas["x"] + 60, canvas["y"] + 70)
    page.mouse.up()
    assert page.evaluate(transform) not in (fitted, zoomed)
    page.keyboard.down("Control")
    page.mouse.wheel(0, 240)
    page.keyboard.up("Control")
    page.get_by_label("fit the graph").click()
    assert page.evaluate(transform) == fitted


def test_fit_shows_what_can_be_read_and_all_shows_everything(show):
    page = show(Stepper(tower(layers=3, ops=14)))
    scale = "new DOMMatrix(getComputedStyle(document.querySelector('.content')).transform).a"
    first = page.evaluate(scale)
    page.get_by_label("show all of the graph").click()
    assert page.evaluate(scale) < first
    assert page.evaluate(OUT_OF_SIGHT, ".box") == 0
    page.set_viewport_size({"width": 700, "height": 500})
    page.wait_for_function(f"({OUT_OF_SIGHT})('.box') === 0")
    page.set_viewport_size({"width": 1350, "height": 900})
    page.get_by_label("fit the graph").click()
    assert page.evaluate(scale) == first >= 0.7


def test_the_box_of_every_step_is_in_sight(show):
    page = show(Stepper(tower(layers=3, ops=14)), reduced_motion="reduce")
    page.get_by_label("zoom in").click()
    for _ in range(40):
        press(page, "ArrowRight")
        assert page.evaluate(OUT_OF_SIGHT, ".box.current") == 0
    page.set_viewport_size({"width": 700, "height": 500})
    page.wait_for_function(f"({OUT_OF_SIGHT})('.box.current') === 0")


# How many of the boxes that a selector names do not lie in the panel as a whole.
OUT_OF_SIGHT = """(boxes) => [...document.querySelectorAll(boxes)].filter((box) => {
    const [b, c] = [box, box.closest(".canvas")].map((e) => e.getBoundingClientRect());
    return b.left < c.left - 1 || b.top < c.top - 1 || b.right > c.right + 1 || b.bottom > c.bottom + 1;
}).length"""


def test_code_keeps_its_lines_and_the_panel_gets_as_much_room_as_one_likes(show):
    recording = eager_loop()
    wide = recording.sources[0].text.replace("h * h", "h * h  # " + "a long remark " * 12)
    page = show(Stepper(replace(recording, sources=(replace(recording.sources[0], text=wide),))))
    heights = page.locator(".source .line").evaluate_all("(rows) => rows.map((row) => row.offsetHeight)")
    assert len(set(heights)) == 1
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


def test_a_static_graph_shows_all_its_ops_when_asked(show, snap):
    page = show(Stepper(plumbed()))
    press(page, "ArrowRight", 2)
    assert page.locator(".box .title").all_text_contents() == ["x", "Mul", "Sum"]
    page.get_by_role("button", name="all ops").click()
    assert page.locator(".box").count() == 5 and "step 3 of 10" in state(page)
    assert page.get_by_role("button", name="all ops").get_attribute("aria-pressed") == "true"
    press(page, "ArrowRight")
    page.get_by_role("button", name="all ops").click()
    assert page.locator(".box").count() == 3 and "step 2 of 6" in state(page)


def test_a_weight_is_touched_inside_the_op_that_reads_it(show, snap):
    page = show(Stepper(perceptron()))
    press(page, "End")
    weight = page.locator(".box.held").first
    assert weight.locator(".gradient").text_content().startswith("grad (64, 64)")
    snap(page, "stepper-weights-light")
    weight.click()
    assert "weight" in page.locator(".values .what").inner_text()


def test_scopes_close_and_open_again(show, snap):
    page = show(Stepper(perceptron()))
    assert page.locator(".frame").count() == 3
    page.get_by_label("close first: Linear").click()
    page.wait_for_selector(".box.scope")
    assert page.locator(".frame").count() == 2
    snap(page, "stepper-closed-scope-light")
    page.locator(".box.scope").focus()
    page.keyboard.press("o")
    page.wait_for_function("document.querySelectorAll('.frame').length === 3")


def test_a_scope_that_the_page_does_not_carry_says_what_it_needs(show):
    page = show(Stepper(tower(layers=40, ops=40)))
    page.locator(".box.scope").first.focus()
    page.keyboard.press("o")
    page.wait_for_function(
        "document.querySelector('.message').textContent.includes('needs a running kernel')"
    )


def test_repeated_blocks_fold_into_one_with_a_count(show, snap):
    page = show(Stepper(tower(layers=12, ops=2)))
    press(page, "ArrowRight", 3)
    many = page.locator(".box").count()
    page.get_by_label("fold repeated blocks").click()
    page.wait_for_function("document.querySelector('.content').textContent.includes('× 12')")
    assert page.locator(".box").count() <= many / 3
    snap(page, "stepper-folded-light")
    page.get_by_label("fold repeated blocks").click()
    page.wait_for_function(f"document.querySelectorAll('.box').length === {many}")


def test_handles_are_dashed_until_the_graph_runs_and_the_running_box_counts(show, snap):
    page = show(Stepper(static_loop()), dark=True)
    press(page, "ArrowRight", 6)
    assert "tracing: no numbers exist yet" in state(page)
    assert page.locator(".box.handle").count() == 6
    assert "Tensor(" in page.locator(".values .handle").inner_text()
    snap(page, "stepper-tracing-dark")
    press(page, "End")
    assert "the graph runs" in state(page)
    assert page.locator(".box.handle").count() == 0


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


def test_a_failing_program_is_told_at_the_step_that_failed(show):
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


def test_an_input_is_not_said_to_be_made_by_the_step_of_its_gradient(show):
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
