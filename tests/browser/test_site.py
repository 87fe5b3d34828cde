"""The site as a visitor has it: every link leads somewhere, nothing comes from elsewhere, and the widgets step."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.axe import SERIOUS, violations
from website.sources import REPOSITORY, ROOT, linked

LESSON = "lessons/L01_define_by_run/lesson.html"
PAGES = [
    "index.html",
    "gallery.html",
    "lessons/README.html",
    LESSON,
    "api.html",
    "genindex.html",
    "search.html",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "website", str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Links(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.ids.update(filter(None, [named.get("id"), named.get("name")]))
        where = named.get("src" if tag in ("img", "script") else "href")
        if where:
            self.targets.add(where)


def test_every_link_leads_to_a_page_and_to_a_place_in_it(site):
    pages = {
        path: Links(path.read_text("utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts
    }
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            other = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not other.exists() or (anchor and other in pages and anchor not in pages[other].ids):
                broken.append(f"{path.relative_to(site)}: {target}")
    assert broken == []


def test_a_link_to_a_file_of_the_repository_names_a_file_that_is_there(site):
    start = f"{REPOSITORY}/blob/main/"
    named = {
        urlsplit(target).path.removeprefix(urlsplit(start).path)
        for path in site.rglob("*.html")
        for target in Links(path.read_text("utf-8")).targets
        if target.startswith(start)
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_a_link_that_leads_out_of_the_site_goes_to_the_repository():
    known = {"docs/widgets.md"}
    text = "[a](widgets.md#x) [b](../Makefile) [c](../tests/) [d](https://x.org) [e](#here) `f[0](x, 2)` [g](none.md)"
    assert linked(text, ROOT / "docs", known) == (
        f"[a](widgets.md#x) [b]({REPOSITORY}/blob/main/Makefile) [c]({REPOSITORY}/tree/main/tests) "
        "[d](https://x.org) [e](#here) `f[0](x, 2)` [g](none.md)"
    )


def test_each_lesson_and_lab_has_its_page_its_buttons_and_its_place_in_the_sitemap(site):
    places = (site / "sitemap.xml").read_text("utf-8")
    for notebook in [*(ROOT / "lessons").glob("*/*.ipynb"), *(ROOT / "gpu_labs").glob("*/exercise.ipynb")]:
        name = notebook.relative_to(ROOT).with_suffix(".html").as_posix()
        page = (site / name).read_text("utf-8")
        assert f"mybinder.org/v2/gh/graph-duet/graph-duet/main?urlpath=lab/tree/{name[:-5]}.ipynb" in page, (
            name
        )
        assert (
            f"colab.research.google.com/github/graph-duet/graph-duet/blob/main/{name[:-5]}.ipynb" in page
        ), name
        assert "where-it-runs.html#on-your-machine" in page, name
        assert f"{name}</loc>" in places, name


def test_a_page_that_does_not_exist_finds_the_site_s_files_from_any_address(site):
    text = (site / "404.html").read_text("utf-8")
    assert '<head><base href="https://graph-duet.github.io/graph-duet/">' in text
    assert {"lessons/README.html", "index.html"} <= Links(text).targets
    assert "404.html" not in (site / "sitemap.xml").read_text("utf-8")


def test_the_cell_that_installs_elsewhere_is_not_on_the_site(site):
    assert 'except</span> <span class="ne">ImportError' not in (site / LESSON).read_text("utf-8")


@pytest.mark.drawn("name", number=2)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_each_window_fetches_nothing_from_elsewhere_and_everyone_can_use_it(
    chromium, address, snap, name
):
    page = chromium.new_page(
        viewport={"width": 400, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    faults = watched(page, address)
    page.goto(address + name, wait_until="networkidle")
    for width in (400, 900, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"document.documentElement.scrollWidth <= {width}")
        snap(page, f"site-{Path(name).stem}-{width}")
    assert violations(page, impacts=SERIOUS) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert violations(page, impacts=SERIOUS) == []
    snap(page, f"site-{Path(name).stem}-dark")
    assert faults == []
    page.close()


def test_a_widget_steps_on_its_page_and_takes_the_page_s_theme(chromium, address):
    page = chromium.new_page(color_scheme="light", reduced_motion="reduce")
    faults = watched(page, address)
    page.goto(address + LESSON)
    view = page.locator(".duet-view").first
    view.scroll_into_view_if_needed()
    view.locator(".shell, .undrawn").wait_for()
    assert faults == []
    view.get_by_label("next (right arrow)").click()
    assert view.locator(".timeline input").input_value() == "0"
    ground = "getComputedStyle(document.querySelector('.duet-view .shell')).backgroundColor"
    light = page.evaluate(ground)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"{ground} !== '{light}'")
    page.close()


def test_a_view_of_another_version_keeps_its_picture_and_says_why(chromium, address):
    page = chromium.new_page(reduced_motion="reduce")
    other = "export function page() { throw new TypeError('data.findings is not iterable'); }"
    page.route("**/front-end/app.js", lambda asked: asked.fulfill(body=other, content_type="text/javascript"))
    page.goto(address + LESSON)
    view = page.locator(".duet-view").first
    view.scroll_into_view_if_needed()
    view.get_by_text("saved by another version of Graph Duet").wait_for()
    assert view.locator(":scope > svg").is_visible()
    page.close()


def test_the_landing_page_plays_unless_motion_is_unwelcome(chromium, address):
    for motion, plays in (("no-preference", True), ("reduce", False)):
        page = chromium.new_page(reduced_motion=motion)
        page.goto(address + "index.html")
        page.locator(".duet-view .shell").wait_for()
        assert page.get_by_label("pause (space)").count() == int(plays)
        page.close()


def watched(page, address: str) -> list[str]:
    """A list that fills with what goes wrong on `page`, and with every request to elsewhere."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: line.type == "error" and faults.append(line.text))
    page.on("request", lambda sent: is_elsewhere(sent.url, address) and faults.append(sent.url))
    return faults


def is_elsewhere(url: str, address: str) -> bool:
    return url.startswith(("http", "ws")) and not url.startswith(address)
