"""Locks that an atomic takes and that are given back wrongly: by a plain store, or without a fence.

A plain store races with the atomic of the next thread that wants the lock, and orders nothing, so what the lock should
protect is raced for too. The release is the cause of all these races, and the only finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from gpu_labs.executor.findings import Finding
from gpu_labs.executor.ir.origins import ConstantKey, Origins
from gpu_labs.executor.ir.program import Branch, Function, Op, Program, Return
from graphviz_tools.language import _

_TAKING = ("cas", "exch")
_RACES = ("lost-update", "race-write-write", "race-read-write", "missing-barrier")


class Between(NamedTuple):
    """The lines of one function between those that take a lock and those that give it back."""

    first: int
    last: int

    def holds(self, finding: Finding) -> bool:
        """Whether a finding is about lines between them."""
        other = finding.line if finding.other_line is None else finding.other_line
        return finding.line is not None and all(
            self.first < n < self.last for n in (finding.line, other or 0)
        )


class Releases(NamedTuple):
    """How a program gives back the locks that it takes with an atomic. `takes` are the lines of those atomics, `stores`
    those of plain stores of a constant after them, `protected` the lines between. `fenced`: the program has a fence."""

    takes: frozenset[int]
    stores: frozenset[int]
    protected: tuple[Between, ...]
    fenced: bool


def releases(program: Program) -> Releases:
    """What a program does to give its locks back."""
    functions = (*program.functions, program.kernel)
    takes: set[int] = set()
    stores: set[int] = set()
    taking: dict[int, set[int]] = {}
    giving: dict[int, set[int]] = {}
    for function in functions:  # a function comes before those that call it
        origins, ops = Origins(function), [op for block in function.blocks.values() for op in block.ops]
        held = [op for op in ops if _takes(function, origins, op)]
        cells, own = {origins.place(op) for op in held}, {op.line for op in held}
        gives = [
            op
            for op in ops
            if op.kind in ("store", "atomic")
            and all(op is not each for each in held)
            and _is_constant(origins, op)
            and (not held or (origins.place(op) in cells and op.line > min(own)))
        ]
        takes |= own
        stores |= {op.line for op in gives if op.kind == "store"}
        called = [op for op in ops if op.kind == "call"]
        taking[id(function)] = own | {op.line for op in called if taking.get(id(op.info))}
        giving[id(function)] = {op.line for op in gives} | {
            op.line for op in called if giving.get(id(op.info))
        }
    between = (
        Between(min(taking[id(f)]), max(giving[id(f)])) for f in functions if taking[id(f)] and giving[id(f)]
    )
    protected = tuple(each for each in between if each.first < each.last)
    return Releases(frozenset(takes), frozenset(stores), protected, program.uses("fence"))


def _takes(function: Function, origins: Origins, op: Op) -> bool:
    """Whether an operation is an atomic whose result decides something, here or where the function was called."""
    if op.kind != "atomic" or op.info not in _TAKING or op.dst is None:
        return False
    ends = [block.end for block in function.blocks.values()]
    asked = [end.condition for end in ends if isinstance(end, Branch)]
    asked += [end.value for end in ends if isinstance(end, Return) and end.value is not None]
    return any(origins.comes_from(each, {op.dst.name}) for each in asked)


def _is_constant(origins: Origins, op: Op) -> bool:
    return isinstance(origins.key(op.args[-1]), ConstantKey)


def with_release_as_cause(findings: Sequence[Finding], found: Releases) -> list[Finding]:
    """The findings, with those that a wrong release causes as one."""
    if not found.takes or not found.protected:
        return list(findings)
    races = [f for f in findings if f.kind in _RACES]
    inside = [f for f in races if any(between.holds(f) for between in found.protected)]
    plain = [
        f for f in races if {f.line, f.other_line} & found.takes and {f.line, f.other_line} & found.stores
    ]
    if not plain:
        return [_without_fence(f) if f in inside and not found.fenced else f for f in findings]
    arrays = {f.array for f in plain}
    kept = []
    for finding in findings:
        if finding in plain:
            kept.append(_plain_release(finding, found))
        elif finding not in inside and not (finding in races and finding.array in arrays):
            kept.append(finding)
    return kept


def _plain_release(race: Finding, found: Releases) -> Finding:
    """The finding for a plain store that gives a lock back, made of its race with the atomic that takes the lock."""
    if race.line not in found.stores:
        race = race.swapped()
    index = ", ".join(map(str, race.index or ()))
    shown = f"{race.array}[{index}]"
    return replace(
        race,
        kind="race-read-write",
        sentence=_(
            "{shown} is a lock that an atomic takes (line {taken}), and a plain store gives it back. The store races "
            "with the atomic of the next thread, and that thread may not see what was written under the lock.",
            shown=shown,
            taken=race.other_line,
        ),
        hint=_(
            "give the lock back with cuda.threadfence() and then cuda.atomic.exch({array}, index, 0).",
            array=race.array,
        ),
    )


def _without_fence(race: Finding) -> Finding:
    """The finding for what a lock without a fence should protect."""
    return replace(
        race,
        sentence=_(
            "{sentence} A lock keeps others out, but without a fence it does not say that they see what was written.",
            sentence=race.sentence,
        ),
        hint=_("put cuda.threadfence() after the lock is taken and before it is given back."),
    )
