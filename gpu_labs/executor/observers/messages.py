"""Collects findings and words them: one finding for each kind, line and array, with a count of places."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gpu_labs.executor.findings import Dim3, Finding
from gpu_labs.executor.ir.program import Site, Unset
from gpu_labs.executor.launch_record import AtFault
from gpu_labs.executor.observers.lock_releases import Releases, with_release_as_cause
from gpu_labs.executor.observers.plain_locks import PlainLock, with_one_cause
from gpu_labs.executor.runtime.lanes import unravel
from gpu_labs.executor.runtime.windows import Memory
from graphviz_tools.language import _, _n

LIMIT = 200
AT_FAULT = 4096  # threads that are remembered
MANY_ELEMENTS = 1 << 20  # numbers that are kept before equal ones are thrown away
RACES = ("lost-update", "race-write-write", "race-read-write", "missing-barrier")
_AT_BARRIERS = ("divergent-barrier", "exited-threads-at-barrier")


class Report:
    """The findings of one launch, in the order in which they were found; each shows its first block and thread."""

    def __init__(self, locks: Sequence[PlainLock], releases: Releases) -> None:
        self._locks = locks
        self._releases = releases
        self._found: dict[tuple[Any, ...], Finding] = {}
        self._elements: dict[tuple[Any, ...], _Elements] = {}
        self._at_fault: dict[int, set[int]] = {}
        self._left = AT_FAULT

    def blame(self, blocks: np.ndarray, threads: np.ndarray) -> None:
        """Remember threads that a finding is about: a block's number in the grid, and each one's in its block."""
        for block, thread in zip(blocks[: self._left].tolist(), threads.tolist(), strict=False):
            self._at_fault.setdefault(block, set()).add(thread)
        self._left = max(0, self._left - len(blocks))

    def at_fault(self, grid: Dim3) -> tuple[AtFault, ...]:
        """Those threads, by block."""
        found = sorted(self._at_fault.items())
        return tuple(AtFault(unravel(block, grid), tuple(sorted(threads))) for block, threads in found)

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it as one more place of the same."""
        key = _key(finding)
        kept = self._found.get(key)
        if kept is not None:
            shown = finding if _numbers(finding) < _numbers(kept) else kept
            self._found[key] = replace(shown, places=kept.places + finding.places)
        elif len(self._found) < LIMIT:
            self._found[key] = finding

    def met_at(self, finding: Finding, elements: np.ndarray) -> None:
        """A finding was made at these elements, numbered over all blocks; each counts as one place, however often."""
        self._elements.setdefault(_key(finding), _Elements()).add(elements)

    def raced_for(self, array: str, elements: np.ndarray) -> None:
        """These elements of an array are raced for: the places of each race for that array."""
        self._elements.setdefault(("race", array), _Elements()).add(elements)

    def findings(self) -> tuple[Finding, ...]:
        """All of them, errors first. A barrier that is itself at fault is not called useless too, nor is any other once
        threads have parted at one. Where a shuffle has a wrong mask, the values that come of it are not reported."""
        found = self._found.values()
        barriers = {f.line for f in found if f.kind in _AT_BARRIERS}
        parted = any(f.kind == "divergent-barrier" for f in found)
        masks = {f.line for f in found if f.kind == "divergent-warp" and not _is_of_shuffled_value(f)}
        kept = [
            f
            for f in found
            if not (f.kind == "useless-barrier" and (parted or f.line in barriers))
            and not (_is_of_shuffled_value(f) and f.line in masks)
        ]
        caused = with_one_cause(list(map(self._counted, kept)), self._locks)
        caused = with_release_as_cause(caused, self._releases)
        return tuple(sorted(caused, key=lambda f: f.severity == "warning"))

    def _counted(self, finding: Finding) -> Finding:
        """A finding with the number of elements at which it was made, where these are known."""
        key = ("race", finding.array) if finding.kind in RACES else _key(finding)
        elements = self._elements.get(key)
        return finding if elements is None else replace(finding, places=elements.count())


