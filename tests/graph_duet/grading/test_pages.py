"""Feedback, class report and export: what they tell, what they hide, and that no text of a student runs in them."""

from __future__ import annotations

import base64
import csv
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from graph_duet.grading import Bundle, CheckResult, Report
from graph_duet.grading.classroom.export import FORMS, export, export_into
from graph_duet.grading.classroom.gradebook import Entry, Gradebook
from graph_duet.grading.judging.judge import Outcome
from graph_duet.grading.judging.verdict import clean, verdict
from graph_duet.grading.pages.class_report import write_class_report
from graph_duet.grading.pages.feedback import write_feedback
from graphviz_tools.errors import UserError

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def book(bundle: Bundle, tmp_path: Path) -> Gradebook:
    """Ann is right, Bob is wrong with evil text, Cyd's file is broken, Dee is not graded yet."""
    made = Gradebook(tmp_path / "book.sqlite")
    made.open_assignment(bundle)
    right = tuple(
        CheckResult(c.task, c.cell, c.points, c.points, c.hidden, expects=c.expects)
        for c in bundle.exercise.checks
    )
    wrong = tuple(
        replace(c, points=0.0, fault="error", message=EVIL, got="" if c.hidden else EVIL) for c in right
    )
    for student, report in {
        "ann": Report("T01", right),
        f"=bob{EVIL}": Report("T01", wrong, notes=(EVIL,)),
        "cyd": Report("T01", wrong, "unreadable", EVIL),
        "dee": Report("T01", wrong, "infrastructure", "the disk is full"),
    }.items():
        made.enter(Entry(student, student, f"d-{student}", f"k-{student}", report))
    return made


def test_no_text_of_a_student_becomes_html(book: Gradebook, tmp_path: Path) -> None:
    assert write_feedback(book, "T01", tmp_path / "feedback") == 4
    write_class_report(book, "T01", tmp_path / "class.html")
    pages = [*(tmp_path / "feedback").glob("*.html"), tmp_path / "class.html"]
    assert len(pages) == 5
    for page in pages:
        for tag, attributes in Tags(page.read_text()).found:
            assert tag != "script"
            assert not [name for name in attributes if name.startswith("on")]
            assert (attributes.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")


def test_feedback_shows_what_was_expected_and_the_hints_but_no_hidden_case(
    book: Gradebook, tmp_path: Path
) -> None:
    write_feedback(book, "T01", tmp_path)
    (page,) = (p.read_text() for p in tmp_path.glob("*bob*.html"))
    assert "x, negatives set to 0" in page
    assert "What is max(x, 0)?" in page
    assert "A hidden check: the code raised an error" in page
    assert "relu(x * 3)" not in page
    assert "not graded yet" in (tmp_path / "dee.html").read_text()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_whoever_is_not_graded_yet_is_left_out_of_an_export(
    book: Gradebook, tmp_path: Path, form: str
) -> None:
    assert export(book, "T01", form, tmp_path / "out") == 3
    written = [p.read_text() for p in [tmp_path / "out", *(tmp_path / "out").rglob("*.json")] if p.is_file()]
    assert not [text for text in written if "dee" in text]


def test_each_platform_gets_its_own_columns(book: Gradebook, bundle: Bundle, tmp_path: Path) -> None:
    for form in ("canvas", "moodle", "csv"):
        export(book, "T01", form, tmp_path / form)
    canvas, moodle, table = (list(csv.reader((tmp_path / f).open())) for f in ("canvas", "moodle", "csv"))
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "T01 A small exercise"]
    assert (canvas[1][0].strip(), canvas[1][-1]) == ("Points Possible", "10")
    assert moodle[0] == ["username", "T01", "T01 feedback"]
    assert ["ann", "10", "task 1: 5, task 2: 1, task 3: 4"] in moodle
    assert ["ann", "5", "1", "4", "10", "10", ""] in table
    assert not [
        cell for row in (*canvas, *moodle, *table) for cell in row if cell.startswith(("=", "+", "-", "@"))
    ]
    export(book, "T01", "gradescope", tmp_path / "gradescope")
    ann = json.loads((tmp_path / "gradescope" / "ann" / "results.json").read_text())
    assert (ann["score"], len(ann["tests"])) == (10, 3)


def test_an_unknown_format_or_exercise_gives_one_sentence(book: Gradebook, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="choose canvas, moodle, gradescope, csv"):
        export(book, "T01", "word", tmp_path / "x")
    with pytest.raises(UserError, match="no exercise 'T09'; it has T01"):
        write_class_report(book, "T09", tmp_path / "x")


def test_what_is_shown_of_outputs_is_plain_text_and_real_pictures(bundle: Bundle) -> None:
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n rest").decode()
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x07\x00 \ud800"},
        {
            "output_type": "display_data",
            "data": {"image/svg+xml": "<svg onload=alert(1)>", "text/plain": "s"},
        },
        {"output_type": "display_data", "data": {"image/png": "bm90IGEgcGljdHVyZQ==", "text/plain": "p"}},
        {"output_type": "display_data", "data": {"image/png": png, "text/plain": "p"}},
    ]
    checks = bundle.exercise.checks
    outcomes = [Outcome(0, "check", c.cell, c.task, "", "", outputs) for c in checks]
    seen, hidden = verdict(bundle.exercise, outcomes, {}).checks[:2]
    assert seen.got == "red\ufffd\ufffd \ufffd"
    assert seen.picture == png
    assert (hidden.got, hidden.picture) == ("", "")
    assert len(clean("x" * 10**6)) < 3000


