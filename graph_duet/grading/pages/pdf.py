"""Feedback as PDF, printed by the browser that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "chrome")
_SECONDS = 120


def print_pages(pages: Iterable[Path]) -> int:
    """Print each page into a .pdf beside it, and return their number.

    Raises UserError where no browser of Chromium's kind is installed, and when it cannot print.
    """
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        raise UserError(
            _("PDF needs a browser of Chromium's kind on the PATH: {browsers}", browsers=", ".join(_BROWSERS))
        )
    # The pages run no script and load nothing; as root Chromium's own sandbox does not start.
    flags = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    number = 0
    with tempfile.TemporaryDirectory(prefix="duet-pdf-") as profile:
        for page in pages:
            target = page.with_suffix(".pdf").resolve()
            command = [program, *flags, f"--user-data-dir={profile}", f"--print-to-pdf={target}"]
            target.unlink(missing_ok=True)
            done = subprocess.run(
                [*command, page.resolve().as_uri()], capture_output=True, text=True, timeout=_SECONDS
            )
            if not target.is_file():
                raise UserError(
                    _(
                        "{program} could not print {page}: {stderr}",
                        program=program,
                        page=page,
                        stderr=done.stderr.strip()[-200:],
                    )
                )
            number += 1
    return number
