"""The rows that the README quotes, put there by the run that measured them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Row, markdown

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- benchmarks: begin -->\n", "<!-- benchmarks: end -->"
QUOTED = (
    "forward + backward, values",
    "torchlens",
    "first picture, 16 layers",
    "saxpy, hazards",
    "matmul, hazards",
    "pytest --nbval",
    "nbgrader autograde",
    "a kernel with torch and TensorFlow",
)


def quote(rows: Sequence[Row], readme: Path = README) -> None:
    """Replace what stands between the marks in `readme`. Raises ValueError where the marks are missing."""
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} lacks the marks {BEGIN.strip()} and {END}")
    lines = markdown([row for row in rows if row.what in QUOTED])
    readme.write_text("\n".join([before + begin, *lines, "", end + after]), encoding="utf-8")
