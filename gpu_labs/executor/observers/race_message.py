"""The words for a race."""

from __future__ import annotations

from collections.abc import Set

from gpu_labs.executor.findings import Dim3, Finding, Kind
from gpu_labs.executor.ir.program import Site
from gpu_labs.executor.observers.messages import element, place
from gpu_labs.executor.observers.races import ATOMIC, READ, WARP, WRITE
from gpu_labs.executor.runtime.memory import Memory

Side = tuple[Site, int, Dim3, Dim3]  # where, read/write/atomic, block, thread
_RANK = {READ: 0, ATOMIC: 1, WRITE: 2}
_VERBS = {READ: "reads", WRITE: "writes", ATOMIC: "atomically changes"}


def race(
    memory: Memory,
    cell: int,
    a: Side,
    b: Side,
    block: Dim3,
    grid: Dim3,
    places: int,
    barriers: Set[int] = frozenset(),
) -> Finding:
    """The finding for two accesses that nothing orders. The one further down in the kernel gives the line:
    which of them an engine happened to run first means nothing. `barriers` are the lines of barriers."""
    earlier, later = sorted((a, b), key=_order)
    index, shown = element(memory, cell)
    site, kind, home, thread = later
    other_site, other_kind, other_home, other_thread = earlier
    same_block = home == other_home
    one_warp = same_block and _warp(thread, block) == _warp(other_thread, block)
    both_write = {kind, other_kind} == {WRITE}
    name: Kind = "race-write-write" if both_write else "missing-barrier" if same_block else "race-read-write"

    def actor(thread: Dim3, home: Dim3) -> str:
        who = f"thread {place(thread, block)}"
        return who if same_block else f"{who} of block {place(home, grid)}"

    line = f" (line {other_site.line})" if other_site.line != site.line else ""
    sentence = (
        f"{actor(thread, home).capitalize()} {_VERBS[kind]} {shown} while {actor(other_thread, other_home)} "
        f"{_VERBS[other_kind]} it{line}. Nothing says who comes first, so the result depends on luck."
    )
    return Finding(
        name,
        sentence,
        _hint(name, {kind, other_kind}, same_block, one_warp, site.line, other_site.line, memory, barriers),
        site.line,
        site.text,
        memory.name,
        index,
        home,
        thread,
        other_home,
        other_thread,
        other_site.line,
        other_site.text,
        places,
    )


def _order(side: Side) -> tuple[object, ...]:
    """By line, then reads before writes, then by the numbers of block and thread."""
    site, kind, block, thread = side
    return site.line, _RANK[kind], block[::-1], thread[::-1]


def _warp(thread: Dim3, block: Dim3) -> int:
    x, y, z = thread
    return (x + block[0] * (y + block[1] * z)) // WARP


def _hint(
    name: Kind,
    kinds: set[int],
    same_block: bool,
    one_warp: bool,
    line: int,
    other: int,
    memory: Memory,
    barriers: Set[int],
) -> str:
    """What to try; `other` is the line further up, or the same."""
    if name == "race-write-write":
        if line == other:
            return (
                "if the threads add up or look for the largest, use an atomic (cuda.atomic.add, max); otherwise let "
                "one thread write, or give each thread an element of its own."
            )
        if not same_block:
            return "give each block elements of its own, or use an atomic: no barrier reaches across blocks."
        return "let only one thread write this element, or put cuda.syncthreads() between the two lines."
    if name == "missing-barrier":
        if line == other:
            return (
                "where the threads update the same element, use an atomic (cuda.atomic.add, max); otherwise read into "
                "a variable first, then cuda.syncthreads(), then write: within one line nothing orders the read of one "
                "thread and the write of another."
            )
        if any(other <= barrier <= line for barrier in barriers):
            return (
                f"there is a barrier between the two lines, but the loop comes round again: put a second "
                f"cuda.syncthreads() after line {line}, so that all have done it before the next turn."
            )
        where = f"between line {other} and line {line}"
        if one_warp:
            return (
                f"put cuda.syncthreads() {where}, where every thread reaches it; or cuda.syncwarp(), where the threads "
                "of one warp only exchange values."
            )
        return f"put cuda.syncthreads() {where}, where every thread reaches it."
    if ATOMIC in kinds:
        return "read the result in a second kernel, or use the value that the atomic returns."
    return (
        "no barrier reaches across blocks: write to a second array, split the kernel in two launches, or use an "
        "atomic."
    )
