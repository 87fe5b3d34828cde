"""What G11 asks: twelve kernels, each sick in one way, cured; the launches that show the faults; one gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gpu_labs.autograd import blocks_for
from gpu_labs.checks import Case, FunctionTask, KernelTask, Report, evidence_line
from gpu_labs.executor.findings import WARNINGS, Finding
from gpu_labs.executor.inspect import inspect
from gpu_labs.executor.launch_record import Launch

THREADS, WARP = 64, 32
EDGES = (1, 31, 64, 65)
ADMITTED = 300  # elements of the launch in which a patient is first seen
_TURNS = 2000  # loop turns after which a loop of that launch counts as endless


def _sizes(rng: np.random.Generator) -> list[int]:
    """The edges of a warp and a block, and two sizes drawn at random."""
    return [*EDGES, *(int(n) for n in rng.integers(2 * THREADS + 1, 700, 2))]


def _numbers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Quarters of whole numbers, most of them negative, some equal: sums in any order are exact."""
    return rng.integers(-200, 40, n) / 4


def _below_zero(rng: np.random.Generator, n: int) -> np.ndarray:
    """The same, all negative: a block that is filled up with zeros has a wrong largest element."""
    return _numbers(rng, n) - 10


def _in_rows(x: np.ndarray, columns: int = THREADS, fill: float = 0) -> np.ndarray:
    """A row for each block or warp, the last one filled up."""
    rows = np.full(blocks_for(x.size, columns) * columns, fill, x.dtype)
    rows[: x.size] = x
    return rows.reshape(-1, columns)


def _neighbour_sums(x: np.ndarray) -> np.ndarray:
    around = np.concatenate([[0], x, [0]])
    return around[:-2] + around[1:-1] + around[2:]


def _walking(x: np.ndarray) -> np.ndarray:
    """The sums of what each of two blocks has when both walk over the tiles in turn."""
    tiles = _in_rows(x).sum(axis=1)
    return np.array([tiles[0::2].sum(), tiles[1::2].sum()])


Outputs = tuple[np.ndarray, ...]
Made = tuple[int, tuple[Any, ...], Outputs, Outputs]  # blocks, inputs, right outputs, what these hold before


