"""Submissions that try to cheat, break or outlive the grader, each with the mark and the fault that it deserves.

Those that may harm more than their own task are handed in alone, beside a solved task 2 (1 point).
"""

# ruff: noqa: E501 (an attack is easier to read as the one string that it is)
from __future__ import annotations

from collections.abc import Iterator

from graph_duet.grading import solved
from tests.graph_duet.grading.hostile_case import PUBLIC, Attack, Case, answer, attack, dumps
from tests.graph_duet.grading.hostile_crashes import crashes, floods
from tests.graph_duet.grading.hostile_files import broken_files, edited_files
from tests.graph_duet.grading.hostile_measured import measurements
from tests.graph_duet.grading.hostile_patches import patches
from tests.graph_duet.grading.hostile_places import places
from tests.graph_duet.grading.hostile_reaching import reaching
from tests.graph_duet.grading.hostile_spies import spies


def cases() -> Iterator[Case | Attack]:
    yield Case("an honest solution", lambda bundle: dumps(solved(bundle)), 6, ("",))
    yield from objects_that_lie()
    yield from patches()
    yield from crashes()
    yield from floods()
    yield from spies()
    yield from measurements()
    yield from edited_files()
    yield from broken_files()
    yield from places()
    yield from reaching()


def objects_that_lie() -> Iterator[Case | Attack]:
    yield attack(
        "an __eq__ that is always True",
        "class Yes:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef relu(x): return Yes()",
        "error",
    )
    yield attack(
        "a __repr__ that prints the public values",
        f"class Yes:\n    def __repr__(self): return {PUBLIC!r}\n    __str__ = __repr__\ndef relu(x): return Yes()",
        "error",
        "wrong",
    )
    yield attack(
        "an __array__ trick",
        "class Any:\n    shape = (7,)\n    dtype = np.dtype('float64')\n    def __array__(self, *a): return np.zeros(7)\n    def tolist(self): return [0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014]\ndef relu(x): return Any()",
        "wrong",
        "error",
    )
    yield attack(
        "numbers copied from the saved output",
        "def relu(x): return np.array([0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014])",
        "wrong",
    )
    yield answer(
        "the public seed brought back",
        "draw = np.random.default_rng\nnp.random.default_rng = lambda seed=None: draw(7)\ndef relu(x): return np.array([0.0, 0.2987, 0.0, 0.0, 0.0, 0.0, 0.06014])",
        "wrong",
    )
    yield attack("not-a-number everywhere", "def relu(x): return x * np.nan", "wrong")
