"""The widgets in JupyterLab itself: opened, pressed, in both themes, and what a dead kernel leaves."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from tests.browser.page_parts import press, state

STEPPER = """from tests.widgets.recordings import eager_loop, static_loop, tower
from tests.widgets.test_plumbing_view import plumbed
from widgets import Duet, Stepper
"""


@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_stepper_plays_and_python_knows_the_step(notebook, snap, lab, dark):
    name = f"stepper-{'dark' if dark else 'light'}"
    page = notebook(f"{name}.ipynb", STEPPER + "view = Stepper(eager_loop())\nview", dark=dark)
    page.wait_for_selector(".duet .shell", timeout=120_000)
    press(page, "ArrowRight", 8)
    page.get_by_label("next (right arrow)").click()
    assert state(page) == "backward · step 9 of 11"
    paper = page.evaluate("getComputedStyle(document.querySelector('.shell')).backgroundColor")
    assert (paper == "rgb(13, 17, 23)") is dark
    snap(page, f"jupyterlab-{name}")


def test_the_duet_shows_a_scope_that_the_notebook_kernel_lays_out(notebook, snap):
    cells = (
        STEPPER + "Duet(eager_loop(), static_loop())",
        "Stepper(tower(layers=40, ops=20))",
        "Stepper(plumbed(), step=1)",
    )
    page = notebook("duet.ipynb", *cells)
    page.wait_for_function("document.querySelectorAll('.duet .shell').length === 3", timeout=120_000)
    duet, tower = page.locator(".duet .shell").nth(0), page.locator(".duet .shell").nth(1)
    duet.focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert duet.locator(".state").nth(1).inner_text().startswith("tracing")
    snap(page, "jupyterlab-duet-light")
    before = tower.locator(".box").count()
    tower.locator(".box.scope").first.focus()
    page.keyboard.press("o")
    page.wait_for_function(
        f"document.querySelectorAll('.shell')[1].querySelectorAll('.box').length > {before}",
        timeout=20_000,
    )
    tower.get_by_label("fold repeated blocks").click()
    page.wait_for_function(
        "document.querySelectorAll('.shell')[1].textContent.includes('× 40')", timeout=20_000
    )
    snap(page, "jupyterlab-folded-light")
    few = page.locator(".duet .shell").nth(2)
    assert few.locator(".box").count() == 3
    few.get_by_role("button", name="all ops").click()
    page.wait_for_function("document.querySelectorAll('.shell')[2].querySelectorAll('.box').length === 5")
    assert "step 3 of 10" in few.locator(".state").inner_text()


def test_python_moves_the_widget_and_it_steps_without_its_notebook_kernel(notebook, lab):
    page = notebook("dead.ipynb", STEPPER + "view = Stepper(eager_loop())\nview", "view.step = 6")
    page.wait_for_selector(".duet .shell", timeout=120_000)
    page.wait_for_function(
        "document.querySelector('.state').textContent.includes('step 7 of')", timeout=20_000
    )
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:shutdown-kernel'); }")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    press(page, "ArrowRight", 2)
    assert state(page) == "backward · step 9 of 11"


def test_a_saved_notebook_keeps_the_picture(notebook, lab):
    page = notebook("saved.ipynb", STEPPER + "Stepper(eager_loop())")
    page.wait_for_selector(".duet .shell", timeout=120_000)
    page.evaluate("() => { window.jupyterapp.commands.execute('docmanager:save'); }")
    end = time.monotonic() + 15
    svg = ""
    while not svg and time.monotonic() < end:
        with contextlib.suppress(json.JSONDecodeError):  # the file is being written
            cell = json.loads((lab.folder / "saved.ipynb").read_text())["cells"][0]
            svg = "".join("".join(out.get("data", {}).get("image/svg+xml", "")) for out in cell["outputs"])
        page.wait_for_timeout(200)
    assert "[4, 16, 36]" in svg
