"""Every misconception of the course trips somewhere: its believer's prediction stands beside what was seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Trip:
    """Where a belief trips: the cell `cell` of a lesson. `predicted` is what its believer expects, a text in
    that cell, its output, the Markdown above it or the cell with the guess; `seen` stands in the cell's saved
    output, which running the lesson gives again."""

    belief: str
    lesson: str
    cell: str
    predicted: str
    seen: str


TRIPS = (
    Trip(
        "PyTorch means dynamic and TensorFlow means static",
        "L00_map",
        "code-06",
        "the first line below prints a graph, and the second a number",
        "TensorFlow: tf.Tensor(7, shape=(), dtype=int32)\nPyTorch: graph():",
    ),
    Trip(
        "PyTorch means dynamic and TensorFlow means static",
        "L01_define_by_run",
        "code-14",
        "TensorFlow must print a handle here, and PyTorch a number",
        "tf.Tensor(64.0, shape=(), dtype=float32)\ngraph():",
    ),
    Trip("the graph is built at `backward()`", "L01_define_by_run", "code-13", "believer: 0", "counted: 4"),
    Trip("`backward()` is idempotent", "L03_leaves", "code-12", "believer: 6.0", "seen: 12.0"),
    Trip("tracing records an `if`", "L04_control_flow", "code-09", "guess 6.0", "baked 36.0"),
    Trip("recursion just works", "L04_control_flow", "code-14", "expects 120 twice", "RecursionError"),
    Trip("a Python scalar is a tensor", "L05_tracing", "code-04", "'tf, numbers': 1", "'tf, numbers': 3"),
    Trip(
        "Python runs on every call of a `tf.function`",
        "L06_state",
        "code-03",
        "guess {'eager': 3, 'tf.function': 3}",
        "seen {'eager': 3, 'tf.function': 1}",
    ),
    Trip(
        "outer state is live",
        "L06_state",
        "code-10",
        "expects 1, then 20, three times over",
        "eager 20.0  tf.function  1.0",
    ),
    Trip("gradcheck is enough", "L12_custom_gradients", "code-11", "gradcheck True", "gradgradcheck False"),
    Trip("autograd sees external writes", "L12_custom_gradients", "code-13", "believer: 6.0", "seen: 200.0"),
)
PLANNED = {"compiled is always faster"}  # L18


@pytest.mark.parametrize("trip", TRIPS, ids=lambda trip: f"{trip.lesson[:3]} {trip.belief}")
def test_its_believer_predicts_wrongly_and_sees_it(trip: Trip) -> None:
    cells = nbformat.read(ROOT / "lessons" / trip.lesson / "lesson.ipynb", as_version=4).cells
    number = next(i for i, cell in enumerate(cells) if cell.id == trip.cell)
    above = next(cell for cell in reversed(cells[:number]) if cell.cell_type == "markdown")
    assert trip.predicted in above.source + cells[number].source + printed(cells[number])
    assert trip.seen in printed(cells[number])
    assert trip.predicted != trip.seen


def test_the_course_map_says_where_each_one_trips() -> None:
    text = (ROOT / "lessons" / "README.md").read_text("utf-8")
    table = text.partition("## Which misconception trips where")[2]
    rows = dict(re.findall(r"^\| (?!misconception|-)([^|]+) \| ([^|]+) \|$", table, re.MULTILINE))
    assert set(rows) == {trip.belief for trip in TRIPS} | PLANNED
    for trip in TRIPS:
        assert trip.lesson[:3] in rows[trip.belief]


def printed(cell: NotebookNode) -> str:
    """What the cell's saved output shows as text."""
    return "".join(output.get("text", "") for output in cell.outputs)
