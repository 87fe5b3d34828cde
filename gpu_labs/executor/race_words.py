"""The words for a race."""

from __future__ import annotations

from gpu_labs.executor.findings import Dim3, Finding, Kind
from gpu_labs.executor.memory import Memory
from gpu_labs.executor.program import Site
from gpu_labs.executor.races import ATOMIC, READ, WRITE
from gpu_labs.executor.report import element, place

Side = tuple[Site, int, Dim3, Dim3]  # where, read/write/atomic, block, thread
_VERBS = {READ: "reads", WRITE: "writes", ATOMIC: "atomically changes"}


def race(
    memory: Memory, cell: int, earlier: Side, later: Side, block: Dim3, grid: Dim3, places: int
) -> Finding:
    """The finding for two accesses that nothing orders; `later` gives the line."""
    index, shown = element(memory, cell)
    site, kind, home, thread = later
    other_site, other_kind, other_home, other_thread = earlier
    same_block = home == other_home
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
        _hint(name, kind, other_kind, same_block, site, other_site, memory),
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


def _hint(
    name: Kind, kind: int, other_kind: int, same_block: bool, site: Site, other: Site, memory: Memory
) -> str:
    if name == "race-write-write":
        if site.line == other.line:
            return (
                f"if the threads add up, use cuda.atomic.add({memory.name}, ...); otherwise let one thread write, or "
                "give each thread an element of its own."
            )
        return "let only one thread write this element, or put cuda.syncthreads() between the two lines."
    if name == "missing-barrier":
        if site.line == other.line:
            return (
                "read into a variable first, then cuda.syncthreads(), then write: within one line nothing orders "
                "the read of one thread and the write of another."
            )
        first, second = sorted((other.line, site.line))
        return (
            f"put cuda.syncthreads() between line {first} and line {second}, where every thread reaches it."
        )
    if ATOMIC in (kind, other_kind):
        return "read the result in a second kernel, or use the value that the atomic returns."
    return (
        "no barrier reaches across blocks: write to a second array, split the kernel in two launches, or use an "
        "atomic."
    )
