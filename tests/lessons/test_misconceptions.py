"""Every misconception of the course trips somewhere: its believer's prediction stands beside what was seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from graph_duet.authoring.cell_ids import cell_ids
from graph_duet.authoring.source import read_source

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Trip:
    """Where a belief trips: a cell of a lesson that names it. `predicted` is what its believer expects, a text
    in that cell, its output or the Markdown above it; `seen` stands in the cell's saved output."""

    belief: str
    folder: Path
    cell: str
    predicted: str
    seen: str


def trips() -> list[Trip]:
    """Every code cell of a lesson.md with `:belief:`, `:predicted:` and `:seen:`."""
    found: list[Trip] = []
    for path in sorted(ROOT.glob("lessons/L*/lesson.md")):
        source = read_source(path)
        for cell, id in zip(source.cells, cell_ids(source), strict=True):
            if "belief" in cell.options:
                belief, predicted, seen = (str(cell.options[key]) for key in ("belief", "predicted", "seen"))
                found.append(Trip(belief, path.parent, id, predicted, seen))
    return found


@pytest.mark.parametrize("trip", trips(), ids=lambda trip: f"{trip.folder.name[:3]} {trip.belief}")
def test_its_believer_predicts_wrongly_and_sees_it(trip: Trip) -> None:
    cells = nbformat.read(trip.folder / "lesson.ipynb", as_version=4).cells
    number = next(i for i, cell in enumerate(cells) if cell.id == trip.cell)
    above = next(cell for cell in reversed(cells[:number]) if cell.cell_type == "markdown")
    assert trip.predicted in above.source + cells[number].source + printed(cells[number])
    assert trip.seen in printed(cells[number])
    assert trip.predicted != trip.seen


def test_the_course_map_says_where_each_one_trips() -> None:
    text = (ROOT / "lessons" / "README.md").read_text("utf-8")
    table = text.partition("## Which misconception trips where")[2]
    rows = dict(re.findall(r"^\| (?!misconception|-)([^|]+) \| ([^|]+) \|$", table, re.MULTILINE))
    assert set(rows) == {trip.belief for trip in trips()}
    for trip in trips():
        assert trip.folder.name[:3] in rows[trip.belief]


def printed(cell: NotebookNode) -> str:
    """What the cell's saved output shows as text."""
    return "".join(output.get("text", "") for output in cell.outputs)
