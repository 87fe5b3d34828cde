"""The extension in JupyterLab: check at the task, points, hints, the course, and predictions before outputs."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from tests.browser.test_accessible import serious

EXERCISE = "lessons/L01_define_by_run/exercise.ipynb"
SET = """([id, source]) => window.jupyterapp.shell.currentWidget.content.widgets
    .find((cell) => cell.model.sharedModel.getId() === id).model.sharedModel.setSource(source)"""
GUESS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map((cell) => cell.model.sharedModel).find((cell) => cell.getSource().startsWith("guess =")).getId()"""
WRONG = "def twin(x, y):\n    # >>> your code\n    return x\n    # <<<"
RAISES = "def operations_of(graph):\n    # >>> your code\n    return graph.nothing()\n    # <<<"
RIGHT = """def operations_of(graph):
    # >>> your code
    return Counter(op.type for op in graph.get_operations())
    # <<<"""


def strip(page, task: str):
    return page.get_by_role("group", name=f"task {task}", exact=True)


@pytest.mark.drawn("look")
@pytest.mark.parametrize("look", [(False, 1400), (True, 900)], ids=["light-1400", "dark-900"])
def test_a_check_says_at_each_task_what_is_right_and_what_is_not(opened, course, snap, look) -> None:
    dark, width = look
    page = opened(EXERCISE, dark, width)
    strip(page, "1").wait_for()
    for cell, source in (("answer-3", RAISES), ("answer-5", WRONG)):
        page.evaluate(SET, [cell, source])
    page.locator(".jp-Toolbar").get_by_text("Check").click()
    panel = page.locator("#graph-duet-points")
    panel.locator(".gd-task").first.wait_for()
    assert "of 14 points" in panel.inner_text()
    panel.get_by_role("button", name="5 twin(x, y)").click()
    said = strip(page, "5").locator(".gd-verdict")
    said.wait_for()
    assert "It gave" in said.inner_text() and "Wanted: what the mystery graph computes" in said.inner_text()
    snap(page, f"extension-check-{'dark' if dark else 'light'}-{width}")
    assert serious(page, "#graph-duet-points") == []
    assert serious(page, ".gd-strip[aria-label='task 5']") == []
    panel.get_by_role("button", name="3 operations_of(graph)").click()
    assert "line 3: return graph.nothing()" in strip(page, "3").inner_text()
    assert "Not answered yet." in strip(page, "4").inner_text()
    assert strip(page, "4").get_by_role("button", name="Show hint").count() == 0
    for hint in ("1 of 3", "2 of 3"):
        strip(page, "3").get_by_role("button", name=f"Show hint {hint}").click()
    assert "get_operations" in strip(page, "3").locator(".gd-hint").last.inner_text()
    assert strip(page, "3").locator(".gd-hint code").count() > 0, "backquotes are code"
    expected = page.locator(".gd-expected .jp-Cell-outputWrapper").filter(visible=True).first
    label, output = expected.locator(".gd-expected-label"), expected.locator(".jp-Cell-outputArea")
    assert label.bounding_box()["y"] + label.bounding_box()["height"] <= output.bounding_box()["y"]
    saved = json.loads((course.folder / EXERCISE).read_text())
    assert any("graph.nothing()" in "".join(cell["source"]) for cell in saved["cells"]), (
        "unsaved work is saved"
    )
    page.evaluate(SET, ["answer-3", RIGHT])
    strip(page, "3").get_by_role("button", name="Check").click()
    strip(page, "3").locator(".gd-right").wait_for()


def test_one_task_is_reset_with_the_learners_text_kept(opened, course) -> None:
    page = opened(EXERCISE)
    strip(page, "5").wait_for(state="attached")
    page.evaluate(SET, ["answer-5", "mine = 'kept'"])
    strip(page, "5").scroll_into_view_if_needed()
    strip(page, "5").get_by_role("button", name="Reset this task").click()
    page.get_by_role("button", name="Reset", exact=True).click()
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.find((c) => "
        "c.model.sharedModel.getId() === 'answer-5').model.sharedModel.getSource().includes('NotImplementedError')"
    )
    kept = list((course.folder / ".duet" / "backups").glob("*.ipynb"))
    assert any("mine = 'kept'" in path.read_text() for path in kept)