class _Elements:
    """A set of whole numbers that grows by arrays."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._size = 0

    def add(self, numbers: np.ndarray) -> None:
        """Take these too."""
        self._parts.append(np.asarray(numbers, np.int64))
        self._size += len(numbers)
        if self._size > MANY_ELEMENTS:
            self._parts = [np.unique(np.concatenate(self._parts))]
            self._size = len(self._parts[0]) // 2  # so that a set that stays large is not sorted at each call

    def count(self) -> int:
        """How many different numbers there are."""
        return len(np.unique(np.concatenate(self._parts)))


def _key(finding: Finding) -> tuple[Any, ...]:
    """What two findings have in common that are one."""
    return finding.kind, finding.line, finding.array, finding.other_line, _is_of_shuffled_value(finding)


def _is_of_shuffled_value(finding: Finding) -> bool:
    """Whether it is about a value that a shuffle did not give, and not about the call: nobody else has a part in it."""
    return finding.kind == "divergent-warp" and finding.other_thread is None


def _numbers(finding: Finding) -> tuple[tuple[int, ...], ...]:
    """Who met it, such that the first block and thread of the launch come first, in whatever order they ran."""
    actors = (finding.block, finding.thread, finding.other_block, finding.other_thread)
    return tuple(at[::-1] if at is not None else () for at in actors)


def element(memory: Memory, cell: int) -> tuple[tuple[int, ...], str]:
    """The index of a cell in its array, and how a kernel would write it."""
    index = index_of(memory, cell)
    field = f".{memory.fields[cell % len(memory.fields)]}" if memory.fields else ""
    return index, f"{memory.name}[{', '.join(map(str, index))}]{field}"


def index_of(memory: Memory, cell: int) -> tuple[int, ...]:
    """The index of a cell in the array of one block, one thread, or the whole grid."""
    if memory.fields:
        cell //= len(memory.fields)
    if memory.space in ("shared", "local"):
        cell %= max(1, memory.per_owner)
    if memory.strides is not None:
        index = [0] * len(memory.shape)
        for axis in sorted(range(len(index)), key=lambda a: -abs(memory.strides[a])):  # type: ignore[index]
            step = memory.strides[axis]
            if step:
                index[axis], cell = divmod(cell, abs(step))
                index[axis] = memory.shape[axis] - 1 - index[axis] if step < 0 else index[axis]
        return tuple(index)
    if cell >= memory.per_owner:
        return (cell,)
    return tuple(int(i) for i in np.unravel_index(cell, memory.shape)) if memory.shape else ()


def place(where: Dim3, dims: Dim3) -> str:
    """(x, y, z) without the dimensions that a launch does not use."""
    used = max((d + 1 for d in range(3) if dims[d] > 1), default=1)
    return str(where[0]) if used == 1 else str(where[:used])


def text_of(site: Site, line: int | None = None) -> str:
    """The source line, without its indent."""
    return linecache.getline(site.file, line).strip() if line is not None else site.text


def undefined(site: Site, unset: Unset, who: str, **where: Any) -> Finding:
    """A variable without a value on the path that a thread took, or one that a shuffle gave none."""
    if unset.shuffled:
        return Finding(
            "divergent-warp",
            _(
                "{who} uses what this shuffle gave it, and the lane that it came from does not take part: it has "
                "returned, is on another path, or the block has no such thread. The value is undefined.",
                who=who,
            ),
            _(
                "let every lane that others read from come to this line (replace an early `return` "
                "by a value that changes "
                "nothing, such as 0), or use the result only where its lane is there."
            ),
            site.line,
            site.text,
            **where,
        )
    name = unset.name
    return Finding(
        "uninitialised-read",
        _(
            "{who} uses {name}, and on the path that it took {name} was never given a value. "
            "Python would raise UnboundLocalError; a GPU goes on with whatever is in the register.",
            who=who,
            name=name,
        ),
        _("give {name} a value before the `if` or the loop that sets it.", name=name),
        site.line,
        site.text,
        **where,
    )


def not_called(site: Site, name: str) -> Finding:
    """A barrier or a fence that is named without parentheses."""
    return Finding(
        "not-called",
        _("This line names cuda.{name} and does not call it, so nothing happens here.", name=name),
        _("write cuda.{name}() with parentheses.", name=name),
        site.line,
        site.text,
    )


def thread_in_words(block_dim: Dim3, grid_dim: Dim3, block: Dim3, thread: Dim3) -> str:
    """`Thread 3 of block 1`; in a grid of one block `Thread 3`."""
    within = (
        _(" of block {place}", place=place(block, grid_dim)) if any(size > 1 for size in grid_dim) else ""
    )
    return _("Thread {place}{within}", place=place(thread, block_dim), within=within)


def raised_on_simulator(error: Exception) -> Finding:
    """What a kernel raised where Numba's simulator ran it as Python."""
    said = " ".join(str(error).split())
    return Finding(
        "exception",
        _(
            "On Numba's simulator a thread raised {error}. There the launch ended; a GPU ends the thread and "
            "reports nothing.",
            error=f"{type(error).__name__}: {said}",
        ),
        _("find out why the thread comes there."),
    )


