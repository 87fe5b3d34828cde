"""Figures in the documentation are quoted from the last run, never typed.

A page says what it quotes between two marks, tables by their title or rows by their name:

    <!-- benchmarks: Start-up | saxpy, hazards -->
    <!-- benchmarks: end -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Row, markdown

ROOT = Path(__file__).resolve().parent.parent
_QUOTATION = re.compile(r"<!-- benchmarks: (?!end )(.+?) -->\n.*?<!-- benchmarks: end -->", re.DOTALL)


def pages() -> Iterator[Path]:
    """Every page of the documentation that quotes figures."""
    folders = (ROOT, ROOT / "docs", ROOT / "lessons", ROOT / "gpu_labs")
    for path in (path for folder in folders for path in sorted(folder.glob("*.md"))):
        if _QUOTATION.search(path.read_text(encoding="utf-8")):
            yield path


def quoted(text: str, tables: Mapping[str, Sequence[Row]]) -> str:
    """`text` with the rows that it asks for between its marks.

    Raises ValueError when it asks for a table or row that was not measured.
    """
    return _QUOTATION.sub(lambda found: _filled(found.group(1), tables), text)


def _filled(wanted: str, tables: Mapping[str, Sequence[Row]]) -> str:
    by_name = {row.what: [row] for rows in tables.values() for row in rows} | dict(tables)
    rows: list[Row] = []
    for name in wanted.split(" | "):
        if name not in by_name:
            raise ValueError(f"it quotes {name!r}, which is no table and no row of the benchmarks")
        rows += by_name[name]
    return "\n".join([f"<!-- benchmarks: {wanted} -->", "", *markdown(rows), "", "<!-- benchmarks: end -->"])
