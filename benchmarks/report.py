"""The results of the benchmarks: kept as rows, reported as one table with its charts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chart import draw
from benchmarks.measure import Row, markdown

ROWS = "rows.json"


@dataclass(frozen=True)
class Result:
    """The table of one benchmark, and the machine that it was measured on."""

    machine: str
    title: str
    rows: Sequence[Row]


def load(folder: Path) -> dict[str, Result]:
    """The results of earlier runs, by benchmark; empty when there is no file yet."""
    path = folder / ROWS
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {
        name: Result(each["machine"], each["title"], [Row(**row) for row in each["rows"]])
        for name, each in stored.items()
    }


def write(results: Mapping[str, Result], folder: Path) -> str:
    """Write rows, report and charts into `folder`, and return the report."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = {name: asdict(result) for name, result in results.items()}
    (folder / ROWS).write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for old in folder.glob("*.svg"):
        old.unlink()
    charts = [
        f"![{result.title}]({name}.svg)\n"
        for name, result in results.items()
        if draw(result.title, result.rows, folder / f"{name}.svg")
    ]
    text = "\n".join([*table(results), "", *charts])
    (folder / "README.md").write_text(text, encoding="utf-8")
    return text


def table(results: Mapping[str, Result]) -> list[str]:
    """The lines of the report without its charts: the machine, and one table of all rows."""
    machines = sorted({result.machine for result in results.values()})
    rows = [
        row for result in results.values() for row in (Row(f"**{result.title}**", "", "", ""), *result.rows)
    ]
    return [
        "# Benchmarks",
        "",
        f"`make bench` on {'; and on '.join(machines)}.",
        "",
        "Medians, with the fastest and the slowest round; ours and the peer did the same work in the same run,",
        "except where the note says otherwise. Ratios are the figures to quote: seconds are this machine's.",
        "",
        *markdown(rows),
    ]


def tables_of(results: Mapping[str, Result]) -> dict[str, Sequence[Row]]:
    return {result.title: result.rows for result in results.values()}
