"""The extension where something goes wrong: many clicks, an ended kernel, a closed tab, a full disk, old outputs."""

from __future__ import annotations

import nbformat

from tests.browser.course.test_extension import ENDED, EXERCISE, RIGHT, SET, strip

OPEN = "(path) => window.jupyterapp.commands.execute('docmanager:open', { path }).then(() => true)"
CHECK = "() => { window.jupyterapp.commands.execute('graph-duet:check'); }"
FIVE_CHECKS = "() => { for (let i = 0; i < 5; i++) window.jupyterapp.commands.execute('graph-duet:check'); }"
SOURCE = """(id) => window.jupyterapp.shell.currentWidget.content.widgets
    .find((cell) => cell.model.sharedModel.getId() === id).model.sharedModel.getSource()"""
CONNECTED = (
    "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.connectionStatus === 'connected'"
)
SECOND = "lessons/L02_the_tape/exercise.ipynb"


def problems(page) -> list[str]:
    """A list that fills with the errors of the extension; JupyterLab has its own when a kernel ends."""
    found: list[str] = []
    page.on("pageerror", lambda error: "graph-duet" in (error.stack or "") and found.append(error.stack))
    return found


def test_two_notebooks_are_checked_at_once_with_many_clicks_and_no_kernel(opened) -> None:
    page = opened(EXERCISE)
    found, checks = problems(page), []
    page.on("request", lambda sent: "graph-duet/check" in sent.url and checks.append(sent.post_data))
    strip(page, "1").wait_for(state="attached")
    page.evaluate(SET, ["answer-3", RIGHT])
    page.wait_for_function(CONNECTED)  # JupyterLab itself cannot end a kernel before
    page.evaluate(ENDED)
    page.evaluate(FIVE_CHECKS)
    page.evaluate(OPEN, SECOND)
    page.wait_for_function(f"window.jupyterapp.shell.currentWidget?.context?.path === '{SECOND}'")
    panel = page.locator("#graph-duet-points")
    panel.get_by_text("Not checked yet").wait_for()
    page.evaluate(FIVE_CHECKS)
    panel.get_by_role("heading", name="A tape with no list").wait_for()
    page.evaluate(OPEN, EXERCISE)
    panel.get_by_role("heading", name="Predict the nodes").wait_for()
    solved = panel.locator(".gd-task").filter(has_text="3 operations_of(graph)")
    assert "✓ right" in solved.inner_text()
    assert panel.locator(".gd-status").inner_text() == ""
    assert page.evaluate(SOURCE, "answer-3") == RIGHT
    assert sorted(checks) == [f'{{"path":"{EXERCISE}"}}', f'{{"path":"{SECOND}"}}']
    assert not found


def test_a_tab_closed_during_a_check_leaves_no_trouble(opened) -> None:
    page = opened(EXERCISE)
    found = problems(page)
    strip(page, "1").wait_for(state="attached")
    page.evaluate(SET, ["answer-3", RIGHT])
    with page.expect_response("**/graph-duet/check*") as answer:
        with page.expect_request("**/graph-duet/check*"):
            page.evaluate(CHECK)
        page.evaluate("() => { window.jupyterapp.shell.currentWidget.close(); }")
    assert answer.value.ok
    page.evaluate(OPEN, EXERCISE)
    strip(page, "3").wait_for(state="attached")
    assert page.evaluate(SOURCE, "answer-3") == RIGHT
    page.evaluate(CHECK)
    page.locator("#graph-duet-points .gd-task").first.wait_for()
    assert not found


def test_a_full_disk_is_one_clear_sentence_and_loses_nothing(opened, course, snap) -> None:
    page, full = opened(EXERCISE), course.folder.parent / "full"
    strip(page, "5").wait_for(state="attached")
    before = (course.folder / EXERCISE).read_bytes()
    page.evaluate(SET, ["answer-5", "mine = 'not saved yet'"])
    full.touch()
    try:
        page.evaluate(CHECK)
        status = page.locator("#graph-duet-points .gd-status")
        status.filter(has_text="could not be saved, so nothing was checked").wait_for()
        snap(page, "extension-full-disk")
        assert (course.folder / EXERCISE).read_bytes() == before
        assert page.evaluate(SOURCE, "answer-5") == "mine = 'not saved yet'"
    finally:
        full.unlink()
        if page.locator(".jp-Dialog").count():
            page.keyboard.press("Escape")
    page.evaluate(CHECK)
    page.locator("#graph-duet-points .gd-task").first.wait_for()
    assert "not saved yet" in (course.folder / EXERCISE).read_text()


def test_a_server_that_has_ended_is_one_clear_sentence(opened) -> None:
    page = opened(EXERCISE)
    strip(page, "1").wait_for(state="attached")
    page.route("**/graph-duet/check*", lambda sent: sent.abort())
    page.evaluate(CHECK)
    page.locator("#graph-duet-points .gd-status").filter(
        has_text="The server does not answer: is `duet lab` still running?"
    ).wait_for()


def test_an_output_of_another_version_keeps_its_picture_and_says_why(opened, course, snap) -> None:
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
    )
    stored = {"entry": "app.js", "sheets": [], "data": "bm90IHppcHBlZA=="}
    data = {"application/vnd.graph-duet.view+json": stored, "image/svg+xml": picture, "text/plain": "Stepper"}
    output = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("view", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), course.folder / "old.ipynb")
    page = opened("old.ipynb")
    page.get_by_text("This picture was saved by another version of Graph Duet.").wait_for()
    assert page.get_by_alt_text("The saved picture of a widget").bounding_box()["width"] == 40
    snap(page, "extension-old-output")


def test_the_terminal_opens_in_the_notebook_s_folder_and_finds_duet(opened, course) -> None:
    page = opened(EXERCISE)
    page.evaluate("() => window.jupyterapp.commands.execute('graph-duet:terminal').then(() => true)")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget?.content?.session?.connectionStatus === 'connected'"
    )
    send = "(line) => window.jupyterapp.shell.currentWidget.content.session.send({type: 'stdin', content: [line]})"
    page.evaluate(send, "command -v duet > found.txt; echo done >> found.txt\r")
    found = (course.folder / EXERCISE).parent / "found.txt"
    for _ in range(200):
        if found.exists() and "done" in found.read_text():
            break
        page.wait_for_timeout(100)
    assert found.read_text().splitlines()[0].endswith("/duet")
    found.unlink()


def test_a_button_that_says_the_same_stays_and_the_keyboard_keeps_its_place(opened) -> None:
    """While a check runs the seconds are counted; a button that was replaced under the pointer lost its click."""
    page = opened(EXERCISE)
    strip(page, "1").wait_for(state="attached")
    page.evaluate(CHECK)
    page.locator("#graph-duet-points .gd-task").first.wait_for()
    reset = page.locator("#graph-duet-points").get_by_role("button", name="Reset this exercise")
    same = reset.element_handle()
    check = page.locator("#graph-duet-points").locator(".gd-main")
    check.focus()
    page.keyboard.press("Enter")
    page.locator(".gd-main").get_by_text("Checking").wait_for()
    assert check.evaluate("button => button === document.activeElement")
    page.locator(".gd-main").get_by_text("Check", exact=True).wait_for()
    assert check.evaluate("button => button === document.activeElement")
    assert reset.evaluate("(button, before) => button === before", same)
