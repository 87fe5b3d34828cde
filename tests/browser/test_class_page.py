"""`duet class` in a real browser: let in by token alone, read, marked by keyboard, clean for axe."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from graph_duet.grading import Bundle, release
from graph_duet.grading.class_page.server import serve
from graph_duet.grading.classroom.gradebook import Gradebook
from tests.browser.axe import violations
from tests.graph_duet.grading.masters import write_master
from tests.graph_duet.grading.small_class import fill_book, with_written_task

STUDENT = "Ada Bianchi"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return with_written_task(release(write_master(tmp_path_factory.mktemp("released"))).bundle)


@pytest.fixture
def served(bundle: Bundle, tmp_path: Path) -> Iterator[tuple[str, Gradebook]]:
    """The address of a server in a thread of its own, and its gradebook."""
    book = fill_book(tmp_path / "book.sqlite", bundle)
    started = threading.Event()
    found: list[str] = []
    loop = asyncio.new_event_loop()

    async def run() -> None:
        found.append(serve(book).url)
        started.set()

    def forever() -> None:
        loop.run_until_complete(run())
        loop.run_forever()

    thread = threading.Thread(target=forever, daemon=True)
    thread.start()
    assert started.wait(30)
    yield found[0], book
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    book.close()


@pytest.fixture
def open_page(served, chromium) -> Iterator:
    """`open_page("/T01/", dark=False)`: let in already. What the console complains of fails the test."""
    url, _ = served
    pages = []

    def opened(path: str = "/", width: int = 1400, dark: bool = False):
        scheme = "dark" if dark else "light"
        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.set_default_timeout(10_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(url)
        page.goto(url.partition("/?")[0] + path)
        pages.append(page)
        return page

    yield opened
    problems = [problem for page in pages for problem in page.problems]
    for page in pages:
        page.close()
    assert not problems


def asked(url: str, path: str, host: str = "", **headers: str) -> tuple[int, dict[str, str]]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
    connection.request("GET", path, headers={"Host": host or parts.netloc, **headers})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders())


def test_nobody_comes_in_without_the_token_or_under_another_name(served) -> None:
    url, _ = served
    token = urlsplit(url).query
    assert asked(url, "/T01/")[0] == 403
    assert asked(url, "/T01/?token=wrong")[0] == 403
    assert asked(url, f"/T01/?{token}", host="attacker.example")[0] == 403
    status, headers = asked(url, f"/T01/?{token}")
    assert (status, headers["Location"]) == (302, "/T01/")
    assert "token" not in headers["Location"]
    assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in headers["Set-Cookie"].split(";")}


def test_the_server_listens_on_this_machine_alone(served) -> None:
    assert urlsplit(served[0]).hostname == "127.0.0.1"


@pytest.mark.drawn("dark")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "/T01/",
        "/T01/submission?student=Goran%20Ili%C4%87",
        "/T01/written/4",
        "/T01/submission?student=nobody",
    ],
    ids=["class", "submission", "written", "mistake"],
)
def test_axe_finds_nothing(open_page, snap, request, path: str, dark: bool) -> None:
    page = open_page(path, dark=dark)
    snap(page, f"class-page-{request.node.callspec.id}")
    assert violations(page) == []
    page.problems = [problem for problem in page.problems if "400" not in problem]


def test_a_teacher_finds_who_fails_a_check(open_page) -> None:
    page = open_page()
    assert page.locator("h1").inner_text() == "T01: A small exercise"
    page.get_by_role("link", name="relu-hidden").click()
    names = page.locator(".students tbody th").all_inner_texts()
    assert names == [
        "Dana Levi",
        "Emil Novák",
        "Fatou Diop",
        "Goran Ilić",
        "Hana Sato",
        "Jonas Weber",
        "Mira Patel",
    ]
    page.get_by_label("Name").fill("goran")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".students tbody th").all_inner_texts() == ["Goran Ilić"]


def test_a_submission_stands_beside_its_marks_and_is_set_by_hand_with_a_reason(open_page, served) -> None:
    page = open_page("/T01/submission?student=Goran%20Ili%C4%87")
    assert "np.maximum" in page.locator(".notebook .answer").first.inner_text()
    task = page.locator("#task-1")
    assert "the code raised an error" in task.inner_text()
    task.get_by_text("Comment, or set the points").click()
    task.get_by_label("Points").fill("4.5")
    task.get_by_label("Reason").fill("explained it at the board")
    task.get_by_role("button", name="Set the points").click()
    assert "Set by hand to 4.5: explained it at the board" in page.locator("#task-1").inner_text()
    mark = served[1].mark("T01", "Goran Ilić")
    assert mark.overrides["1"] == (4.5, "explained it at the board")
    page.locator("#task-1").get_by_role("button", name="Withdraw").click()
    page.wait_for_load_state()
    assert served[1].mark("T01", "Goran Ilić").overrides == {}


def test_a_comment_is_kept_and_the_student_reads_it(open_page, served) -> None:
    page = open_page("/T01/submission?student=Goran%20Ili%C4%87")
    task = page.locator("#task-3")
    task.get_by_text("Comment, or set the points").click()
    task.get_by_label("Comment").fill("Neat. <b>Keep it</b>")
    task.get_by_role("button", name="Keep the comment").click()
    page.get_by_role("link", name="what the student reads").click()
    assert "Your instructor says: Neat. <b>Keep it</b>" in page.locator("body").inner_text()


def test_written_answers_are_marked_with_the_keyboard_alone(open_page, served) -> None:
    page = open_page("/T01/written/4")
    assert page.locator(".notebook h2").inner_text() == STUDENT
    for key in ("1", "2", "3"):
        page.keyboard.press(key)
    assert page.get_by_label("Points of 4").input_value() == "3"
    page.keyboard.press("c")
    page.keyboard.type("Which one, 1 or 2?")
    page.keyboard.press("Control+Enter")
    page.locator(".notebook h2", has_text="Bo Lindqvist").wait_for()
    page.wait_for_load_state("load")  # the keys are heard from then on
    mark = served[1].mark("T01", STUDENT)
    assert (mark.task_points()["4"], mark.written["4"].rubric, mark.comments["4"]) == (
        3,
        (0, 1, 2),
        "Which one, 1 or 2?",
    )
    page.keyboard.press("k")
    page.locator(".notebook h2", has_text=STUDENT).wait_for()
    page.wait_for_load_state("load")
    page.keyboard.press("p")
    page.keyboard.press("Control+a")
    page.keyboard.type("2.5")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=1 of 12 read")
    assert served[1].mark("T01", STUDENT).task_points()["4"] == 2.5


def test_an_export_is_a_download_and_leaves_out_who_waits(open_page, tmp_path: Path) -> None:
    page = open_page()
    with page.expect_download() as download:
        page.get_by_role("link", name="csv").click()
    download.value.save_as(tmp_path / "marks.csv")
    lines = (tmp_path / "marks.csv").read_text("utf-8").splitlines()
    assert [line.partition(",")[0] for line in lines] == ["student", "Emil Novák", "Jonas Weber"]


def test_a_form_of_another_site_changes_nothing(served) -> None:
    url, book = served
    parts = urlsplit(url)
    _, headers = asked(url, f"/?{parts.query}")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=10)
    form = "student=Ada%20Bianchi&task=1&points=0&reason=x"
    sent = {
        "Cookie": headers["Set-Cookie"].partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/T01/override", form, {"Host": parts.netloc, **sent})
    assert connection.getresponse().status == 403
    assert book.mark("T01", STUDENT).overrides == {}
