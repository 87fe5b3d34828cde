"""Deadlines, extensions, groups and attempts: what counts, and what being late costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph_duet.grading import Bundle, CheckResult, Report
from graph_duet.grading.classroom.deadlines import Deadline, HandedIn, moment, share
from graph_duet.grading.classroom.gradebook import Entry, Gradebook
from graph_duet.grading.classroom.groups import read_groups, read_times
from graph_duet.grading.classroom.submissions import intake
from graph_duet.grading.pages.feedback import feedback
from graphviz_tools.errors import UserError

HOUR, DAY = 3600.0, 86400.0
DUE = 1_772_359_200.0
TEN_A_DAY = Deadline(DUE, grace=HOUR, penalty=0.1, most=0.25)
NOTEBOOK = b'{"nbformat": 4, "cells": []}'


@pytest.mark.parametrize(
    ("after", "days", "off"),
    [
        (-DAY, 0, 0),
        (0, 0, 0),
        (HOUR, 0, 0),
        (HOUR + 1, 1, 0.1),
        (DAY + HOUR, 1, 0.1),
        (DAY + HOUR + 1, 2, 0.2),
        (9 * DAY, 9, 0.25),
    ],
)
def test_each_day_begun_after_the_grace_costs_up_to_the_most(after: float, days: int, off: float) -> None:
    late = TEN_A_DAY.lateness(HandedIn(DUE + after))
    assert (late.days, late.share) == (days, pytest.approx(off))


def test_late_without_a_time_is_one_day_and_an_extension_moves_the_deadline() -> None:
    assert TEN_A_DAY.lateness(HandedIn(0.0, late=True)).days == 1
    assert TEN_A_DAY.lateness(HandedIn(0.0)).days == 0
    assert TEN_A_DAY.lateness(HandedIn(DUE + 3 * DAY), extension=DUE + 3 * DAY).days == 0
    assert TEN_A_DAY.lateness(HandedIn(DUE), extension=DUE - DAY).days == 0  # never an earlier one


def test_a_penalty_is_subtracted_and_reported(bundle: Bundle, tmp_path: Path) -> None:
    book = Gradebook(tmp_path / "book.sqlite")
    book.open_assignment(bundle)
    checks = tuple(CheckResult(c.task, c.cell, c.points, c.points) for c in bundle.exercise.checks)
    for name in ("ann", "bob"):
        entry = Entry(name, name, f"d-{name}", f"k-{name}", Report("T01", checks))
        book.enter(replace(entry, handed_in=HandedIn(DUE + 2 * HOUR)))
    assert [mark.points for mark in book.marks("T01")] == [10, 10]
    book.set_deadline("T01", TEN_A_DAY)
    book.extend("T01", "bob", DUE + DAY)
    assert [mark.points for mark in book.marks("T01")] == [9, 10]
    assert "Handed in 1 day late: 1 of 10 points are taken off" in feedback(
        bundle.exercise, book.mark("T01", "ann")
    )


def test_a_moment_and_a_share_are_read_or_refused_in_one_sentence() -> None:
    assert moment("2026-03-01T10:00+00:00") == DUE
    assert (share("10%"), share("0.1"), share("100 %")) == (0.1, 0.1, 1.0)
    with pytest.raises(UserError, match="is not a moment"):
        moment("tomorrow")
    for wrong in ("ten", "110%", "-1%", "nan"):
        with pytest.raises(UserError, match="is not a share"):
            share(wrong)


def test_one_of_a_group_hands_in_for_all(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_bytes(
        "group;student\r\nred;Zo\u00eb\r\nred;bob\r\nblue;cyd\r\n".encode("cp1252")
    )
    (tmp_path / "in").mkdir()
    for name in ("bob", "blue", "dee"):
        (tmp_path / "in" / f"{name}.ipynb").write_bytes(NOTEBOOK)
    taken = intake(tmp_path / "in", groups=read_groups(tmp_path / "groups.csv")).submissions
    assert [(s.student, s.name) for s in taken] == [
        ("Zoë", "bob.ipynb"),
        ("bob", "bob.ipynb"),
        ("cyd", "blue.ipynb"),
        ("dee", "dee.ipynb"),
    ]
    assert taken[0].note == "handed in together with bob"


def test_an_unreadable_table_gives_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("group,student\nred,ann\nblue,ann\n")
    with pytest.raises(UserError, match="ann is in two groups, red and blue"):
        read_groups(path)
    with pytest.raises(UserError, match="names the columns student and time"):
        read_times(path)
    path.write_text("student,time\nann,2026-03-01T10:00+00:00\n")
    assert read_times(path) == {"ann": DUE}


def test_all_attempts_are_graded_oldest_first_when_the_best_counts(tmp_path: Path) -> None:
    for name in ("doejane_4711_1_ex.ipynb", "doejane_4711_2_ex-1.ipynb", "doejane_4711_3_ex-2.ipynb"):
        (tmp_path / name).write_bytes(NOTEBOOK)
    every = intake(tmp_path, all_attempts=True)
    assert [s.name[-8:-6] for s in every.submissions] == ["ex", "-1", "-2"]
    assert every.ignored == ()
    assert [s.name[-8:-6] for s in intake(tmp_path).submissions] == ["-2"]
