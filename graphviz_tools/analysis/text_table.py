"""A table of words and numbers as text and as HTML."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int]) -> str:
    """Lines of equal width; the columns with the places in `numbers` are aligned to the right."""
    lines = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        [
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    )
    return "\n".join("  ".join(line).rstrip() for line in padded)


def html_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A `<table>`; spaces at the beginning of a cell stay."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="white-space: pre">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
