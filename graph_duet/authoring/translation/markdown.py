"""The translatable pieces of a Markdown cell: paragraphs, headings, list items and cells of tables, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.token import Token

Translate = Callable[[str, int], str]  # (text on one line, its line in the cell from 0) -> the text to show

_SUMMARY = re.compile(r"(?P<opens><summary>)(?P<words>.*?)(?P<closes></summary>)")
_HARD_BREAK = re.compile(r"(?:  |\\)$")


def translate_markdown(text: str, translate: Translate) -> str:
    """`text` with each piece replaced by what `translate` returns for it.

    Code blocks, link targets of the page's structure, and everything that is returned unchanged stay as they
    are, line by line.
    """
    lines = text.split("\n")
    done: dict[int, int] = {}  # how far the cells of a table's row were replaced
    joined: set[int] = set()  # lines that became part of the one above
    parser = MarkdownIt("commonmark").enable("table").disable("inline", True)
    in_table = False
    for token in parser.parse(text):
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        if token.type == "inline" and token.map and token.content.strip():
            if in_table:
                number = token.map[0]
                done[number] = _replace_piece(
                    lines, number, token.content.strip(), translate, done.get(number, 0)
                )
            else:
                joined |= _replace_block(lines, token, translate)
        elif token.type == "html_block" and token.map:
            _replace_summary(lines, token.map[0], token.map[1], translate)
    return "\n".join(line for number, line in enumerate(lines) if number not in joined)


def _replace_block(lines: list[str], token: Token, translate: Translate) -> set[int]:
    """A paragraph, heading or list item. One on several lines becomes one line where it changes; returned are
    the lines that are then left over."""
    assert token.map is not None
    first = token.map[0]
    parts = token.content.split("\n")
    last = first + len(parts)
    at = lines[first].find(parts[0].strip())
    if at < 0:
        return set()
    if any(_HARD_BREAK.search(line) for line in lines[first : last - 1]):
        for offset, part in enumerate(parts):
            _replace_piece(lines, first + offset, part.strip(), translate)
        return set()
    message = " ".join(part.strip() for part in parts)
    shown = translate(message, first)
    if shown == message:
        return set()
    tail = lines[first][at + len(parts[0].strip()) :] if len(parts) == 1 else ""
    lines[first] = lines[first][:at] + shown + tail
    return set(range(first + 1, last))


def _replace_piece(lines: list[str], number: int, piece: str, translate: Translate, start: int = 0) -> int:
    """A part of one line, looked for from column `start`; returns the column behind it."""
    at = lines[number].find(piece, start)
    if at < 0 or not any(letter.isalpha() for letter in piece):
        return start
    shown = translate(piece, number)
    lines[number] = lines[number][:at] + shown + lines[number][at + len(piece) :]
    return at + len(shown)


def _replace_summary(lines: list[str], first: int, last: int, translate: Translate) -> None:
    """The words on which a folded hint is opened."""
    for number in range(first, min(last, len(lines))):
        lines[number] = _SUMMARY.sub(
            lambda found, at=number: found["opens"] + translate(found["words"], at) + found["closes"],
            lines[number],
        )
