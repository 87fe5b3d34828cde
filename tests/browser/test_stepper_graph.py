"""The Stepper's graph in a browser: moving, zooming, opening, searching."""

from __future__ import annotations

import pytest
import torch

from graphviz_tools import record_torch
from graphviz_tools.drawing.scene import make_scene
from tests.browser.page_parts import OUT_OF_SIGHT, box, press, state
from tests.widgets.recordings import eager_loop, perceptron, static_loop, tower
from tests.widgets.test_plumbing_view import plumbed
from widgets import Stepper


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


def test_the_first_view_of_a_wide_graph_begins_where_it_begins(show):
    page = show(Stepper(tower(layers=6, ops=14)), width=900, height=800)
    assert page.evaluate(OUT_OF_SIGHT, ".box") > 10
    assert (
        page.evaluate(
            OUT_OF_SIGHT, ".toggle[aria-label='close model'] text, .toggle[aria-label*='layer 0: Block'] text"
        )
        == 0
    )


@pytest.mark.parametrize("size", [(900, 800), (1400, 900)], ids=["900", "1400"])
def test_the_first_view_of_a_long_loop_shows_what_runs_first(show, size):
    i, h = torch.nn.Linear(4, 8), torch.nn.Linear(8, 8)

    def recurrent(x):
        state = torch.zeros(1, 8)
        for t in range(30):
            state = torch.tanh(i(x[t]) + h(state))
        return state

    page = show(Stepper(record_torch(recurrent, torch.ones(30, 1, 4))), width=size[0], height=size[1])
    assert page.evaluate(OUT_OF_SIGHT, ".toggle[aria-label='close iteration 1'] text") == 0
    for title in ("state = torch.zeros(1, 8)", "h(state)", "i(x[t])"):
        box(page, title).evaluate("(box) => box.classList.add('early')")
    assert page.evaluate(OUT_OF_SIGHT, ".early") == 0


def test_the_title_of_a_low_frame_covers_no_box(show):
    layers = [layer for _ in range(7) for layer in (torch.nn.Linear(3, 3), torch.nn.ReLU())]
    recording = record_torch(torch.nn.Sequential(*layers), torch.ones(2, 3))
    page = show(Stepper(recording), width=900, height=600, reduced_motion="reduce")
    covered = """() => [...document.querySelectorAll('.toggle.stuck rect')].filter((title) => {
        const t = title.getBoundingClientRect();
        return [...document.querySelectorAll('.box > rect')].some((box) => {
          const b = box.getBoundingClientRect();
          return b.left < t.right && t.left < b.right && b.top + 1 < t.bottom && t.top + 1 < b.bottom;
        });
      }).length"""
    for _ in range(12):
        press(page, "ArrowRight", 2)
        assert page.evaluate(covered) == 0


def test_what_is_opened_comes_into_sight(show):
    page = show(
        Stepper(tower(layers=6, ops=14), open=[("model",)]), width=900, height=600, reduced_motion="reduce"
    )
    page.get_by_label("zoom in").click(click_count=4)
    page.locator(".box.scope").last.focus()
    page.keyboard.press("o")
    page.wait_for_selector(".toggle[aria-label*='layer 5: Block']")
    assert page.evaluate(OUT_OF_SIGHT, ".toggle[aria-label*='layer 5: Block'] text") == 0


def maml():
    w = torch.ones(3, requires_grad=True)
    x, y = torch.ones(5, 3), torch.ones(5)
    fast = w
    for _ in range(2):
        inner = ((x @ fast - y) ** 2).mean()
        (g,) = torch.autograd.grad(inner, fast, create_graph=True)
        fast = fast - 0.1 * g
    outer = ((x @ fast - y) ** 2).mean()
    outer.backward()
    return outer


def transformer():
    layer = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    return torch.nn.TransformerEncoder(layer, 6, enable_nested_tensor=False).requires_grad_(False)


@pytest.mark.parametrize("program", ["maml", "transformer"])
def test_the_first_box_of_an_opened_part_comes_into_sight(show, program):
    # A page carries the scenes that have room: of the transformer, those with all parts but one closed.
    opened = None if program == "maml" else []
    recording = record_torch(maml) if program == "maml" else record_torch(transformer(), torch.ones(1, 3, 4))
    scene = make_scene(recording, opened)
    page = show(Stepper(recording, open=opened), width=900, height=600, reduced_motion="reduce")
    parts = [box.scope for box in scene.outline.boxes if box.scope is not None]
    for part in parts[-2:]:
        inside = make_scene(scene.prepared, [*scene.opened, part])
        boxes = {box.key: box for box in inside.outline.boxes}
        here = (inside.current(step.index) for step in scene.recording.steps)
        first = next(key for key in here if key and boxes[key].around[: len(part)] == part)
        page.locator(".box.scope").nth(parts.index(part)).focus()
        page.keyboard.press("o")
        page.wait_for_function(f"document.querySelectorAll('.frame').length > {len(scene.outline.frames)}")
        assert page.evaluate(OUT_OF_SIGHT, f".box[data-box='{first}']") == 0
        page.reload()
        page.wait_for_selector(".shell")