def _warp_sums(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    return blocks_for(n, THREADS), (x,), (_in_rows(x, WARP).sum(axis=1),), ()


def _left_sums(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    rows = _in_rows(x)
    rows[:, 1:] += rows[:, :-1].copy()
    return 2, (x,), (rows.ravel()[:n],), ()


def _mirrored(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    rows = _in_rows(x)
    return len(rows), (x,), (rows[:, ::-1].ravel(),), ()


def _neighbours(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    return blocks_for(n, THREADS), (x,), (_neighbour_sums(x),), ()


def _tile_sums(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    return 2, (x,), (_walking(x),), ()


def _below_the_top(rng: np.random.Generator, n: int) -> Made:
    x = _below_zero(rng, n)
    tops = _in_rows(x, fill=-np.inf).max(axis=1)
    return len(tops), (x,), (x - tops.repeat(THREADS)[:n],), ()


def _counts(rng: np.random.Generator, n: int) -> Made:
    kinds = rng.integers(0, 5, n)
    return blocks_for(n, THREADS), (kinds,), (np.bincount(kinds, minlength=5),), (np.zeros(5, int),)


def _first_place(rng: np.random.Generator, n: int) -> Made:
    x = rng.integers(-12, 0, n) / 4  # the largest is at several places, seldom at the first
    top = float(x.max())
    return blocks_for(n, THREADS), (x, top), (np.array([x.argmax()]),), (np.array([n]),)


def _total(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    sums = _in_rows(x).sum(axis=1)
    return len(sums), (x,), (sums, np.array([x.sum()])), (np.zeros(len(sums)), np.zeros(1))


def _locked_sum(rng: np.random.Generator, n: int) -> Made:
    x = _numbers(rng, n)
    free = np.zeros(1, np.int32)
    return blocks_for(n, THREADS), (x,), (free, np.array([x.sum()])), (free, np.zeros(1))


def _block_tops(rng: np.random.Generator, n: int) -> Made:
    x = _below_zero(rng, n)
    tops = _in_rows(x, fill=-np.inf).max(axis=1)
    return len(tops), (x,), (tops,), ()


def _block_sums(rng: np.random.Generator, n: int) -> Made:
    x = rng.integers(60, 128, n).astype(np.int8)
    sums = _in_rows(x).sum(axis=1, dtype=np.int64)
    return len(sums), (x,), (sums,), ()


def _case(make: Callable[[np.random.Generator, int], Made], rng: np.random.Generator, n: int) -> Case:
    blocks, inputs, expected, before = make(rng, n)
    return Case(f"n = {n}", blocks, THREADS, inputs, expected, before=before)


@dataclass(frozen=True)
class Patient:
    """One kernel of the clinic, known by a letter: its task when cured, and its launch when admitted."""

    letter: str
    signature: str
    make: Callable[[np.random.Generator, int], Made]

    @property
    def task(self) -> KernelTask:
        def cases(rng: np.random.Generator) -> Sequence[Case]:
            return [_case(self.make, rng, n) for n in _sizes(rng)]

        return KernelTask(f"G11 patient {self.letter}", self.signature, cases)

    def admit(self, kernel: Any) -> Launch:
        """The launch in which all patients are first seen: 300 elements, 64 threads a block."""
        case = _case(self.make, np.random.default_rng(0), ADMITTED)
        outputs = case.before or tuple(np.zeros_like(each) for each in case.expected)
        copies = [each.copy() if isinstance(each, np.ndarray) else each for each in (*case.inputs, *outputs)]
        return inspect(kernel, case.grid, case.block, *copies, step_budget=_TURNS)


@dataclass(frozen=True)
class Ward:
    """Patients that are checked together, in the order in which they lie."""

    patients: tuple[Patient, ...]

    def check(self, *kernels: Any) -> Report:
        """The report of the first patient that is not cured, else the last one's."""
        report = None
        for patient, kernel in zip(self.patients, kernels, strict=True):
            report = patient.task.check(kernel)
            if not report.passed:
                break
        assert report is not None
        return report

    def evidence(self, kernels: Sequence[Any], seed: int) -> list[str]:
        """A line for each patient: the verdict, beside one sum over all outputs."""
        return [
            evidence_line(patient.task, kernel, seed)
            for patient, kernel in zip(self.patients, kernels, strict=True)
        ]


WARDS = (
    (
        Patient("A", "(x, sums)", _warp_sums),
        Patient("B", "(x, y)", _left_sums),
        Patient("C", "(x, y)", _mirrored),
    ),
    (
        Patient("D", "(x, y)", _neighbours),
        Patient("E", "(x, sums)", _tile_sums),
        Patient("F", "(x, y)", _below_the_top),
    ),
    (
        Patient("G", "(kinds, counts)", _counts),
        Patient("H", "(x, top, place)", _first_place),
        Patient("I", "(x, sums, total)", _total),
        Patient("J", "(x, lock, total)", _locked_sum),
    ),
    (
        Patient("K", "(x, tops)", _block_tops),
        Patient("L", "(x, sums)", _block_sums),
    ),
)
waiting, edges, crowds, numbers = (Ward(patients) for patients in WARDS)


def admit(letter: str, kernel: Any) -> Launch:
    """The launch in which a patient is first seen."""
    return next(each for ward in WARDS for each in ward if each.letter == letter).admit(kernel)


def diagnoses(sick: Mapping[str, Any], letters: str) -> dict[str, Any]:
    """What the executor says first of each of these patients, and then who is to blame where task 1 asks for it.

    A diagnosis is the kind of the first finding and its line, counted from `def` as 1; `["silent", 0]` where there is
    no finding, and only the numbers are wrong.
    """
    launches = {letter: admit(letter, sick[letter]) for letter in letters}
    seen: dict[str, Any] = {letter: _diagnosis(launch) for letter, launch in launches.items()}
    for asked, who in _WHO.items():
        if asked[0] in launches:
            seen[asked] = who(launches[asked[0]].findings)
    return seen


def _number(place: tuple[int, ...] | None) -> int:
    assert place is not None
    return place[0]


_WHO: dict[str, Callable[[Sequence[Finding]], int]] = {
    "A, block": lambda found: _number(found[0].block),
    "A, warp": lambda found: _number(found[0].thread) // WARP,
    "B, thread": lambda found: _number(found[0].other_thread),
    "D, thread": lambda found: _number(found[1].thread),
}


def _diagnosis(launch: Launch) -> list[Any]:
    found = [finding for finding in launch.findings if finding.kind not in WARNINGS]
    if not found:
        return ["silent", 0]
    lines = launch.source.splitlines()
    above = next(number for number, line in enumerate(lines) if line.lstrip().startswith("def "))
    return [found[0].kind, found[0].line - launch.first_line - above + 1]


def _function_cases(rng: np.random.Generator) -> list[tuple[str, tuple[torch.Tensor]]]:
    def x(n: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(n))

    return [("n = 7", (x(7),)), ("n = 300", (x(300),)), ("every second element of 500", (x(500)[::2],))]


def _around(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.pad(x, (1, 1)).unfold(0, 3, 1).sum(1)


function = FunctionTask("G11 function", _function_cases, _around)
