"""One self-contained HTML page: the frame that feedback and the class report share. Everything put in is
escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2430; margin: 2rem auto; max-width: 54rem; padding: 0
1rem } h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem; border-top: 1px solid #d9dce3;
padding-top: 1rem } pre { background: #f5f6f9; padding: .6rem .8rem; overflow-x: auto; white-space: pre-
wrap; border-radius: 4px; margin: 0 } table { border-collapse: collapse; width: 100% } td, th { text-align:
left; padding: .35rem .7rem; vertical-align: top } tbody tr { border-top: 1px solid #e4e6ec } td.number,
th.number { text-align: right; white-space: nowrap } dt { font-weight: 600; margin-top: .6rem } dd { margin:
.2rem 0 0 0 } img { max-width: 100% } .right { color: #1a7f37 } .wrong { color: #b3261e } .comment { border-left:
3px solid #3e7cb1; padding-left: .8rem; white-space: pre-wrap } .note { color:
#5b6270 } details { margin: .4rem 0 } summary { cursor: pointer }
"""

# No script, no request to anywhere: text that others wrote stays text.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, body: Iterable[str]) -> str:
    """The page. `title` is escaped here; the parts of `body` are HTML that `element` and `escape` made."""
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>",
            element("h1", title),
            *body,
            "</html>\n",
        ]
    )


def element(tag: str, text: str, of_class: str = "") -> str:
    """One element with escaped text."""
    attribute = f' class="{of_class}"' if of_class else ""
    return f"<{tag}{attribute}>{escape(text)}</{tag}>"


def picture(png: str, alt: str) -> str:
    """A PNG given in base64, which the caller has checked to be one."""
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{escape(png)}">'


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: int = 0) -> str:
    """A table of plain text; its last `numbers` columns are numbers."""
    head = list(head)
    first_number = len(head) - numbers

    def line(tag: str, cells: Iterable[str]) -> str:
        made = (element(tag, cell, "number" if i >= first_number else "") for i, cell in enumerate(cells))
        return f"<tr>{''.join(made)}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', head)}</thead>\n<tbody>\n{body}\n</tbody></table>"
