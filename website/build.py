"""From the repository to a folder of static pages: gather the sources, then let Sphinx build them."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from graphviz_tools.errors import UserError
from website.sources import gather

HERE = Path(__file__).resolve().parent


def build_site(folder: Path) -> int:
    """Build the whole site into `folder` and return how many pages it has.

    Raises UserError with Sphinx's own lines when it warns: a link that leads nowhere is a warning.
    """
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor

    nocolor()
    warnings = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="duet-site-") as place:
        source = Path(place) / "source"
        gather(source)
        app = Sphinx(
            str(source),
            str(HERE),
            str(folder),
            str(Path(place) / "doctrees"),
            "html",
            status=None,
            warning=warnings,
            freshenv=True,
        )
        app.build()
    if found := warnings.getvalue().strip():
        raise UserError(f"the site does not build cleanly:\n{found}")
    return len(list(folder.rglob("*.html")))
