"""axe-core on an open page: what it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")


def violations(page, part: str = "html", impacts: tuple[str, ...] = ()) -> list[str]:
    """A line for each element of `part` (a CSS selector) that breaks a rule: of these `impacts`, or of any."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm ci`")
    # By the console, as a developer would: a page's own policy may let no script in.
    page.evaluate(AXE.read_text("utf-8"))
    run = "(part) => axe.run(document.querySelector(part), {resultTypes: ['violations']})"
    found = page.evaluate(run, part)
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]} {node['any'][:1]}"
        for violation in found["violations"]
        if not impacts or violation["impact"] in impacts
        for node in violation["nodes"]
    ]