@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_course_panel_opens_lessons_whose_tabs_say_which(opened, snap, dark) -> None:
    page = opened(EXERCISE, dark)
    page.evaluate("() => { window.jupyterapp.commands.execute('graph-duet:course'); }")
    panel = page.locator("#graph-duet-course")
    panel.get_by_role("button", name="L02 lesson").click()
    page.wait_for_selector(".lm-TabBar-tab[data-gd-name='L02 lesson']")
    assert "of 14" in panel.inner_text() and "min" in panel.inner_text()
    assert serious(page, "#graph-duet-course") == []
    snap(page, f"extension-course-{'dark' if dark else 'light'}")


def test_what_is_below_a_prediction_is_hidden_until_it_is_written(opened, snap) -> None:
    page = opened("lessons/L01_define_by_run/lesson.ipynb")
    page.get_by_text("Write your guess first.").wait_for()
    assert page.locator(".jp-OutputArea:visible").filter(has_text="tensor(6)").count() == 0
    snap(page, "extension-predict")
    guess = page.evaluate(GUESS)
    page.evaluate(SET, [guess, "guess = {'PyTorch': 'a tensor', 'TensorFlow 1': 'a handle'}"])
    page.locator(".jp-OutputArea:visible").filter(has_text="tensor(6)").first.wait_for()
    assert page.get_by_text("Write your guess first.").count() == 0


CELLS = (
    "import numpy as np, torch, tensorflow as tf\nimport graphviz_tools as gt\nfrom gpu_labs import cuda, inspect\n"
    "from widgets import Duet, KernelView, Stepper, TraceCache",
    "view = Stepper(gt.record_torch(lambda x: (x * 2).sum(), torch.ones(3)))\nview",
    "Duet(gt.record_torch(torch.sin, torch.ones(2)), gt.record_tensorflow(tf.sin, tf.ones(2)))",
    "@cuda.jit\ndef fill(y):\n    y[cuda.grid(1)] = 1.0\n\nKernelView(inspect(fill, 1, 4, np.zeros(4)))",
    "cache = TraceCache(tf.function(lambda x: x * 2.0))\ncache(tf.ones(3))\ncache",
    "view.step = 1",
)
RUN = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
SAVE = "() => window.jupyterapp.shell.currentWidget.context.save().then(() => true)"
ENDED = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => true)"


def write(path: Path, *cells: str) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(made, path)


def test_a_reopened_notebook_draws_and_steps_with_no_kernel(opened, course, snap) -> None:
    path = course.folder / "mine.ipynb"
    write(path, *CELLS)
    page = opened("mine.ipynb")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === 'connected'"
    )
    page.evaluate(RUN)
    page.locator(".side-head .state", has_text="step 2 of").wait_for()  # Python moved it: it is alive
    page.evaluate(SAVE)
    page.evaluate(ENDED)
    page.close()
    assert path.stat().st_size < 300_000
    again = opened("mine.ipynb")
    again.locator(".gd-stored .shell").nth(3).wait_for()
    stepper, duet, kernel, cache = again.locator(".gd-stored").all()
    assert "From the file, with no kernel." in stepper.inner_text()
    stepper.get_by_label("next (right arrow)").click()
    assert "step 1 of" in stepper.locator(".state").inner_text()
    duet.get_by_label("next (right arrow)").click()
    duet.locator(".state", has_text="step 1 of").first.wait_for()
    kernel.get_by_label("show profile").click()
    kernel.get_by_role("group", name="profile").wait_for()
    assert "traced" in cache.inner_text().lower()
    assert again.get_by_text("model not found").count() == 0
    for view in (stepper, duet, kernel):
        assert view.locator(".shell").bounding_box()["height"] <= 640
    pictures = [
        output.data["image/svg+xml"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.outputs
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(pictures) == 4, "a page without our extension shows these"
    snap(again, "extension-reopened")


def test_the_magic_checks_without_the_extension(opened, course) -> None:
    write(
        course.folder / "lessons" / "L01_define_by_run" / "scratch.ipynb",
        "%load_ext graph_duet.lab\n%duet check exercise.ipynb",
    )
    page = opened("lessons/L01_define_by_run/scratch.ipynb")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === 'connected'"
    )
    page.evaluate(RUN)
    output = page.locator(".jp-OutputArea-output").last
    output.filter(has_text="points").wait_for()
    assert "○ 4 build(a, b)" in output.inner_text()