def test_feedback_says_what_is_wrong_with_the_form_and_what_another_cell_cannot_give(
    bundle: Bundle, tmp_path: Path
) -> None:
    made = Gradebook(tmp_path / "book.sqlite")
    made.open_assignment(bundle)
    said = {
        "ann": ("wrong", "float64[7] was expected, and float32[7] came"),
        "bob": ("error", "NameError: no x"),
    }
    for student, (fault, message) in said.items():
        checks = tuple(
            CheckResult(c.task, c.cell, 0.0, c.points, c.hidden, fault, message)
            for c in bundle.exercise.checks
        )
        made.enter(Entry(student, student, f"d-{student}", f"k-{student}", Report("T01", checks)))
    write_feedback(made, "T01", tmp_path)
    assert "<dt>Difference</dt><dd>float64[7] was expected" in (tmp_path / "ann.html").read_text()
    assert "a cell that you added" in (tmp_path / "bob.html").read_text()
    assert "a cell that you added" not in (tmp_path / "ann.html").read_text()


def test_marks_go_into_the_table_that_canvas_exported(book: Gradebook, tmp_path: Path) -> None:
    roster = tmp_path / "canvas.csv"
    roster.write_text(
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Essay (3)\n    Points Possible,,,,,5\n"
        "Ann A,101,,ann,S1,4\nEve E,102,,eve,S1,3\n"
    )
    number, missing = export_into(book, "T01", "canvas", roster, tmp_path / "out.csv")
    assert (number, missing) == (1, [f"=bob{EVIL}", "cyd"])
    assert list(csv.reader((tmp_path / "out.csv").open(encoding="utf-8-sig"))) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Essay (3)", "T01 A small exercise"],
        ["    Points Possible", "", "", "", "", "5", "10"],
        ["Ann A", "101", "", "ann", "S1", "4", "10"],
        ["Eve E", "102", "", "eve", "S1", "3", ""],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,mark\nann,1\n", "is not an export of Canvas"),
        ("Student,ID\nann,1\nann,2\n", "2 rows whose Student is ann"),
    ],
)
def test_an_invalid_roster_gives_one_sentence(book: Gradebook, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        export_into(book, "T01", "canvas", tmp_path / "roster.csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (submission),Feedback comments\r\n"
    "Participant 4711,Ann A,ann@school.edu,Submitted,,{0},-,\r\n"
    'Teilnehmer/in 4712,"Eve, E",eve@school.edu,No submission,3,{0},-,"a ""b"""\r\n'
)


def test_marks_go_into_the_worksheet_that_moodle_exported(bundle: Bundle, tmp_path: Path) -> None:
    made = Gradebook(tmp_path / "book.sqlite")
    made.open_assignment(bundle)
    checks = tuple(CheckResult(c.task, c.cell, c.points, c.points, c.hidden) for c in bundle.exercise.checks)
    for student in ("Ann A_4711", "Bo_99"):
        made.enter(Entry(student, student, student, student, Report("T01", checks)))
    (tmp_path / "worksheet.csv").write_bytes(WORKSHEET.format("10,00").encode())
    target = tmp_path / "out.csv"
    assert export_into(made, "T01", "moodle", tmp_path / "worksheet.csv", target) == (1, ["Bo_99"])
    assert target.read_bytes().decode() == WORKSHEET.format("10,00").replace("Submitted,,", "Submitted,10,")
    (tmp_path / "worksheet.csv").write_bytes(WORKSHEET.format("100").encode())
    with pytest.raises(UserError, match="maximum grade is 100, and the exercise has 10 points"):
        export_into(made, "T01", "moodle", tmp_path / "worksheet.csv", target)
    (tmp_path / "worksheet.csv").write_text("Student,ID\nann,1\n")
    with pytest.raises(UserError, match="is not a grading worksheet of Moodle"):
        export_into(made, "T01", "moodle", tmp_path / "worksheet.csv", target)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_roster_comes_out_byte_for_byte_but_for_the_mark(
    book: Gradebook, tmp_path: Path, encoding: str, separator: str
) -> None:
    lines = [
        "Student,ID,SIS Login ID,Notes,T01 A small exercise (9)",
        '"Jos\u00e9",007,ann,"a ""b""",',
        "Z\u00fc,2,z,1.50,",
    ]
    text = "\r\n".join(line.replace(",", separator) for line in lines) + "\r\n"
    (tmp_path / "roster.csv").write_bytes(text.encode(encoding))
    export_into(book, "T01", "canvas", tmp_path / "roster.csv", tmp_path / "out.csv")
    out = (tmp_path / "out.csv").read_bytes().decode(encoding)
    before, after = text.split("\r\n"), out.split("\r\n")
    assert (after[0], after[2], after[3]) == (before[0], before[2], "")
    assert after[1].startswith(before[1])
    assert after[1][len(before[1]) :].replace(".", "").isdigit()
