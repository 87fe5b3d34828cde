"""Three exercises, each from the course to all points with mistakes on the way: in the browser, with no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph_duet.authoring.notebooks_from_text import solved_notebook
from graph_duet.grading.exercise.notebooks import duet

ROOT = Path(__file__).parents[3]
SET = """([id, source]) => window.jupyterapp.shell.currentWidget.content.widgets
    .find((cell) => cell.model.sharedModel.getId() === id).model.sharedModel.setSource(source)"""
CONNECTED = (
    "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === 'connected'"
)
RUN = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
LAST_RAN = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets.filter((c) => c.model.type === 'code');
    return cells.at(-1).model.executionCount > 1 && cells.at(-1).model.executionState !== 'running';
}"""
EXERCISES = {
    "L01": ("lessons/L01_define_by_run", "L01 exercise"),
    "L04": ("lessons/L04_control_flow", "L04 exercise"),
    "G02": ("gpu_labs/G02_grid_stride", "G02 lab"),
}


@pytest.mark.drawn("exercise")
@pytest.mark.parametrize("exercise", EXERCISES)
def test_all_points_come_in_the_notebook_with_mistakes_on_the_way(opened, snap, exercise: str) -> None:
    folder, link = EXERCISES[exercise]
    answers: dict[str, dict[str, str]] = {}
    for cell in solved_notebook(ROOT / folder).cells:
        if duet(cell).get("kind") in ("answer", "kernel"):
            answers.setdefault(str(duet(cell)["task"]), {})[cell.id] = cell.source
    page = opened("lessons/README.md")
    page.evaluate("() => { window.jupyterapp.commands.execute('graph-duet:course'); }")
    page.locator("#graph-duet-course").get_by_role("button", name=link).click()
    page.wait_for_function(
        f"window.jupyterapp.shell.currentWidget?.context?.path === '{folder}/exercise.ipynb'"
    )
    page.get_by_role("group", name="task 1", exact=True).wait_for(state="attached")
    page.wait_for_function(CONNECTED)
    page.evaluate(RUN)
    page.wait_for_function(LAST_RAN)  # it went on past every task

    last = list(answers)[-1]
    for task, cells in answers.items():
        for cell, source in cells.items():
            page.evaluate(SET, [cell, source if task != last else f"{source}\nmistake("])
    panel = page.locator("#graph-duet-points")
    page.keyboard.press("Alt+Shift+C")
    panel.get_by_text("points").first.wait_for()
    panel.locator(".gd-verdict.gd-wrong").first.wait_for()
    assert panel.locator(".gd-done").inner_text() == ""
    panel.get_by_role("button", name="Show hint 1").last.click()
    panel.locator(".gd-hint").wait_for()
    panel.locator(".gd-link").last.click()
    page.locator(".gd-strip .gd-wrong").last.wait_for()
    snap(page, f"whole-{exercise}-1-mistake")

    for cell, source in answers[last].items():
        page.evaluate(SET, [cell, source])
    panel.get_by_role("button", name="Check", exact=True).click()
    panel.get_by_text("All that is checked here is right.").wait_for()
    assert panel.locator(".gd-verdict.gd-wrong").count() == 0
    snap(page, f"whole-{exercise}-2-done")
    page.evaluate("() => { window.jupyterapp.commands.execute('graph-duet:course'); }")
    page.locator("#graph-duet-course li").filter(has_text=f"✓ {exercise}").wait_for()
    snap(page, f"whole-{exercise}-3-course")
