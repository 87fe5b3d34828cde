"""A kernel that a learner writes: the cases it is run on, and what is asked of it.

A check has two halves that can run in two processes. `observe` runs the kernel and returns plain values;
`judge` compares them with what it computes itself and never runs anything of the learner's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from gpu_labs.checks.compare import cells_around, first_difference
from gpu_labs.checks.report import Report, Verdict
from gpu_labs.executor.findings import WARNINGS
from gpu_labs.executor.inspect import inspect
from gpu_labs.executor.launch_record import AccessKind, KernelTypeError, Launch, Space
from graphviz_tools.language import _

_CANARY_ELEMENTS = 64
_CANARY_BYTE = 0xA5
_SINGLE, _DOUBLE = 1e-5, 1e-11  # relative and absolute, by the dtype of the output
_MOST_LOOP_TURNS = 50_000  # over twice the largest case: a serial loop ends, an endless one is found soon


@dataclass(frozen=True)
class Case:
    """One launch: `kernel[grid, block](*inputs, *outputs)`.

    `expected` are the right outputs, with the shape and dtype of what the kernel is given to write. `before` is what
    they hold before the launch, where the kernel adds to it; else they hold no number that could pass for right.
    `most_reads` bounds the loads from global memory of all threads together (an atomic loads too), `most_depth` the
    longest chain of memory accesses: of one thread, or of atomics queueing at one element. `most_sectors` bounds the
    32-byte sectors of global memory that all warps touch, which neighbouring threads share when they are coalesced, and
    `most_passes` the passes over the banks of shared memory, more than one where threads ask one bank for two cells.
    """

    title: str
    grid: int | tuple[int, ...]
    block: int | tuple[int, ...]
    inputs: tuple[Any, ...]
    expected: tuple[np.ndarray, ...]
    most_reads: int | None = None
    most_depth: int | None = None
    most_sectors: int | None = None
    most_passes: int | None = None
    before: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class KernelTask:
    """A task whose answer is one kernel, called as `signature` says: inputs first, then outputs.

    `cases` makes the launches from a random generator: the same ones for the same seed. Outputs in float64 must
    be right to nearly all their digits, so that a kernel that computes in float32 does not pass.
    """

    name: str
    signature: str
    cases: Callable[[np.random.Generator], Sequence[Case]]

    def check(self, kernel: Any, seed: int = 0) -> Report:
        """Run and judge in this process, as a notebook does; stops at the first failing case."""
        runs = list(self._runs(kernel, seed))
        _, launch, last = runs[-1]
        return Report(self.name, tuple(verdict for *_, verdict in runs), None if last.passed else launch)

    def observe(self, kernel: Any, seed: int = 0) -> list[dict[str, Any]]:
        """Run every case in three thread orders, up to the first that fails, and return what came out as
        JSON-able data."""
        return [seen for seen, *_ in self._runs(kernel, seed)]

    def judge(self, observations: Sequence[dict[str, Any]], seed: int = 0) -> Report:
        """Verdicts on what `observe` returned for the same seed.

        Raises:
            ValueError: observations are missing though the last one passes, or there are too many.
        """
        launches = self._launches(seed)
        verdicts = [self._judge(case, seen) for (case, _), seen in zip(launches, observations, strict=False)]
        complete = len(observations) == len(launches) or (verdicts and not verdicts[-1].passed)
        if not complete or len(observations) > len(launches):
            raise ValueError(
                f"{self.name} has {len(launches)} launches, but {len(observations)} were observed"
            )
        return Report(self.name, tuple(verdicts))

    def _launches(self, seed: int) -> list[tuple[Case, int | None]]:
        """Every case with its thread orders: one as numbered, and two shuffles of the case's own."""
        cases = self.cases(np.random.default_rng(seed))
        shuffles = [(1000 * seed + 2 * n + 1, 1000 * seed + 2 * n + 2) for n in range(len(cases))]
        return [(case, order) for case, pair in zip(cases, shuffles, strict=True) for order in (None, *pair)]

    def _runs(self, kernel: Any, seed: int) -> Iterator[tuple[dict[str, Any], Launch | None, Verdict]]:
        for case, order in self._launches(seed):
            seen, launch = _observe(kernel, case, order)
            verdict = self._judge(case, seen)
            yield seen, launch, verdict
            if not verdict.passed:
                return

    def _judge(self, case: Case, seen: dict[str, Any]) -> Verdict:
        order = "in order" if seen["order"] is None else f"threads shuffled by seed {seen['order']}"
        title = f"{case.title}, {order}"
        if seen["error"]:
            return Verdict(title, "error", seen["error"], "", seen["finding"])
        for finding in seen["findings"]:
            if finding["kind"] not in WARNINGS:
                return Verdict(title, finding["kind"], finding["sentence"], finding["hint"], finding)
        if not seen["canaries_intact"]:
            return Verdict(
                title, "canary", _("A cell beside one of the arrays was overwritten."), _("Check the guard.")
            )
        if not seen["inputs_intact"]:
            return Verdict(
                title, "input-changed", _("The kernel changed one of its inputs."), _("Write to the output.")
            )
        for values, expected in zip(seen["outputs"], case.expected, strict=True):
            if len(values) != expected.size:  # observed for another seed, or not by this check
                sentence = _(
                    "There are {count} values, and {expected} are expected.",
                    count=len(values),
                    expected=expected.size,
                )
                return Verdict(title, "wrong-values", sentence)
            got = np.asarray(values, expected.dtype).reshape(expected.shape)
            tolerance = _DOUBLE if expected.dtype == np.float64 else _SINGLE
            wrong = first_difference(got, expected, tolerance)
            if wrong is not None:
                sentence = _(
                    "The value at [{wrong}] is not the expected one.", wrong=", ".join(map(str, wrong))
                )
                if np.isnan(got[wrong]) and not np.isnan(expected[wrong]):
                    sentence = _(
                        "Nothing sensible was written to [{wrong}].", wrong=", ".join(map(str, wrong))
                    )
                cells = cells_around(got, expected, wrong, tolerance)
                return Verdict(title, "wrong-values", sentence, "", None, cells)
        return _over_budget(title, case, seen) or Verdict(title)


