"""The front end as a widget or a page takes it: one ES module and one style sheet, with nothing left to fetch.

`static/*.js` are the sources. `npm run bundle` joins what each entry imports into one file of `bundles/`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graphviz_tools.drawing.palette import KIND_COLOUR, PALETTE
from graphviz_tools.language import front_end_texts

_HERE = Path(__file__).parent


@cache
def script(entry: str = "app.js") -> str:
    """`static/<entry>` and everything that it imports, as one ES module, after the reader's language."""
    return _texts() + (_HERE / "bundles" / entry).read_text("utf-8")


@cache
def style(*further: str) -> str:
    """The style sheet: the palette as CSS variables for light and dark, the colours of boxes, then the files."""
    sheets = ("theme.css", *further)
    return _variables() + _kinds() + "".join((_HERE / "static" / name).read_text("utf-8") for name in sheets)


def _texts() -> str:
    """The catalogue that `static/text.js` reads; empty for English. JupyterLab's own language goes before."""
    texts = front_end_texts().replace("</", "<\\/")  # the module may be in a page's <script>
    return f"globalThis.graphDuetTexts ??= {texts};\n" if texts else ""


def _variables() -> str:
    light, dark = (
        "".join(f"--duet-{name}:{colour};" for name, colour in PALETTE[theme].items())
        for theme in ("light", "dark")
    )
    return (
        f".duet{{{light}color-scheme:light}}\n"
        f'body[data-jp-theme-light="false"] .duet:not([data-theme]),.vscode-dark .duet:not([data-theme]),'
        f'.duet[data-theme="dark"]{{{dark}color-scheme:dark}}\n'
        f'@media (prefers-color-scheme:dark){{.duet[data-theme="auto"]{{{dark}color-scheme:dark}}}}\n'
    )


def _kinds() -> str:
    """The colours of a box by the kind of its node. An ordinary op's are those of any box."""
    return "".join(
        f".duet .box.{kind} rect{{fill:var(--duet-{colour}-fill);stroke:var(--duet-{colour}-line)}}\n"
        for kind, colour in KIND_COLOUR.items()
        if kind != "op"
    )
