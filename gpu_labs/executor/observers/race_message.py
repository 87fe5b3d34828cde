"""The words for a race."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gpu_labs.executor.findings import Dim3, Finding, Kind
from gpu_labs.executor.ir.origins import updates
from gpu_labs.executor.ir.program import Function, Op, Program, Site
from gpu_labs.executor.launch_record import WARP
from gpu_labs.executor.observers.lock_releases import Releases, releases
from gpu_labs.executor.observers.messages import element, place, thread_in_words
from gpu_labs.executor.observers.plain_locks import PlainLock, plain_locks
from gpu_labs.executor.observers.races import ATOMIC, RANK, READ, WRITE
from gpu_labs.executor.runtime.windows import Memory
from graphviz_tools.language import _


@dataclass(frozen=True, slots=True)
class Facts:
    """What the words depend on: the program's sites by number, the lines of barriers, whether the kernel has
    `grid.sync()` and fences, which stores write back what which loads read (`origins.updates`), locks without an
    atomic, and how other locks are given back."""

    sites: Sequence[Site]
    barriers: frozenset[int]
    grid_sync: bool
    fences: bool
    updates: dict[int, set[int]]
    locks: Sequence[PlainLock]
    releases: Releases

    @classmethod
    def of(cls, program: Program, steady: Callable[[Function, Op], bool]) -> Facts:
        """The facts of a program; `steady` tells loads of what no other thread changes."""
        lines = frozenset(program.barrier_lines())
        changed = updates(program, steady)
        return cls(
            sites=program.sites,
            barriers=lines,
            grid_sync=program.uses("gridsync"),
            fences=program.uses("fence"),
            updates=changed,
            locks=plain_locks(program),
            releases=releases(program),
        )

    def update(self, a: Site, b: Site) -> bool:
        """Whether accesses at two sites are halves of one update, such as `x[i] += 1`."""
        if a.id == b.id:
            return a.id in self.updates
        return b.id in self.updates.get(a.id, ()) or a.id in self.updates.get(b.id, ())


class Side(NamedTuple):
    """One side of a race; `kind` is READ, WRITE or ATOMIC."""

    site: Site
    kind: int
    block: Dim3
    thread: Dim3


class Spot(NamedTuple):
    """What is raced for: a cell of a memory, in a launch of these sizes. `one_value`: all that is written there is one
    value."""

    memory: Memory
    cell: int
    block: Dim3
    grid: Dim3
    one_value: bool = False


_VERBS = {READ: "reads", WRITE: "writes", ATOMIC: _("atomically changes")}


def race(spot: Spot, a: Side, b: Side, facts: Facts) -> Finding:
    """The finding for two accesses that nothing orders. The one further down in the kernel gives the line:
    which of them an engine happened to run first means nothing."""
    earlier, later = sorted((a, b), key=_order)
    if facts.update(earlier.site, later.site):
        return _lost_update(spot, earlier, later)
    index, shown = element(spot.memory, spot.cell)
    block, grid = spot.block, spot.grid
    site, kind, home, thread = later
    other_site, other_kind, other_home, other_thread = earlier
    same_block = home == other_home
    both_write = {kind, other_kind} == {WRITE}
    name: Kind = "race-write-write" if both_write else "missing-barrier" if same_block else "race-read-write"

    def actor(thread: Dim3, home: Dim3) -> str:
        who = _("thread {place}", place=place(thread, block))
        return who if same_block else _("{who} of block {place}", who=who, place=place(home, grid))

    luck = _("Nothing says who comes first, so the result depends on luck.")
    if spot.one_value and not both_write:
        luck = _(
            "Nothing says who comes first. That every thread writes the same value does not help: CUDA allows it for "
            "writes that meet, and leaves undefined what a plain read finds that meets a write."
        )
    line = _(" (line {line})", line=other_site.line) if other_site.line != site.line else ""
    sentence = _(
        "{one} {does} {shown} while {other} {other_does} it{line}. {luck}",
        one=actor(thread, home).capitalize(),
        does=_VERBS[kind],
        shown=shown,
        other=actor(other_thread, other_home),
        other_does=_VERBS[other_kind],
        line=line,
        luck=luck,
    )
    return Finding(
        name,
        sentence,
        _hint(name, earlier, later, block, facts),
        line=site.line,
        text=site.text,
        array=spot.memory.name,
        index=index,
        block=home,
        thread=thread,
        other_block=other_home,
        other_thread=other_thread,
        other_line=other_site.line,
        other_text=other_site.text,
    )


def _lost_update(spot: Spot, earlier: Side, later: Side) -> Finding:
    """Two threads that each read a cell and write back what they made of it: which access of which thread was met
    says nothing, so the thread with the higher number comes first."""
    earlier, later = sorted((earlier, later), key=lambda side: (side.block[::-1], side.thread[::-1]))
    store = max(earlier.site, later.site, key=lambda site: site.kind == "write")
    index, shown = element(spot.memory, spot.cell)
    who = thread_in_words(spot.block, spot.grid, block=later.block, thread=later.thread)
    other = thread_in_words(spot.block, spot.grid, block=earlier.block, thread=earlier.thread)
    return Finding(
        "lost-update",
        _(
            "{who} reads {shown}, changes it and writes it back, and {other} does the same "
            "meanwhile. One of them overwrites what the other did, so an update is lost.",
            who=who,
            shown=shown,
            other=other[0].lower() + other[1:],
        ),
        _(
            "do it in one step that no thread can interrupt: cuda.atomic.add({memory}, index, value), or atomic.sub, "
            "max or min; or give each thread a cell of its own and add them up at the end.",
            memory=spot.memory.name,
        ),
        line=store.line,
        text=store.text,
        array=spot.memory.name,
        index=index,
        block=later.block,
        thread=later.thread,
        other_block=earlier.block,
        other_thread=earlier.thread,
        other_line=store.line,
        other_text=store.text,
    )


def _order(side: Side) -> tuple[object, ...]:
    """By line, then reads before writes, then by the numbers of block and thread."""
    return side.site.line, RANK[side.kind], side.block[::-1], side.thread[::-1]


def _warp(thread: Dim3, block: Dim3) -> int:
    x, y, z = thread
    return (x + block[0] * (y + block[1] * z)) // WARP


def _hint(name: Kind, earlier: Side, later: Side, block: Dim3, facts: Facts) -> str:
    """What to try; `earlier` is on the line further up, or on the same."""
    other, line = earlier.site.line, later.site.line
    same_block = earlier.block == later.block
    if name == "race-write-write":
        if line == other:
            return (
                "if the threads add up or look for the largest, use an atomic (cuda.atomic.add, max); otherwise let "
                "one thread write, or give each thread an element of its own."
            )
        if not same_block and facts.grid_sync:
            return _("let only one thread write this element, or put grid.sync() between the two lines.")
        if not same_block:
            return _(
                "give each block elements of its own, or use an atomic: no barrier reaches across blocks."
            )
        return _("let only one thread write this element, or put cuda.syncthreads() between the two lines.")
    if name == "missing-barrier":
        if line == other:
            return _(
                "where the threads update the same element, use an atomic (cuda.atomic.add, max); otherwise read into "
                "a variable first, then cuda.syncthreads(), then write: within one line nothing orders the read of one "
                "thread and the write of another."
            )
        if any(other <= barrier <= line for barrier in facts.barriers):
            return _(
                "there is a barrier between the two lines, but the loop comes round again: put a second "
                "cuda.syncthreads() after line {line}, so that all have done it before the next turn.",
                line=line,
            )
        where = _("between line {other} and line {line}", other=other, line=line)
        if _warp(earlier.thread, block) == _warp(later.thread, block):
            return _(
                "put cuda.syncthreads() {where}, where every thread reaches it; or cuda.syncwarp(), where the threads "
                "of one warp only exchange values.",
                where=where,
            )
        return _("put cuda.syncthreads() {where}, where every thread reaches it.", where=where)
    if ATOMIC in (earlier.kind, later.kind):
        return _("read the result in a second kernel, or use the value that the atomic returns.")
    if facts.grid_sync:
        return _(
            "put grid.sync() between line {other} and line {line}, where every thread of the grid reaches it.",
            other=other,
            line=line,
        )
    return _(
        "no barrier reaches across blocks: write to a second array, split the kernel in two launches, or use an "
        "atomic."
    )