def _over_budget(title: str, case: Case, seen: dict[str, Any]) -> Verdict | None:
    if case.most_reads is not None and seen["reads"] > case.most_reads:
        sentence = _(
            "The threads read global memory {reads} times; {most_reads} are enough.",
            reads=seen["reads"],
            most_reads=case.most_reads,
        )
        return Verdict(
            title, "reads", sentence, _("Read each element once, and keep it where the block shares it.")
        )
    if case.most_depth is not None and seen["depth"] > case.most_depth:
        sentence = _(
            "The longest chain of accesses is {depth} long; {most_depth} is enough.",
            depth=seen["depth"],
            most_depth=case.most_depth,
        )
        return Verdict(
            title, "depth", sentence, _("Let the threads share the work: half of them stop at each step.")
        )
    if case.most_sectors is not None and seen["sectors"] > case.most_sectors:
        sentence = _(
            "The warps touch {sectors} sectors of global memory; {most_sectors} are enough.",
            sectors=seen["sectors"],
            most_sectors=case.most_sectors,
        )
        return Verdict(
            title, "sectors", sentence, _("Let threads that are neighbours in x use cells side by side.")
        )
    if case.most_passes is not None and seen["passes"] > case.most_passes:
        sentence = _(
            "Shared memory takes {passes} passes over its banks; {most_passes} are enough.",
            passes=seen["passes"],
            most_passes=case.most_passes,
        )
        return Verdict(title, "passes", sentence, _("Make the rows of the tile one cell longer."))
    return None


def _observe(kernel: Any, case: Case, order: int | None) -> tuple[dict[str, Any], Launch | None]:
    inputs = [_Fenced(value) if isinstance(value, np.ndarray) else value for value in case.inputs]
    outputs = [_Fenced(held) for held in case.before or map(_unwritten, case.expected)]
    arguments = [value.array if isinstance(value, _Fenced) else value for value in (*inputs, *outputs)]
    seen: dict[str, Any] = {"order": order, "error": "", "finding": None}
    try:
        launch = inspect(
            kernel,
            case.grid,
            case.block,
            *arguments,
            level="profile",
            seed=order,
            step_budget=_MOST_LOOP_TURNS,
        )
    except KernelTypeError as error:
        return seen | {"error": str(error), "finding": {"line": error.line, "text": error.text}}, None
    changed = [
        not np.array_equal(fenced.array, value, equal_nan=True)
        for fenced, value in zip(inputs, case.inputs, strict=True)
        if isinstance(fenced, _Fenced)
    ]
    fences = [value for value in (*inputs, *outputs) if isinstance(value, _Fenced)]
    return seen | {
        "outputs": [fenced.array.ravel().tolist() for fenced in outputs],
        "findings": [asdict(finding) for finding in launch.findings],
        "canaries_intact": all(fenced.intact for fenced in fences),
        "inputs_intact": not any(changed),
        "reads": _of_all_blocks(launch, "lanes", ("read", "atomic")),
        "sectors": _of_all_blocks(launch, "sectors", ("read", "atomic", "write")),
        "passes": _of_all_blocks(launch, "bank_passes", ("read", "atomic", "write"), "shared"),
        "depth": _depth(launch),
    }, launch


class _Fenced:
    """A copy of an array with canary bytes on both sides."""

    def __init__(self, values: np.ndarray) -> None:
        fence = _CANARY_ELEMENTS * values.itemsize
        self._memory = np.full(values.nbytes + 2 * fence, _CANARY_BYTE, np.uint8)
        self._sides = self._memory[:fence], self._memory[len(self._memory) - fence :]
        self.array = self._memory[fence : fence + values.nbytes].view(values.dtype).reshape(values.shape)
        self.array[...] = values

    @property
    def intact(self) -> bool:
        return all(bool((side == _CANARY_BYTE).all()) for side in self._sides)


def _unwritten(expected: np.ndarray) -> np.ndarray:
    """What an output holds before the kernel runs: no number that could pass for a right answer."""
    fill = np.nan if np.issubdtype(expected.dtype, np.inexact) else np.iinfo(expected.dtype).min
    return np.full(expected.shape, fill, expected.dtype)


def _of_all_blocks(
    launch: Launch,
    count: Literal["lanes", "sectors", "bank_passes"],
    kinds: Collection[AccessKind],
    space: Space = "global",
) -> int:
    """The sum of one count over the accesses to one kind of memory; from the blocks that were sampled, for all."""
    profile = launch.profile
    if profile is None or not profile.blocks_sampled:
        return 0
    lines = [line for line in profile.lines if line.space == space and line.kind in kinds]
    return round(sum(getattr(line, count) for line in lines) * profile.blocks / profile.blocks_sampled)


def _depth(launch: Launch) -> int:
    """The most accesses that one thread made one after the other, or that queued as atomics at one cell."""
    chains: Counter[tuple[Any, ...]] = Counter()
    for access in launch.accesses:
        if launch.arrays[access.array].space == "local":
            continue
        chains.update(("thread", access.block, thread) for thread in access.threads)
        if access.kind == "atomic":
            owner = access.block if launch.arrays[access.array].space == "shared" else None
            chains.update(("cell", access.array, owner, index) for index in access.indices)
    return max(chains.values(), default=0)
