"""Sphinx's settings. Everything is served from the site itself: no fonts, scripts or styles from elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from website.sources import REPOSITORY, ROOT
from widgets.front_end import script, style

project = "Graph Duet"
author = "Graph Duet maintainers"
html_title = "Graph Duet"
html_baseurl = os.environ.get("DUET_SITE_URL", "https://graph-duet.github.io/graph-duet/")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinxcontrib.mermaid",
    "sphinx-mathjax-offline",
    "sphinx_sitemap",
    "sphinxext.opengraph",
]

nb_execution_mode = "off"  # lessons keep the outputs that they were committed with
nb_mime_priority_overrides = [("html", "text/html", 0)]
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]

templates_path = ["templates"]
html_theme = "sphinx_book_theme"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"type": "module"})]
html_favicon = "static/favicon.svg"
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "repository_url": REPOSITORY,
    "repository_branch": "main",
    "path_to_docs": "",
    "use_repository_button": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": False,
    "show_navbar_depth": 1,
    "navbar_persistent": [],  # the sidebar has the search already
    # Widgets need the width; long texts have their contents beside them.
    "secondary_sidebar_items": {"lessons/**": [], "gpu_labs/**": [], "index": [], "gallery": []},
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    },
}

mermaid_use_local = "mermaid.js"
mermaid_d3_zoom = False

sitemap_url_scheme = "{link}"
sitemap_excludes = ["404.html"]
ogp_site_url = html_baseurl
ogp_site_name = project
ogp_social_cards = {"enable": False}
ogp_image = f"{html_baseurl}_images/duet.png"

autosummary_generate = True
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": False}
napoleon_google_docstring = True


def _add_front_end(app: Any, _: object) -> None:
    """Put the widgets' front end and Mermaid beside the theme's files: each is fetched once for a page."""
    folder = Path(app.outdir) / "_static" / "front-end"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("app.js", "kernel_app.js", "trace_cache_app.js"):
        (folder / name).write_text(script(name), "utf-8")
    (folder / "style.css").write_text(style("kernel.css"), "utf-8")
    shutil.copy(ROOT / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js", folder.parent)


def _find_files_from_any_address(app: Any, _: object) -> None:
    """The host shows 404.html at the address that was asked for: its links start at the site's."""
    page = Path(app.outdir) / "404.html"
    page.write_text(
        page.read_text("utf-8").replace("<head>", f'<head><base href="{html_baseurl}">', 1), "utf-8"
    )


def _add_local_button(app: Any, pagename: str, _: str, context: dict[str, Any], doctree: object) -> None:
    """Beside Binder and Colab: how to run the page on one's own machine."""
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            group["buttons"].append(
                {
                    "type": "link",
                    "text": "On your machine",
                    "tooltip": "How to run it on your machine",
                    "icon": "fas fa-laptop",
                    "url": f"{context['pathto']('docs/where-it-runs')}#on-your-machine",
                }
            )


def setup(app: Any) -> None:
    app.add_css_file("front-end/style.css")
    app.connect("build-finished", _add_front_end)
    app.connect("build-finished", _find_files_from_any_address)
    app.connect("html-page-context", _add_local_button, priority=900)
