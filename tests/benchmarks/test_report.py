"""`make bench` writes one table with charts, and a benchmark that fails is a row that says why."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.chart import share, times_faster
from benchmarks.measure import ROWS_FILE, Row, Timing, compared, not_measured, of_limit, publish
from benchmarks.quote import pages, quoted
from benchmarks.report import Result, load, tables_of, write

ROWS = [
    Row("ours", "5 ms", "10 ms", "2.0x faster"),
    Row("slow", "5 ms", "50 s", "10,000x faster"),
    not_measured("peer", ImportError("no module named peer\nand more")),
]


def test_what_a_benchmark_publishes_is_collected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ROWS_FILE, str(tmp_path / "rows"))
    publish("first", ROWS)
    assert json.loads((tmp_path / "rows").read_text()) == {
        "title": "first",
        "rows": [asdict(row) for row in ROWS],
    }


def test_the_report_is_one_table_and_its_charts(tmp_path: Path) -> None:
    text = write({"one": Result("here", "first", ROWS), "two": Result("there", "second", ROWS[:1])}, tmp_path)
    assert text.count("| what |") == 1 and "on here; and on there." in text
    assert "| slow | 5 ms | 50 s | 10,000x faster |  |" in text
    assert "not measured: ImportError: no module named peer |" in text
    assert [path.name for path in tmp_path.glob("*.svg")] == ["one.svg"], "one bar is not a chart"
    assert "10,000x faster" in (tmp_path / "one.svg").read_text()


def test_a_result_is_kept_until_its_benchmark_runs_again(tmp_path: Path) -> None:
    first = {"one": Result("here", "first", ROWS), "two": Result("here", "second", ROWS[:1])}
    write(first, tmp_path)
    assert load(tmp_path) == first
    assert load(tmp_path / "elsewhere") == {}


def test_a_page_quotes_tables_and_rows_of_the_last_run() -> None:
    page = "before\n\n<!-- benchmarks: slow | second -->\nold\n<!-- benchmarks: end -->\n\nafter\n"
    tables = {"first": ROWS, "second": [Row("other", "1 ms", "", "")]}
    text = quoted(page, tables)
    assert quoted(text, tables) == text
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "| slow | 5 ms | 50 s | 10,000x faster |" in text and "| other | 1 ms |" in text
    assert "old" not in text and "| ours |" in text and "| note |" not in text, "an empty column is left out"
    with pytest.raises(ValueError, match="'slow', which is not a table or row"):
        quoted(page, {})


def test_every_figure_on_a_page_is_one_that_was_measured() -> None:
    tables = tables_of(load(bench.RESULTS))
    quoting = {str(page.relative_to(bench.HERE.parent)): page.read_text(encoding="utf-8") for page in pages()}
    assert {"README.md", "docs/executor.md", "docs/binder.md"} <= set(quoting)
    for name, text in quoting.items():
        assert quoted(text, tables) == text, f"{name} is not what `python -m benchmarks` wrote"


def test_a_figure_over_its_limit_is_written_and_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [Row("L01 lesson", "1,854 MB", "", of_limit(1_854, 1_800, "1,800 MB"))]
    monkeypatch.setattr(bench, "run", lambda name: Result("here", "memory", rows))
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    monkeypatch.setattr(bench, "pages", list)
    monkeypatch.setattr("sys.argv", ["benchmarks", "lessons"])
    assert bench.main() == 1
    assert "L01 lesson: OVER: 1.03 of 1,800 MB" in capsys.readouterr().err
    assert load(tmp_path)["lessons"].rows == rows


def test_a_benchmark_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match=r"No module named benchmarks\.no_such_benchmark"):
        bench.run("no_such_benchmark")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [((0.0012,), "1.2 ms (once)"), ((0.1, 0.2, 1.5), "200 ms (100-1,500 ms)"), ((2.0, 3.0), "2.5 s (2-3 s)")],
)
def test_a_timing_has_three_digits_and_its_spread(seconds: tuple[float, ...], text: str) -> None:
    assert str(Timing(seconds)) == text


def test_a_comparison_says_who_is_faster() -> None:
    assert compared(Timing((1.0, 2.0)), Timing((1500.0, 3000.0))) == "1,500x faster"
    assert compared(Timing((3.0,)), Timing((2.0,))) == "1.5x slower"


@pytest.mark.parametrize(
    ("ratio", "times"),
    [("over 1,234x faster", 1234), ("2x slower", 0.5), ("5.1x (limit 5x)", None), ("", None)],
)
def test_a_bar_says_how_many_times_faster(ratio: str, times: float | None) -> None:
    assert times_faster(Row("", "", "", ratio)) == times


def test_a_bar_says_how_much_of_a_limit() -> None:
    assert share(Row("", "", "", "0.56 of 1,800 MB")) == 0.56
    assert share(Row("", "", "", of_limit(1_854, 1_800, "1,800 MB"))) == 1.03
    assert share(Row("", "", "", "5.1x")) is None


@pytest.mark.parametrize("name", bench.NAMES)
def test_a_benchmark_can_be_run_alone_and_publishes(name: str) -> None:
    text = (bench.HERE / f"{name}.py").read_text()
    assert f"python -m benchmarks.{name}" in text, "its docstring says how"
    assert "publish(" in text