def test_what_the_tab_key_reaches_comes_into_sight(show):
    layers = [layer for _ in range(7) for layer in (torch.nn.Linear(3, 3), torch.nn.ReLU())]
    recording = record_torch(torch.nn.Sequential(*layers), torch.ones(2, 3))
    page = show(Stepper(recording), width=900, height=600, reduced_motion="reduce")
    page.evaluate("""() => {  // as in a notebook: the page scrolls
        document.querySelector('#widget').classList.remove('alone');
        document.body.append(Object.assign(document.createElement('div'), {style: 'height: 2000px'}));
    }""")
    page.locator(".toggle").first.focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.locator(".canvas :focus").count() == 1
        assert page.evaluate(OUT_OF_SIGHT, ".canvas :focus > text") == 0
    page.wait_for_function("document.querySelector('.canvas').getBoundingClientRect().top >= 0")
    assert page.locator(".graph").evaluate("(graph) => [graph.scrollTop, graph.scrollLeft]") == [0, 0]


def test_the_title_of_an_open_frame_stays_in_sight(show):
    page = show(Stepper(tower(layers=6, ops=14)), width=900, height=600, reduced_motion="reduce")
    press(page, "End")
    press(page, "ArrowLeft", 4)
    assert page.locator(".toggle.active.stuck").count() > 0
    assert page.evaluate(OUT_OF_SIGHT, ".toggle.active text") == 0


def test_the_head_of_the_function_stays_above_the_line_at_work(show):
    page = show(Stepper(eager_loop()), width=900, height=400)
    press(page, "ArrowRight", 5)
    page.locator(".code").evaluate("(code) => { code.style.height = '50px'; code.scrollTop = 45; }")
    top = "(rows) => document.querySelector(rows).getBoundingClientRect().top"
    assert page.locator(".code .definition code").inner_text() == "def f(x):"
    assert 0 <= page.evaluate(top, ".code .definition") - page.evaluate(top, ".code") <= 7


def test_a_long_line_of_code_wraps_and_goes_on_further_in(show):
    def f(x):
        y = x
        for _ in range(1):
            y = (y * 2).exp().log().sin().cos().tanh().sigmoid().sqrt().abs().neg().exp().log1p().sin().cos()
        return y

    page = show(Stepper(record_torch(f, torch.ones(3))), width=900, height=800)
    code = page.locator(".code")
    assert code.evaluate("(code) => code.scrollWidth <= code.clientWidth")
    line = page.locator(".code .line code").filter(has_text="exp()")
    starts = line.evaluate("""(line) => {
        const range = document.createRange();
        range.selectNodeContents(line);
        const pieces = [...range.getClientRects()].filter((piece) => piece.width > 0);
        const rows = new Map();
        for (const { y, left } of pieces) rows.set(Math.round(y), Math.min(left, rows.get(Math.round(y)) ?? left));
        return [...rows.values()].map((left) => left - line.getBoundingClientRect().left);
    }""")
    assert len(starts) > 1 and starts[0] < 1 and all(start > 60 for start in starts[1:])
    assert code.inner_text().splitlines()[1].strip() == "def f(x):"


def test_a_line_with_a_finding_keeps_its_number_and_count_in_the_gutter(show):
    def f(x):
        for _ in range(2):
            y = x - 2
            x = y.log()
        return x

    page = show(Stepper(record_torch(f, torch.ones(3))))
    press(page, "End")
    faulty = page.locator(".code .line.faulty")
    assert faulty.locator(".gutter > .number").count() == faulty.count() > 0
    assert faulty.first.locator(".gutter > .count").inner_text() == "× 2"


@pytest.mark.parametrize("mark", [".findings button", ".timeline .mark.fault"])
def test_a_finding_opens_the_part_that_its_step_is_closed_in(show, mark):
    class Block(torch.nn.Module):
        def forward(self, x):
            return (x * 2 - 4).log() * 3

    net = torch.nn.Sequential(torch.nn.Identity(), Block())
    page = show(Stepper(record_torch(net, torch.ones(3)), open=[]))
    page.locator(mark).first.click()
    page.wait_for_selector(".box.current .title:text('log')")
    assert page.locator(".box.current").count() == 1 and page.locator(".box.current.scope").count() == 0
    assert "non-finite value" in page.locator(".values .finding").inner_text()


def test_the_box_of_every_step_is_in_sight(show):
    page = show(Stepper(tower(layers=3, ops=14)), reduced_motion="reduce")
    page.get_by_label("zoom in").click()
    for _ in range(40):
        press(page, "ArrowRight")
        assert page.evaluate(OUT_OF_SIGHT, ".box.current") == 0
    page.set_viewport_size({"width": 700, "height": 500})
    page.wait_for_function(f"({OUT_OF_SIGHT})('.box.current') === 0")


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
