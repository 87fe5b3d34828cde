"""The site as a visitor has it: how long from the address to the first step of a page's first widget.

    python -m benchmarks.site

The site is built and served here, and opened in headless Chromium with an empty cache each time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.browser import new_page
from benchmarks.measure import Row, Timing, of_limit, publish, seconds

ROOT = Path(__file__).parent.parent
ROUNDS, LIMIT = 5, 2.0
PAGES = {
    "the landing page": "index.html",
    "the gallery": "gallery.html",
    "the page of L01": "lessons/L01_define_by_run/lesson.html",
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of `folder`, served until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def first_step(page: Any, address: str) -> None:
    """Open the page, scroll to its first widget as soon as it is there, and take a step."""
    page.goto(address, wait_until="commit")
    view = page.locator(".duet-view").first
    view.scroll_into_view_if_needed()
    view.get_by_label("next (right arrow)").click()
    page.wait_for_function("Number(document.querySelector('.duet-view .timeline input').value) >= 0")


def timing(address: str) -> Timing:
    taken: list[float] = []
    for _ in range(ROUNDS):
        with new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce") as page:
            taken.append(seconds(lambda page=page: first_step(page, address)))
    return Timing(tuple(taken))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "website", folder], cwd=ROOT, check=True, stdout=sys.stderr)
        with served(Path(folder)) as address:
            times = {what: timing(address + name) for what, name in PAGES.items()}
    publish(
        "The site, from the address to the first step",
        [
            Row(what, str(taken), "", of_limit(taken.median, LIMIT, f"{LIMIT:g} s"))
            for what, taken in times.items()
        ],
    )


if __name__ == "__main__":
    main()