def raised(site: Site, what: str, who: str, **where: Any) -> Finding:
    """A thread that came to a `raise`, or to an `assert` that does not hold."""
    empty = what.startswith("NotImplementedError")
    return Finding(
        "exception",
        _(
            "{who} raises {what}, and ends here. "
            "A GPU reports nothing, unless the kernel was made with @cuda.jit(debug=True).",
            who=who,
            what=what,
        ),
        _("write the kernel in place of this line.")
        if empty
        else _("find out why the thread comes here; one that has nothing left to do ends with `return`."),
        site.line,
        site.text,
        **where,
    )


def outside_tuple(site: Site, index: int, size: int, **where: Any) -> Finding:
    """An index outside a tuple."""
    name = "" if site.array.startswith("$") else site.array
    shown = name or _("The tuple")
    return Finding(
        "out-of-bounds",
        _n(
            "{shown} has {number} item, and the index is {index}. Python would raise IndexError; on a GPU the thread "
            "ends, and nothing is reported.",
            "{shown} has {number} items, and the index is {index}. Python would raise IndexError; on a GPU the thread "
            "ends, and nothing is reported.",
            size,
            shown=shown,
            index=index,
        ),
        _("keep the index below {size}, for example with `% {size}`.", size=size),
        line=site.line,
        text=site.text,
        array=name,
        index=(index,),
        **where,
    )


def out_of_bounds(
    site: Site, memory: Memory, index: tuple[int, ...], shape: tuple[int, ...], axis: int, **where: Any
) -> Finding:
    """An index outside its array, or outside the row or slice that the kernel took of it."""
    wrong, size, name = index[axis], shape[axis], memory.name
    part = shape != tuple(map(int, memory.shape)) and memory.space != "shared"
    dimension = "" if len(shape) == 1 else _(" along dimension {axis}", axis=axis)
    shown = f"{name}[{', '.join(map(str, index))}]"
    if part and size and wrong >= 0:
        sentence, hint = _past_a_part(name, wrong, size)
    elif size == 0:
        sentence = _(
            "{shown} does not exist: {name} is empty{dimension}.", shown=shown, name=name, dimension=dimension
        )
        hint = _("check the size that the array was made with.")
    elif wrong < 0:
        sentence, hint = _before_the_start(name, shown, dimension, wrong)
    else:
        sentence = _past_the_end(name, shown, dimension, size)
        hint = _larger_or_fewer(name, size) if memory.space == "shared" else _fewer(name, size, axis)
    return Finding(
        "out-of-bounds", sentence, hint, line=site.line, text=site.text, array=name, index=index, **where
    )


def _past_a_part(name: str, wrong: int, size: int) -> tuple[str, str]:
    """The sentence and the hint about an index past a row or slice."""
    places = _("There is 1 element") if size == 1 else _("There are {size} elements", size=size)
    sentence = _(
        "Index {wrong} is past the end of a row or slice of {name}. {places}, the last is {size}.",
        wrong=wrong,
        name=name,
        places=places,
        size=size - 1,
    )
    return sentence, _(
        "let only threads with an index below {size} do this, or take a longer part.", size=size
    )


def _before_the_start(name: str, shown: str, dimension: str, wrong: int) -> tuple[str, str]:
    """The sentence and the hint about an index below 0."""
    sentence = _(
        "{shown} is before the start of {name}{dimension}: the index was computed and came out negative. "
        "Numba wraps it round to the other end, CUDA C touches memory that is not yours.",
        shown=shown,
        name=name,
        dimension=dimension,
    )
    return sentence, _(
        "skip the threads for which the index is below 0, for example with `if i >= {wrong}:`.",
        wrong=-wrong,
    )


def _past_the_end(name: str, shown: str, dimension: str, size: int) -> str:
    there = _("there is 1 element") if size == 1 else _("there are {size} elements", size=size)
    return _(
        "{shown} is past the end of {name}: {there}{dimension}, the last is {size}.",
        shown=shown,
        name=name,
        there=there,
        dimension=dimension,
        size=size - 1,
    )


def _fewer(name: str, size: int, axis: int) -> str:
    return _(
        "let only threads with an index below {size} do this, for example `if i < {name}.shape[{axis}]:`.",
        size=size,
        name=name,
        axis=axis,
    )


def _larger_or_fewer(name: str, size: int) -> str:
    return _(
        "make {name} as large as the block needs (dynamic: the fourth number of the launch), "
        "or let only threads with an index below {size} do this.",
        name=name,
        size=size,
    )
