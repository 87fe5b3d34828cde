"""Fill in the figures that documentation quotes from the last run; nobody types one.

A page names what it quotes between two marks, tables by title or rows by name:

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
    """Return `text` with the quoted rows between its marks.

    Raises ValueError when a table or row was not measured.
    """
    return _QUOTATION.sub(lambda found: _filled(found.group(1), tables), text)


def _filled(wanted: str, tables: Mapping[str, Sequence[Row]]) -> str:
    by_name = {row.what: [row] for rows in tables.values() for row in rows} | dict(tables)
    rows: list[Row] = []
    for name in wanted.split(" | "):
        if name not in by_name:
            raise ValueError(f"it quotes {name!r}, which is not a table or row of the benchmarks")
        rows += by_name[name]
    return "\n".join([f"<!-- benchmarks: {wanted} -->", "", *markdown(rows), "", "<!-- benchmarks: end -->"])
