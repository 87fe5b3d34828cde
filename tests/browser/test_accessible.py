"""Everyone: axe finds nothing serious, in both themes, in every mode; the keyboard reaches everything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numba import cuda as numba_cuda

from gpu_labs import inspect
from tests.browser.axe import SERIOUS, violations
from tests.browser.page_parts import press
from tests.widgets.recordings import eager_loop, perceptron, static_loop
from widgets import Duet, KernelView, Stepper, TraceCache


def serious(page, place: str = ".duet") -> list[str]:
    """What axe finds in the element that the selector `place` names, and calls serious or critical."""
    return violations(page, place, SERIOUS)


@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_in_the_stepper(show, dark):
    page = show(Stepper(eager_loop()), dark=dark, reduced_motion="reduce")
    assert serious(page) == []
    press(page, "ArrowRight", 9)
    assert serious(page) == []
    page.locator(".box").first.click()
    assert serious(page) == []
    page.get_by_label("predict each step").click()
    for _ in range(3):
        press(page, "ArrowRight")
    assert serious(page) == []


@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_in_the_duet_and_in_heat_maps(show, dark):
    page = show(Duet(eager_loop(), static_loop()), width=1400, dark=dark, reduced_motion="reduce")
    press(page, "ArrowRight", 7)
    assert serious(page) == []
    page = show(Stepper(perceptron()), dark=dark, reduced_motion="reduce")
    press(page, "ArrowRight", 7)
    assert serious(page) == []


@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_in_kernel_view_and_trace_cache(show, snap, dark):
    page = show(racing(), dark=dark, reduced_motion="reduce")
    press(page, "ArrowRight", 3)
    page.locator(".findings summary").first.click()
    assert serious(page) == []
    page.get_by_role("button", name="show profile").click()
    assert serious(page) == []
    page = show(retraced(), dark=dark, reduced_motion="reduce")
    assert page.locator(".calls tbody tr").count() == 3
    assert serious(page) == []
    snap(page, f"trace-cache-{'dark' if dark else 'light'}")


@numba_cuda.jit
def neighbours(x):
    tile = numba_cuda.shared.array(8, "float32")
    t = numba_cuda.threadIdx.x
    tile[t] = x[t]
    x[t] = tile[7 - t]


def racing() -> KernelView:
    return KernelView(inspect(neighbours, 1, 8, np.zeros(8, np.float32), level="profile"))


def retraced() -> TraceCache:
    torch._dynamo.reset()  # what was compiled before belongs to the same lambda
    cache = TraceCache(torch.compile(lambda x, n: x * n, backend="eager"))
    for length, times in ((3, 2), (3, 2), (3, 4)):
        cache(torch.ones(length), times)
    return cache


def test_the_keyboard_alone_reaches_a_node_and_its_history(show):
    page = show(Stepper(eager_loop()))
    press(page, "ArrowRight", 4)
    page.locator(".box[tabindex='0']").focus()
    assert "h = h * h" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".history").count() == 1


def test_a_notebook_takes_no_key_of_a_widget_for_a_shortcut_of_its_own(show):
    page = show(Stepper(eager_loop()))
    page.keyboard.press("Tab")
    focus = "document.activeElement.getAttribute('data-lm-suppress-shortcuts')"
    assert page.evaluate(f"document.activeElement !== document.body && {focus}") == "true"


def test_only_one_node_is_a_stop_of_the_tab_key(show):
    page = show(Stepper(eager_loop()))
    press(page, "ArrowRight", 6)
    assert page.locator(".box[tabindex='0']").count() == 1


def test_every_step_is_spoken(show):
    page = show(Stepper(eager_loop()))
    press(page, "ArrowRight", 2)
    assert page.locator("[aria-live=polite]").inner_text() == "Step 2 of 11, forward, mul, line 2: [2, 4, 6]"


def test_reduced_motion_stops_every_animation(show):
    page = show(Stepper(eager_loop()), reduced_motion="reduce")
    press(page, "ArrowRight", 9)
    assert page.evaluate("document.getAnimations().length") == 0


def test_without_reduced_motion_a_gradient_moves(show):
    page = show(Stepper(eager_loop()), reduced_motion="no-preference")
    press(page, "ArrowRight", 9)
    assert page.evaluate("document.getAnimations().length") > 0
