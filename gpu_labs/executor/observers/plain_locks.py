"""Locks without an atomic: `if lock[0] == 0: lock[0] = 1` tests and sets in two steps, so two threads get in.
`cuda.atomic.cas(lock, 0, 0, 1)` is such a second step too where nobody looks at what it returns.

Such a lock races for its cell at each of its lines, and what it should protect is raced for too. Its first step is the
cause of them all, and the one finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.ir.control_flow import analyse
from gpu_labs.executor.ir.origins import ConstantKey, Origins
from gpu_labs.executor.ir.program import Branch, Function, Op, Program
from graphviz_tools.language import _

_ADDING = ("add", "sub")
_RACES = ("lost-update", "race-write-write", "race-read-write", "missing-barrier")


class PlainLock(NamedTuple):
    """The lines that test a cell in a `while` loop, and the lines that put constants there, of which the first takes
    the lock and the last gives it back."""

    tests: frozenset[int]
    takes: int
    gives: int
    lines: frozenset[int]


def plain_locks(program: Program) -> list[PlainLock]:
    """The cells of a program that it uses as locks, with plain loads and stores."""
    return [lock for each in (program.kernel, *program.functions) for lock in _locks_of(each)]


def _locks_of(function: Function) -> list[PlainLock]:
    loops = [
        loop
        for header, loop in analyse(function).loops.items()
        if not any(op.kind == "next" for op in function.blocks[header].ops)
    ]
    waiting = {label for loop in loops for label in loop.body}
    if not waiting:
        return []
    origins = Origins(function)
    ops = [op for block in function.blocks.values() for op in block.ops]
    tests: dict[object, list[Op]] = {}
    for label in waiting & set(function.blocks):
        for op in function.blocks[label].ops:
            if op.kind == "load" and _decides(function, origins, op):
                tests.setdefault(origins.place(op), []).append(op)
    locks = []
    for place, loads in tests.items():
        stores = [op for op in ops if op.kind in ("store", "atomic") and origins.place(op) == place]
        if any(op.dst is not None and _decides(function, origins, op) for op in stores):
            continue  # the thread that takes the lock looks at what the atomic returns
        values = {(origins.key(op.args[-1]), op.info in _ADDING) for op in stores}
        constant = all(isinstance(key, ConstantKey) for key, _ in values)
        if len(values) < 2 or not constant or stores[0].info in _ADDING:
            continue
        stored, tested = {op.line for op in stores}, frozenset(op.line for op in loads)
        locks.append(PlainLock(tested, min(stored), max(stored), tested | stored))
    return locks


def _decides(function: Function, origins: Origins, op: Op) -> bool:
    """Whether some branch depends on what was loaded, or on what an atomic returned."""
    assert op.dst is not None
    ends = (block.end for block in function.blocks.values())
    return any(isinstance(end, Branch) and origins.comes_from(end.condition, {op.dst.name}) for end in ends)


def with_one_cause(findings: Sequence[Finding], locks: Sequence[PlainLock]) -> list[Finding]:
    """The findings, with those that a plain lock causes as one."""
    kept = list(findings)
    for lock in locks:
        races = [f for f in kept if f.kind in _RACES]
        own = [f for f in races if {f.line, f.other_line} <= lock.lines]
        first = next((f for f in own if {f.line, f.other_line} & lock.tests), None)
        if first is None:
            continue
        own = [f for f in own if f.array == first.array]
        inside = [
            f for f in races if all(lock.takes < n < lock.gives for n in (f.line, f.other_line or f.line))
        ]
        gone = {id(f) for f in (*own, *inside)}
        at = kept.index(own[0])
        text = {f.line: f.text for f in own} | {f.other_line: f.other_text for f in own}
        cause = _cause(first, lock, text)
        kept = (
            [f for f in kept[:at] if id(f) not in gone]
            + [cause]
            + [f for f in kept[at:] if id(f) not in gone]
        )
    return kept


def _cause(race: Finding, lock: PlainLock, text: dict[int | None, str]) -> Finding:
    """The finding for a lock, made of a race for its cell; `text` has the source of its lines."""
    index = ", ".join(map(str, race.index or ()))
    shown = f"{race.array}[{index}]"
    sides = sorted(
        ((race.block, race.thread), (race.other_block, race.other_thread)),
        key=lambda side: [(at or (0, 0, 0))[::-1] for at in side],
    )
    (other_block, other), (block, thread) = sides
    tested = min(lock.tests)
    return replace(
        race,
        kind="lost-update",
        sentence=_(
            "{shown} is tested (line {tested}) and set (line {set}) in two steps. Between them another thread can "
            "test it too and find the same, so several threads hold this lock at once.",
            shown=shown,
            tested=tested,
            set=lock.takes,
        ),
        hint=_(
            "test and set in one step: `if cuda.atomic.cas({array}, index, 0, 1) == 0:`. Give it back with "
            "cuda.threadfence() and then cuda.atomic.exch({array}, index, 0).",
            array=race.array,
        ),
        line=lock.takes,
        text=text.get(lock.takes, race.text),
        block=block,
        thread=thread,
        other_block=other_block,
        other_thread=other,
        other_line=tested,
        other_text=text.get(tested, ""),
    )
