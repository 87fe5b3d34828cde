"""`make bench` writes one table with charts, and a benchmark that fails is a row that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import quote
from benchmarks.chart import ratio_of
from benchmarks.measure import ROWS_FILE, Row, not_measured, publish

ROWS = [
    Row("ours", "5 ms", "10 ms", "2.0x faster"),
    Row("slow", "5 ms", "50 s", "10,000x faster"),
    not_measured("peer", ImportError("no module named peer\nand more")),
]


def test_what_a_benchmark_publishes_is_collected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ROWS_FILE, str(tmp_path / "rows"))
    publish("first", ROWS)
    publish("second", ROWS[:1])
    assert bench.read((tmp_path / "rows").read_text()) == {"first": ROWS, "second": ROWS[:1]}


def test_the_report_is_one_table_and_its_charts(tmp_path: Path) -> None:
    text = bench.report({"first": ROWS, "second": ROWS[:1]}, tmp_path)
    assert text.count("| what |") == 1
    assert "| slow | 5 ms | 50 s | 10,000x faster |  |" in text
    assert "not measured: ImportError: no module named peer |" in text
    assert [path.name for path in tmp_path.iterdir()] == ["chart1.svg"], "one bar is no chart"
    assert "10,000x faster" in (tmp_path / "chart1.svg").read_text()


def test_the_readme_quotes_rows_of_the_run(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{quote.BEGIN}old figures\n{quote.END}\n\nafter\n")
    for _ in range(2):
        quote.quote([Row(quote.QUOTED[0], "5 ms", "1 ms", "5x"), *ROWS], readme)
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert text.count("| 5x |") == 1
    assert "old" not in text and "slow" not in text
    readme.write_text("no marks")
    with pytest.raises(ValueError, match="lacks the marks"):
        quote.quote(ROWS, readme)


def test_the_readme_has_the_marks() -> None:
    assert quote.BEGIN in quote.README.read_text(encoding="utf-8")


def test_a_benchmark_that_fails_is_a_row_that_says_why() -> None:
    went, tables = bench.run("no_such_benchmark")
    assert not went
    assert "No module named benchmarks.no_such_benchmark" in tables["no_such_benchmark: failed"][0].note


@pytest.mark.parametrize(
    ("ratio", "number"), [("1,234x faster", 1234), ("5.1x (limit 5x)", 5.1), ("", None), ("0 MB", None)]
)
def test_a_bar_is_as_long_as_the_first_number(ratio: str, number: float | None) -> None:
    assert ratio_of(Row("", "", "", ratio)) == number


@pytest.mark.parametrize("name", bench.names())
def test_a_benchmark_can_be_run_alone_and_publishes(name: str) -> None:
    text = (bench.HERE / f"{name}.py").read_text()
    assert f"python -m benchmarks.{name}" in text, "its docstring says how"
    assert "publish(" in text
