"""Answers that are alike, by copydetect's fingerprints (the method of MOSS: Schleimer, Wilkerson and Aiken, 2003)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from graph_duet.grading.classroom.gradebook import Gradebook
from graph_duet.grading.classroom.mark import Mark
from graph_duet.grading.exercise.bundle import Bundle
from graphviz_tools.errors import NotInstalledError
from graphviz_tools.language import _

_NOISE, _WINDOW = 25, 1  # characters of normalized code that must be alike; fingerprints in a window


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students, the share of the first one's and of the second one's code that is alike, and both codes."""

    first: str
    second: str
    of_first: float
    of_second: float
    codes: tuple[str, str]


def similar(book: Gradebook, exercise: str, least: float) -> list[Pair]:
    """Pairs of students of whose answers at least the share `least` is alike, the most alike first. What the exercise
    gave to everyone does not count, nor does what a group handed in together. Time grows with the square of the class.

    Raises UserError for an unknown exercise, NotInstalledError without copydetect.
    """
    bundle = book.bundle(exercise)
    codes = dict(_codes(book, bundle))
    marks = {mark.student: mark for mark in book.marks(exercise)}
    prints = _fingerprints(codes, "\n".join(bundle.untouched.values()))
    pairs = _alike(prints, codes, least)
    found = [pair for pair in pairs if not _handed_in_together(marks[pair.first], marks[pair.second])]
    return sorted(found, key=lambda pair: -max(pair.of_first, pair.of_second))


def _handed_in_together(one: Mark, other: Mark) -> bool:
    """Whether it is one file of a group, whose other members each one's note names."""
    named = one.student in other.handed_in.note and other.student in one.handed_in.note
    return one.digest == other.digest and named


def _codes(book: Gradebook, bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Each student's answers, as one text."""
    for mark in book.marks(bundle.exercise.id):
        notebook = book.notebook(mark.digest) or {"cells": []}
        answers = [c["source"] for c in notebook["cells"] if c["id"] in bundle.untouched]
        yield mark.student, "\n".join(answers)


def _fingerprints(codes: Mapping[str, str], given: str) -> dict[str, Any]:
    try:
        from copydetect import CodeFingerprint
    except ModuleNotFoundError:
        raise NotInstalledError(
            _("similar answers need copydetect: pip install 'graph-duet[similar]'")
        ) from None

    def fingerprint(name: str, code: str, boilerplate: Iterable[Any] = ()) -> Any:
        return CodeFingerprint(
            name, _NOISE, _WINDOW, list(boilerplate), True, "python", fp=io.StringIO(code), encoding="utf-8"
        )

    common = fingerprint("given", given).hashes
    return {student: fingerprint(student, code, common) for student, code in codes.items() if code.strip()}


def _alike(prints: Mapping[str, Any], codes: Mapping[str, str], least: float) -> Iterator[Pair]:
    from copydetect import compare_files

    for one, other in combinations(prints, 2):
        _, (of_one, of_other), _ = compare_files(prints[one], prints[other])
        if max(of_one, of_other) >= least:
            yield Pair(one, other, float(of_one), float(of_other), (codes[one], codes[other]))
