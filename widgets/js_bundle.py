"""The front end as one module and one style sheet, made when it is asked for: no build step, nothing fetched.

`static/*.js` are plain ES modules that import each other by name. A notebook takes one module, and a page
that stands alone carries it inline, so each file becomes a function that returns what it exports.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from graphviz_tools.drawing.palette import PALETTE

STATIC = Path(__file__).parent / "static"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)


@cache
def script(entry: str = "app.js") -> str:
    """`entry` and everything that it imports, as one ES module that exports what `entry` exports.

    Raises ValueError when a file imports or exports in a way that the bundler does not read.
    """
    order: list[str] = []
    _visit(entry, order, ())
    return "\n".join([_module(name) for name in order[:-1]] + [_plain(order[-1])])


@cache
def style(*further: str) -> str:
    """The style sheet, with the palette as CSS variables for light and dark, then the `further` files."""
    return _variables() + "".join((STATIC / name).read_text("utf-8") for name in ("theme.css", *further))


def _visit(name: str, order: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"{' imports '.join((*above, name))}: a circle of imports")
    if name in order:
        return
    for _, needed in _IMPORT.findall(_text(name)):
        _visit(needed, order, (*above, name))
    order.append(name)


@cache
def _text(name: str) -> str:
    text = (STATIC / name).read_text("utf-8")
    left = re.search(r"^import .*$", _IMPORT.sub("", text), re.MULTILINE)
    if left:
        raise ValueError(f'{name}: write {left.group(0)!r} as `import {{ a, b }} from "./file.js";`')
    return text


def _variable(name: str) -> str:
    return "$" + name.removesuffix(".js")


def _plain(name: str) -> str:
    """A file's code, with its imports taken from the modules before it."""
    return _IMPORT.sub(
        lambda m: f"const {{{m.group(1).replace(' as ', ': ')}}} = {_variable(m.group(2))};\n", _text(name)
    )


def _module(name: str) -> str:
    text = _plain(name)
    if _DEFAULT.search(text):
        raise ValueError(f"{name}: only the entry may have a default export")
    names = _EXPORT.findall(text)
    body = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }};\n}})();"


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
