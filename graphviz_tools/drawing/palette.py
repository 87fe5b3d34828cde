"""The colours of every picture, light and dark, in one place.

The hues stay apart for the common forms of colour blindness (blue, orange, yellow and green after Okabe and
Ito, "Color Universal Design", 2008), and nothing is said by colour alone: kinds also differ in shape.
"""

from __future__ import annotations

from typing import Literal

from graphviz_tools.errors import UserError
from graphviz_tools.language import _

Theme = Literal["light", "dark"]

PALETTE: dict[Theme, dict[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "panel": "#f6f8fa",
        "rule": "#d0d7de",
        "ink": "#1f2328",
        "muted": "#59636e",
        "ghost": "#d8dee4",
        "ghost-line": "#949da6",
        "ghost-ink": "#8c959f",
        "edge": "#656d76",
        "accent": "#0969da",
        "accent-ink": "#ffffff",
        "current": "#ddf4ff",
        "gradient": "#b04500",
        "gradient-fill": "#fff1e5",
        "freed": "#8c959f",
        "good": "#1a7f37",
        "bad": "#cf222e",
        "op-fill": "#ffffff",
        "op-line": "#656d76",
        "input-fill": "#dafbe1",
        "input-line": "#1a7f37",
        "parameter-fill": "#fbefff",
        "parameter-line": "#7340cf",
        "constant-fill": "#f6f8fa",
        "constant-line": "#8c959f",
        "branch-fill": "#fff8c5",
        "branch-line": "#7d4e00",
        "output-fill": "#ddf4ff",
        "output-line": "#0969da",
        "autograd-fill": "#fff1e5",
        "autograd-line": "#b04500",
        "scope-fill": "#f6f8fa",
        "scope-line": "#656d76",
        "forward": "#a4c8f0",
        "backward": "#e3b591",
        "trace": "#cbb8ea",
        "run": "#9fd8ae",
        "optimize": "#e6d48a",
        "phase-ink": "#1f2328",
    },
    "dark": {
        "paper": "#0d1117",
        "panel": "#161b22",
        "rule": "#30363d",
        "ink": "#f0f6fc",
        "muted": "#9198a1",
        "ghost": "#3d444d",
        "ghost-line": "#565e68",
        "ghost-ink": "#656c76",
        "edge": "#8b949e",
        "accent": "#58a6ff",
        "accent-ink": "#0d1117",
        "current": "#1c3450",
        "gradient": "#ff9b52",
        "gradient-fill": "#33200f",
        "freed": "#656c76",
        "good": "#56d364",
        "bad": "#ff7b72",
        "op-fill": "#161b22",
        "op-line": "#8b949e",
        "input-fill": "#12261b",
        "input-line": "#3fb950",
        "parameter-fill": "#241b36",
        "parameter-line": "#bc8cff",
        "constant-fill": "#161b22",
        "constant-line": "#656c76",
        "branch-fill": "#2b2411",
        "branch-line": "#e3b341",
        "output-fill": "#0c2042",
        "output-line": "#58a6ff",
        "autograd-fill": "#33200f",
        "autograd-line": "#ff9b52",
        "scope-fill": "#161b22",
        "scope-line": "#8b949e",
        "forward": "#2f5584",
        "backward": "#7a4a28",
        "trace": "#54428a",
        "run": "#2a6540",
        "optimize": "#675a1c",
        "phase-ink": "#f0f6fc",
    },
}

KIND_COLOUR = {
    "op": "op",
    "input": "input",
    "parameter": "parameter",
    "variable": "parameter",
    "constant": "constant",
    "branch": "branch",
    "output": "output",
    "autograd": "autograd",
    "scope": "scope",
}


def colours(theme: str) -> dict[str, str]:
    """The colours of `theme`, "light" or "dark". Raises UserError for any other name."""
    for known, palette in PALETTE.items():
        if theme == known:
            return palette
    raise UserError(_("there is no theme {theme!r}: choose 'light' or 'dark'", theme=theme))
